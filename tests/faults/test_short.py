"""A few of the faults on the one broker that all tests share. The whole catalogue: `make test-faults`."""

from collections.abc import Iterator

import pytest

from deploy.local import Stack
from tests.faults import catalogue
from tests.faults.fault import FAULTS
from tests.faults.load import Pace
from tests.faults.play import Player
from tests.faults.rig import Rig, small_rig

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SEED = 1
SHORT = (
    "kill-mid-batch",
    "kill-after-commit",
    "kill-after-publish",
    "kill-after-claim",
    "kill-after-provider-yes",
    "postgresql-cut",
)
PACE = Pace(families=15, threads=4, rest_seconds=0.4, submits=5)


@pytest.fixture(scope="module")
def rig(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with small_rig(stack, tmp_path_factory.mktemp("faults")) as running:
        yield running


@pytest.fixture(scope="module")
def player(rig: Rig) -> Player:
    return Player(rig)


@pytest.mark.parametrize("name", SHORT)
def test_no_promise_is_broken_by(name: str, player: Player) -> None:
    played = player.play(FAULTS[name], SEED, PACE)
    assert played.broken == []
    assert played.reached
    assert played.families >= PACE.families


def test_somebody_had_to_ask_again_and_everybody_was_answered_in_the_end(rig: Rig) -> None:
    asked = rig.ledger.operations
    assert sum(operation.attempts > 1 for operation in asked) > 0
    assert sum(operation.outcome == "ok" for operation in asked) > len(SHORT) * PACE.families


def test_every_kind_of_fault_is_in_the_catalogue() -> None:
    registered = {fault.act.__module__ for fault in FAULTS.values()}
    assert registered == {module.__name__ for module in catalogue.MODULES}
