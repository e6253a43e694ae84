"""A few of the faults on the one broker that all tests share. The whole catalogue: `make test-faults`."""

from collections.abc import Iterator
from functools import partial
from random import Random

import pytest

from deploy.local import Stack
from tests.faults import catalogue
from tests.faults.catalogue.kills import POINTS, kill
from tests.faults.fault import FAULTS, Fault, happened, wait_until
from tests.faults.load import Pace
from tests.faults.play import Player
from tests.faults.rig import Rig, small_rig

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

PACE = Pace(families=20, threads=5, rest_seconds=0.4, submits=5)
#: Every point once, and three deaths at a time. The turns lie past what a service does at its start.
ROUNDS = (
    {"referrals": ("mid-batch", 9), "panels": ("after-publish", 2), "notifications": ("after-claim", 2)},
    {
        "referrals": ("after-commit", 9),
        "panels": ("mid-batch", 5),
        "notifications": ("after-provider-yes", 3),
    },
    {"referrals": ("after-publish", 5), "panels": ("after-commit", 5), "notifications": ("mid-records", 2)},
)


@pytest.fixture(scope="module")
def rig(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with small_rig(stack, tmp_path_factory.mktemp("faults")) as running:
        yield running


@pytest.fixture(scope="module")
def player(rig: Rig) -> Player:
    return Player(rig)


def _played(player: Player, fault: Fault) -> None:
    played = player.play(fault, 1, PACE)
    assert played.broken == []
    assert played.families >= PACE.families


@pytest.mark.parametrize("deaths", ROUNDS, ids=lambda deaths: ",".join(point for point, _ in deaths.values()))
def test_killed_at_its_worst_moments_no_service_loses_or_doubles_anything(
    deaths: dict[str, tuple[str, int]], player: Player
) -> None:
    _played(player, Fault("kills", "three at once", lambda rig, _: kill(rig, deaths)))


def test_cut_off_from_its_database_no_service_loses_or_doubles_anything(player: Player) -> None:
    _played(player, Fault("cut", "all are cut off from PostgreSQL", _cut_off))


def _cut_off(rig: Rig, chance: Random) -> str:
    wires = rig.wires.to_postgres()
    for wire in wires:
        wire.cut()
    for wire in wires:
        wait_until(partial(wire.felt.get, "refused"), "each service tried to come back")
    happened(all(wire.felt["cut"] for wire in wires), "each service had a connection to lose")
    return "all"


def test_somebody_had_to_ask_again_and_everybody_was_answered_in_the_end(rig: Rig) -> None:
    asked = rig.ledger.operations
    assert sum(operation.attempts > 1 for operation in asked) > 0
    assert sum(operation.outcome == "ok" for operation in asked) > 2 * PACE.families


def test_the_rounds_reach_every_point() -> None:
    assert {point for deaths in ROUNDS for point, _ in deaths.values()} == set(POINTS)


def test_every_kind_of_fault_is_in_the_catalogue() -> None:
    registered = {fault.act.__module__ for fault in FAULTS.values()}
    assert registered == {module.__name__ for module in catalogue.MODULES}
