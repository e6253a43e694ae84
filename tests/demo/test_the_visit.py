"""What a visitor may do to the demo once the month is over."""

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from rich.console import Console

from deploy.demo.__main__ import _settings_file, _start_again
from deploy.local.services import Town


class Service(SimpleNamespace):
    starts: int = 0

    def start(self) -> None:
        self.running = True
        self.starts += 1


def test_a_service_that_a_visitor_killed_is_started_again_and_the_others_are_left_alone() -> None:
    killed = Service(name="panels", url="http://127.0.0.1:1", running=False)
    well = Service(name="referrals", url="http://127.0.0.1:2", running=True)
    town: Any = SimpleNamespace(services={each.name: each for each in (killed, well)})
    with (console := Console(quiet=True)).capture():
        _start_again(console, cast("Town", town))
        _start_again(console, cast("Town", town))
    assert (killed.starts, well.starts) == (1, 0)


def test_whoever_plays_being_on_call_has_a_services_settings_in_a_file_for_the_shell(tmp_path: Path) -> None:
    settings = {"PANELS_KEYRINGS": """{"a": "it's $HOME"}""", "PYTHONPATH": "/elsewhere"}
    service: Any = SimpleNamespace(name="panels", log_path=tmp_path / "log", environment=lambda: settings)
    path = _settings_file(service)
    assert path.stat().st_mode & 0o077 == 0, "they are secrets"
    shown = subprocess.run(
        ["/bin/sh", "-c", f'. {path}; printf "%s %s" "$PANELS_KEYRINGS" "$PYTHONPATH"'],
        capture_output=True,
        text=True,
        check=True,
        env={},
    )
    assert shown.stdout == """{"a": "it's $HOME"} """
