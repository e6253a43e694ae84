"""What a visitor may do to the demo once the month is over."""

from types import SimpleNamespace
from typing import Any, cast

from rich.console import Console

from deploy.demo.__main__ import _start_again
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
