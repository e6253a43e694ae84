"""The wait to expect: what a queue's own history says, and whether it came true."""

import heapq
import random
from collections.abc import Callable
from datetime import date, timedelta
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.calendar import WorkingCalendar
from services.referrals.domain.directory.waits import ENOUGH, Expected, Held, Wait, came_true, expected, held
from services.referrals.waiting_tool import checked, table
from tests.referrals.builders import TODAY, book, form
from tests.referrals.conftest import Offices

FIRST = date(2025, 1, 6)
UNTIL = date(2025, 12, 31)


def days(number: int) -> timedelta:
    return timedelta(days=number)


def answered(*took: int, received: date = FIRST) -> list[Wait]:
    """Referrals of one day, answered after so many days each."""
    return [Wait(received, received + days(each)) for each in took]


def test_half_and_eight_in_ten_are_those_of_the_answered_where_nobody_waits_any_more() -> None:
    assert expected(answered(*range(1, 101)), UNTIL) == Expected(100, median=50, p80=80)


def test_fewer_than_twenty_answers_say_nothing() -> None:
    assert expected(answered(*[5] * (ENOUGH - 1)), UNTIL) == Expected(19)
    assert expected(answered(*[5] * ENOUGH), UNTIL) == Expected(20, median=5, p80=5)
    assert not expected([], UNTIL).said


def test_an_answer_on_the_day_of_receipt_is_a_wait_of_no_days() -> None:
    assert expected(answered(*[0] * 30), UNTIL).median == 0


def test_those_who_wait_still_make_the_wait_longer_than_the_answered_alone_would_say() -> None:
    until = FIRST + days(60)
    quick = answered(*range(1, 31))
    stuck = [Wait(FIRST) for _ in range(30)]
    said = expected([*quick, *stuck], until)
    assert expected(quick, until).median == 15
    assert said.median == 30, "of sixty only half are answered after thirty days"
    assert (said.p80, said.beyond) == (None, 30), (
        "more than one in five waits longer than anybody was seen to"
    )


def test_a_case_that_came_lately_says_nothing_yet_about_long_waits() -> None:
    until = FIRST + days(60)
    fresh = [Wait(until) for _ in range(500)]
    assert expected([*answered(*range(1, 31)), *fresh], until).median == 15


def test_a_withdrawn_referral_counts_for_as_long_as_it_waited_and_not_as_an_answer() -> None:
    until = FIRST + days(60)
    gone = [Wait(FIRST, left=FIRST + days(2)) for _ in range(100)]
    said = expected([*answered(*range(3, 33)), *gone], until)
    assert (said.cases, said.median) == (30, 17)


def test_what_was_answered_before_the_window_is_forgotten() -> None:
    slow, quick = answered(*[90] * 50, received=FIRST - days(600)), answered(*[4] * 50)
    assert expected([*slow, *quick], UNTIL) == Expected(50, median=4, p80=4)


def test_one_that_came_before_the_window_and_waits_still_is_not_forgotten() -> None:
    old = [Wait(FIRST - days(500)) for _ in range(20)]
    late = [Wait(FIRST - days(500), answered=UNTIL - days(3)) for _ in range(2)]
    said = expected(
        [*answered(*[10] * 15), *answered(*[700] * 10, received=UNTIL - days(705)), *old, *late], UNTIL
    )
    assert said.cases == 27
    assert said.median == 10, "all who came in the window were answered after ten days"


def test_the_future_is_not_looked_at() -> None:
    waits = answered(*range(1, 101))
    day = FIRST + days(40)
    assert expected(waits, day) == expected([w for w in (each.known_on(day) for each in waits) if w], day)
    assert expected(waits, FIRST - days(1)) == Expected(0)


def test_working_days_can_be_counted_instead() -> None:
    friday = date(2025, 1, 10)
    over_a_weekend = [Wait(friday, friday + days(3)) for _ in range(20)]
    assert expected(over_a_weekend, UNTIL).median == 3
    assert expected(over_a_weekend, UNTIL, count=WorkingCalendar().between).median == 1


@given(st.lists(st.integers(0, 200), min_size=ENOUGH, max_size=60))
def test_without_censoring_it_is_the_plain_percentile(took: list[int]) -> None:
    said = expected(answered(*took), UNTIL)
    in_order = sorted(took)
    assert said.median == in_order[-(-len(took) // 2) - 1]
    assert said.p80 == in_order[-(-len(took) * 4 // 5) - 1]
    assert said.median is not None
    assert said.median <= median(took)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300), st.sampled_from("awo")), max_size=80))
def test_whatever_the_history_the_answer_is_in_order(history: list[tuple[int, int, str]]) -> None:
    waits = [
        Wait(
            FIRST + days(came),
            FIRST + days(came + took) if how == "a" else None,
            FIRST + days(came + took) if how == "w" else None,
        )
        for came, took, how in history
    ]
    said = expected(waits, UNTIL)
    assert said.said == (said.cases >= ENOUGH)
    if said.p80 is not None:
        assert said.median is not None
        assert 0 <= said.median <= said.p80
    assert (said.beyond is not None) == (said.said and said.p80 is None)


# Held against what really happened ----------------------------------------------------------------


def year(seed: int, took: Callable[[random.Random, int], float], a_week: int = 12) -> list[Wait]:
    """Two years of arrivals with a seed of their own; one in twenty is withdrawn, where it is not answered first."""
    rng = random.Random(seed)
    waits = []
    for day in range(730):
        for _ in range(sum(rng.random() < a_week / 70 for _ in range(10))):
            received, wait = FIRST + days(day), round(took(rng, day))
            gives_up = rng.randrange(1, 40) if rng.random() < 0.05 else 10_000
            if gives_up < wait:
                waits.append(Wait(received, left=received + days(gives_up)))
            else:
                waits.append(Wait(received, answered=received + days(wait)))
    return waits


