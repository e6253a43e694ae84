"""Lanes: commands of one moment go together, and one that comes alone waits for nobody."""

import asyncio

import pytest

from chassis.lanes import Lanes, Waiting


class Transactions:
    """Notes the batches that it is handed; each takes as long as the test says."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.seconds = 0.0
        self.held: asyncio.Event | None = None

    async def __call__(self, batch: list[Waiting[int]]) -> None:
        self.batches.append([command for command, _ in batch])
        if self.held is not None:
            await self.held.wait()
        await asyncio.sleep(self.seconds)


@pytest.fixture
def transactions() -> Transactions:
    return Transactions()


@pytest.fixture
async def lanes(transactions: Transactions) -> Lanes[int]:
    return Lanes(transactions)


async def shortly() -> None:
    """All that can go on goes on."""
    for _ in range(10):
        await asyncio.sleep(0)


async def company(lanes: Lanes[int], transactions: Transactions) -> None:
    """A transaction of two commands that takes a while, after which the next waits for more."""
    transactions.seconds = 0.05
    await asyncio.gather(lanes.done(1), lanes.done(2))
    transactions.seconds = 0.0
    assert transactions.batches == [[1, 2]]
    transactions.batches.clear()


async def test_a_command_that_comes_alone_waits_for_nobody(
    lanes: Lanes[int], transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lanes, "LONGEST_REST", 60.0)
    transactions.seconds = 0.01
    for command in range(5):
        await asyncio.wait_for(lanes.done(command), 5)
    assert transactions.batches == [[0], [1], [2], [3], [4]]


async def test_after_a_batch_with_company_the_next_waits_for_as_many(
    lanes: Lanes[int], transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    await company(lanes, transactions)
    monkeypatch.setattr(Lanes, "LONGEST_REST", 60.0)
    lanes._seconds = 30.0
    third = asyncio.create_task(lanes.done(3))
    await asyncio.sleep(0.05)
    assert transactions.batches == []
    await asyncio.wait_for(asyncio.gather(third, lanes.done(4)), 5)
    assert transactions.batches == [[3, 4]]


async def test_no_longer_than_two_such_transactions_take(
    lanes: Lanes[int], transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lanes, "LONGEST_REST", 60.0)
    await company(lanes, transactions)
    await asyncio.wait_for(lanes.done(3), 5)
    assert transactions.batches == [[3]]


async def test_long_after_a_batch_with_company_a_command_waits_for_nobody(
    lanes: Lanes[int], transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    await company(lanes, transactions)
    await asyncio.sleep(2 * Lanes.LONGEST_REST)
    monkeypatch.setattr(asyncio, "wait_for", None)  # nothing is waited for
    await lanes.done(3)
    assert transactions.batches == [[3]]


async def test_when_enough_have_come_their_batch_waits_for_no_more(
    lanes: Lanes[int], transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lanes, "LONGEST_REST", 60.0)
    lanes._seconds = 60.0
    lanes._were_here = 1000
    lanes._ended = asyncio.get_running_loop().time()
    few = [asyncio.create_task(lanes.done(n)) for n in range(Lanes.ENOUGH - 1)]
    await shortly()
    assert transactions.batches == []
    await asyncio.wait_for(lanes.done(99), 5)
    await asyncio.gather(*few)
    assert [len(batch) for batch in transactions.batches] == [Lanes.ENOUGH]


async def test_clients_that_ask_one_thing_after_the_other_wait_for_each_other_and_for_nobody_else(
    lanes: Lanes[int], transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lanes, "LONGEST_REST", 60.0)
    await company(lanes, transactions)
    lanes._seconds = 60.0

    async def asks(client: int) -> None:
        for _ in range(5):
            await lanes.done(client)

    await asyncio.wait_for(asyncio.gather(asks(1), asks(2)), 5)
    assert transactions.batches == [[1, 2]] * 5


async def test_more_come_together_where_commands_come_whenever_they_like(
    lanes: Lanes[int], transactions: Transactions
) -> None:
    transactions.seconds = 0.01
    coming = []
    for command in range(60):
        coming.append(asyncio.create_task(lanes.done(command)))
        await asyncio.sleep(0.005)
    await asyncio.gather(*coming)
    assert len(transactions.batches) < 30  # two lanes at once, with no rest, take two a batch


async def test_what_comes_while_a_transaction_is_under_way_goes_together(
    lanes: Lanes[int], transactions: Transactions
) -> None:
    transactions.held = asyncio.Event()
    first = asyncio.create_task(lanes.done(1))
    await shortly()
    others = [asyncio.create_task(lanes.done(n)) for n in (2, 3, 4)]
    await asyncio.sleep(2 * Lanes.LONGEST_REST)
    assert transactions.batches == [[1], [2, 3, 4]]  # the first holds them up no longer than that
    transactions.held.set()
    await asyncio.gather(first, *others)


async def test_enough_commands_go_beside_a_transaction_that_is_under_way(
    lanes: Lanes[int], transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lanes, "LARGEST", 30)
    transactions.held = asyncio.Event()
    many = [asyncio.create_task(lanes.done(n)) for n in range(90)]
    await shortly()
    assert [len(batch) for batch in transactions.batches] == [30, 30]
    assert lanes.waiting == 30
    transactions.held.set()
    await asyncio.gather(*many)
    assert [len(batch) for batch in transactions.batches] == [30, 30, 30]


async def test_enough_for_two_batches_that_come_together_are_shared_by_both_lanes(
    lanes: Lanes[int], transactions: Transactions
) -> None:
    many = [asyncio.create_task(lanes.done(n)) for n in range(2 * Lanes.ENOUGH + 1)]
    await asyncio.gather(*many)
    assert [len(batch) for batch in transactions.batches] == [Lanes.ENOUGH + 1, Lanes.ENOUGH]
    assert [command for batch in transactions.batches for command in batch] == list(range(len(many)))


async def test_less_than_that_go_together(lanes: Lanes[int], transactions: Transactions) -> None:
    await asyncio.gather(*[lanes.done(n) for n in range(2 * Lanes.ENOUGH - 1)])
    assert [len(batch) for batch in transactions.batches] == [2 * Lanes.ENOUGH - 1]


async def test_a_command_whose_future_was_given_an_error_raises_it(transactions: Transactions) -> None:
    async def refuses(batch: list[Waiting[int]]) -> None:
        batch[0][1].set_exception(ValueError("a bug"))

    lanes = Lanes(refuses)
    answers = await asyncio.gather(lanes.done(1), lanes.done(2), return_exceptions=True)
    assert isinstance(answers[0], ValueError)
    assert answers[1] is None


async def test_a_batch_that_ends_in_an_error_nobody_foresaw_leaves_no_command_waiting() -> None:
    tries = 0

    async def breaks_once(_: list[Waiting[int]]) -> None:
        nonlocal tries
        tries += 1
        await asyncio.sleep(0.01)
        if tries == 1:
            raise RuntimeError("nobody foresaw this")

    lanes = Lanes(breaks_once)
    first, later = asyncio.create_task(lanes.done(1)), asyncio.create_task(lanes.done(2))
    told = await asyncio.wait_for(asyncio.gather(first, later, return_exceptions=True), 5)
    assert [str(error) for error in told] == ["nobody foresaw this", "nobody foresaw this"]
    await asyncio.wait_for(lanes.done(3), 5)
