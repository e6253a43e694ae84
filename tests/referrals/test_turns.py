"""Whose turn it is with a referral, and who has room for one more."""

from datetime import UTC, datetime, timedelta
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from services.referrals.domain.queues import Load, by_room, shared_out, stage
from services.referrals.domain.referral import ENDED, REFERRAL, WITH_SCHOOL, Status
from tests.referrals.builders import bench, referral_id, submit

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_every_status_has_its_turn() -> None:
    rules = bench()
    rules.deliver(submit())
    referral = rules.state(REFERRAL, referral_id())
    assert referral is not None
    for status in get_args(Status):
        at = stage(referral.model_copy(update={"status": status}))
        assert (at == "ended") == (status in ENDED), status
        assert (at == "school") == (status in WITH_SCHOOL), status


def test_work_with_the_school_weighs_less_and_overdue_work_more() -> None:
    assert Load("a", working=1).points > Load("b", with_school=1).points
    assert Load("a", working=1, overdue=1).points > Load("b", working=1).points


def test_of_equals_whoever_was_given_something_longest_ago_comes_first() -> None:
    lately, before, never = (
        Load("a", 1, last_given=MONDAY),
        Load("b", 1, last_given=MONDAY - timedelta(days=1)),
        Load("c", 1),
    )
    assert [load.staff_id for load in by_room([lately, before, never])] == ["c", "b", "a"]


@given(st.lists(st.integers(0, 20), min_size=1, max_size=6), st.integers(0, 40))
def test_shared_out_nobody_ends_far_ahead_of_whoever_was_given_something(had: list[int], number: int) -> None:
    loads = [Load(str(n), working=each) for n, each in enumerate(had)]
    given_to = shared_out([f"r{n}" for n in range(number)], loads)
    assert len(given_to) == number
    after = {load.staff_id: load.working + list(given_to.values()).count(load.staff_id) for load in loads}
    for staff in set(given_to.values()):
        assert after[staff] <= min(after.values()) + 1


def test_without_anybody_nothing_is_shared_out() -> None:
    assert shared_out(["r1"], []) == {}
