"""The page docs/what-if.md says what the simulation says."""

import pytest

from tests.bench.what_if import PAGE, charts, filled, standing

_AGAIN = "make it anew: python -m tests.bench.what_if"


@pytest.mark.slow
def test_the_figures_of_the_page_are_those_of_the_simulation() -> None:
    page = PAGE.read_text(encoding="utf-8")
    # The rest takes longer: one is measured, and tests/panels/simulation holds the other.
    kept = {name: standing(page, name) for name in ("seconds", "theory")}
    assert all(kept.values())
    assert filled(page, kept) == page, _AGAIN


def test_the_charts_of_the_page_are_those_of_the_simulation() -> None:
    drawn = charts()
    assert {path: path.read_text(encoding="utf-8") for path in drawn} == dict(drawn), _AGAIN
    page = PAGE.read_text(encoding="utf-8")
    assert [path.name for path in drawn if f"images/{path.name}" not in page] == []