def shares(waits: list[Wait]) -> tuple[float, float, int]:
    asked = [FIRST + days(day) for day in range(365, 730, 14)]
    came_true = held(waits, asked, FIRST + days(900))
    return (
        came_true.within_median / came_true.cases,
        came_true.within_p80 / came_true.cases,
        came_true.cases,
    )


def test_estimates_of_a_steady_queue_come_true_for_half_and_for_eight_in_ten() -> None:
    for seed in range(5):
        half, most, cases = shares(year(seed, lambda rng, _: rng.lognormvariate(2.5, 0.7)))
        assert cases > 400
        assert 0.45 < half < 0.58, seed
        assert 0.75 < most < 0.86, seed


def test_estimates_of_a_queue_with_a_long_tail_come_true_as_well() -> None:
    def took(rng: random.Random, _: int) -> float:
        return rng.uniform(3, 8) if rng.random() < 0.7 else rng.uniform(40, 140)

    half, most, _ = shares(year(1, took))
    assert 0.43 < half < 0.62
    assert 0.74 < most < 0.87


def test_an_estimate_from_the_answered_alone_would_not_have_come_true() -> None:
    """The same queue, read without those that wait still: this is why they count."""
    waits = year(2, lambda rng, day: rng.lognormvariate(3.4, 0.8))
    early = FIRST + days(60)
    naive = [each for each in waits if each.answered and each.answered <= early]
    flattered, honest = expected(naive, early), expected(waits, early)
    assert flattered.p80 is not None
    assert honest.p80 is None or honest.p80 > flattered.p80
    later = [each for each in waits if each.received > early and each.answered]
    kept = sum((each.answered - each.received).days <= flattered.p80 for each in later if each.answered)
    assert kept / len(later) < 0.7


def test_a_queue_that_grows_slower_is_followed_within_the_window() -> None:
    slowing = year(3, lambda rng, day: rng.lognormvariate(2.0, 0.5) * (1 if day < 400 else 3))
    before, after = expected(slowing, FIRST + days(390)), expected(slowing, FIRST + days(780))
    assert before.median is not None
    assert after.median is not None
    assert after.median > 2 * before.median


def test_who_came_too_late_to_be_judged_is_not_judged() -> None:
    waits = [*answered(*[10] * 30), Wait(FIRST + days(30), FIRST + days(31))]
    said_on = FIRST + days(20)
    assert held(waits, [said_on], FIRST + days(35)) == Held()
    assert held(waits, [said_on], FIRST + days(40)) == Held(1, 1, 1)


def test_who_waits_longer_than_said_counts_against_it_even_unanswered() -> None:
    waits = [*answered(*[10] * 30), Wait(FIRST + days(30))]
    assert held(waits, [FIRST + days(20)], FIRST + days(60)) == Held(1, 0, 0)


def queue(seed: int, a_day: float, desks: int, days_each: float) -> list[Wait]:
    """A team of ``desks`` that works off what comes in its order, over two years."""
    rng, free, waits = random.Random(seed), [0.0] * desks, list[Wait]()
    for day in range(600):
        for _ in range(sum(rng.random() < a_day / 20 for _ in range(20))):
            done = max(day + rng.random(), heapq.heappop(free)) + rng.expovariate(1 / days_each)
            heapq.heappush(free, done)
            waits.append(Wait(FIRST + days(day), FIRST + days(int(done))))
    return waits


@pytest.mark.parametrize(("a_day", "desks", "days_each"), [(6, 40, 5), (4, 24, 5), (2, 30, 12)])
def test_what_each_would_have_been_told_on_the_day_they_came_covers_eight_in_ten(
    a_day: float, desks: int, days_each: float
) -> None:
    fared = Held()
    for seed in range(2):
        fared += came_true(queue(seed, a_day, desks, days_each), FIRST + days(200), FIRST + days(700))
    assert fared.cases > 1000
    assert 0.45 < fared.within_median / fared.cases < 0.6
    assert 0.75 < fared.within_p80 / fared.cases < 0.85


def test_each_is_judged_by_what_was_known_before_they_came() -> None:
    waits = [
        *answered(*[10] * 30),
        Wait(FIRST + days(30), FIRST + days(35)),
        Wait(FIRST + days(60), FIRST + days(90)),
    ]
    assert came_true(waits, FIRST + days(20), FIRST + days(200)) == Held(2, 1, 1)


def test_the_table_says_team_by_team_how_often_it_came_true() -> None:
    waits = {
        "spld": [
            *answered(*[10] * 30),
            *[Wait(FIRST + days(20 + n), FIRST + days(29 + n)) for n in range(40)],
        ]
    }
    few = {"deaf": answered(*[10] * 30), "gone-team": answered(3)}
    lines = list(table("Until a first answer", waits | few, book(), FIRST + days(15), FIRST + days(300)))
    found = {line.split()[0]: " ".join(line.split()[1:]) for line in lines[2:]}
    assert found == {
        "deaf": "0 not enough cases to say",
        "spld": "40 100% 100%",
        "gone-team": "0 not enough cases to say",
        "all": "40 100% 100%",
    }
    assert lines[0] == f"Until a first answer, of those who came from {FIRST + days(15)} on"


async def test_the_command_reads_what_really_happened(office: Offices) -> None:
    here = await office()
    await here.refer(form())
    lines = await checked(here.running, book(), TODAY - timedelta(days=30), TODAY + timedelta(days=90))
    assert [line for line in lines if line.startswith("communication-autism")] == [
        f"{'communication-autism':28}{'0':>7}{'not enough cases to say':>28}"
    ] * 2
