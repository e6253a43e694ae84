"""A start loads nothing that a service does not use."""

import subprocess
import sys

import pytest

from chassis.lean import without_rich

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("service", ["referrals", "panels", "notifications"])
def test_a_service_loads_neither_what_colours_a_terminal_nor_an_exporter_without_a_collector(
    service: str,
) -> None:
    unused = ("rich", "google.protobuf", "opentelemetry.exporter", "requests")
    program = f"import sys, services.{service}.__main__\nprint([n for n in {unused} if n in sys.modules])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_rich_can_be_had_again_after_what_was_loaded_without_it() -> None:
    with without_rich(), pytest.raises(ImportError):
        import rich.console
    import rich.table

    assert rich.table


def test_notifications_holds_the_words_of_no_language_before_somebody_asks_for_one() -> None:
    program = "import services.notifications.__main__, babel.localedata as data\nprint(sorted(data._cache))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
