"""What a run says of itself, told with a rig that does nothing."""

from random import Random
from types import SimpleNamespace
from typing import Any, cast

from deploy.local.notify import NotifyServer
from tests.faults.fault import Fault, NotBroughtAbout
from tests.faults.oracle import Findings
from tests.faults.play import Player
from tests.faults.rig import Rig


def nothing(*_: object) -> None:
    return None


def idle_rig() -> Rig:
    """A rig of which every part is at rest."""
    parts = SimpleNamespace(
        ledger=SimpleNamespace(families=[]),
        load=SimpleNamespace(run=nothing),
        heal=nothing,
        drain=nothing,
        town=None,
        sink=None,
        notify=NotifyServer(),
        by_notify=False,
    )
    return cast(Rig, parts)


def fault(act: Any) -> Fault:
    return Fault("tried", "says", act, holds=True)


def not_brought_about(rig: Rig, chance: Random) -> str:
    raise NotBroughtAbout("it happened")


def test_a_run_that_was_not_brought_about_takes_nothing_from_what_others_held() -> None:
    player = Player(idle_rig(), oracle=lambda *_: Findings(held=20))

    assert player.play(fault(lambda *_: "done"), 1).findings.held == 20
    assert player.play(fault(not_brought_about), 1).findings.held == 0
    assert player.play(fault(lambda *_: "done"), 2).findings.held == 0
