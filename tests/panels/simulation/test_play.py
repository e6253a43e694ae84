"""The days of the simulation: nobody is lost, nobody is heard twice, and chance comes from the seed alone."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.panels.domain.panels.remit import Remit
from services.panels.simulation.arrival import Arrival
from services.panels.simulation.by_planner import planned
from services.panels.simulation.listing import dates_first, first_come
from services.panels.simulation.measures import daily, measured
from services.panels.simulation.play import Rule, play
from services.panels.simulation.rooms import Configuration, Room
from tests.panels.simulation.builders import a_case, a_panel, cases, with_room

pytestmark = pytest.mark.slow

LAST = 89
PLACES = st.lists(st.integers(0, 5), min_size=12, max_size=12)


@pytest.mark.parametrize("rule", [dates_first, planned])
def test_whoever_comes_is_heard_or_withdrawn_or_waits(rule: Rule) -> None:
    @given(cases(), PLACES)
    @settings(max_examples=40, deadline=None)
    def holds(coming: list[Arrival], places: list[int]) -> None:
        course = play(coming, with_room(a_panel(7, 1, 12, 2), places), 0, LAST, rule)
        outcome = measured("", course)
        assert outcome.arrived == outcome.heard + outcome.withdrawn + outcome.waiting
        assert not course.heard.keys() & course.withdrawn.keys()
        assert daily(course)[-1] == outcome.waiting
        for sat, taken in course.filled["panel"]:
            assert taken <= sat.places

    holds()


@given(cases(), PLACES)
@settings(max_examples=100, deadline=None)
def test_nobody_is_heard_before_the_papers_are_complete_or_after_being_taken_back(
    coming: list[Arrival], places: list[int]
) -> None:
    halls = with_room(a_panel(7, 1, 12, 2), places)
    closing = {sat.day: sat.closes for sat in halls.rooms[0].sittings}
    course = play(coming, halls, 0, LAST, dates_first)
    for case in coming:
        if (day := course.heard.get(case.number)) is not None:
            assert case.complete is not None
            assert case.complete <= closing[day]
            assert case.withdrawn is None or case.withdrawn > closing[day]


@given(cases(lasting=True), PLACES, PLACES)
@settings(max_examples=100, deadline=None)
def test_more_places_at_any_sitting_let_no_total_wait_grow(
    coming: list[Arrival], places: list[int], more: list[int]
) -> None:
    """As long as nobody leaves by themselves: who does may be heard just before, in another's place."""
    halls = a_panel(7, 1, 12, 2)
    widened = [few + extra for few, extra in zip(places, more, strict=True)]
    waited = [
        sum(daily(play(coming, with_room(halls, each), 0, LAST, dates_first))) for each in (places, widened)
    ]
    assert waited[1] <= waited[0]


@given(cases(), PLACES, PLACES)
@settings(max_examples=100, deadline=None)
def test_where_who_came_first_is_heard_first_more_places_let_nobody_wait_longer(
    coming: list[Arrival], places: list[int], more: list[int]
) -> None:
    """Nobody at all, and even where some withdraw: whoever is ahead of a case there is ahead of it here too."""
    never_back = [replace(case, back_after=None) for case in coming]
    halls = a_panel(7, 1, 12, 2)
    widened = [few + extra for few, extra in zip(places, more, strict=True)]
    less, most = (
        play(never_back, with_room(halls, each), 0, LAST, first_come).heard for each in (places, widened)
    )
    assert {number: day for number, day in less.items() if most.get(number, LAST + 1) > day} == {}


def test_a_deferred_case_comes_back_once_and_takes_a_second_place() -> None:
    case = a_case(0, 0, back_after=8)
    course = play([case], a_panel(7, 3, 4), 0, 27, dates_first)
    assert course.heard == {0: 20}
    assert [taken for _, taken in course.filled["panel"]] == [1, 0, 1, 0]


def test_a_case_that_no_remit_has_waits_for_ever() -> None:
    (room,) = a_panel(7, 3, 4).rooms
    north = replace(room, remit=Remit(areas=frozenset({"DSPL2"})))
    course = play([a_case(0), a_case(1, area="DSPL2")], Configuration("", (north,)), 0, 27, dates_first)
    assert course.heard == {1: 6}
    assert measured("", course).waiting == 1


def test_a_case_goes_to_its_own_panel_where_that_exists() -> None:
    (room,) = a_panel(7, 3, 4).rooms
    halls = Configuration("", (room, Room("second", Remit(), room.sittings[2:])))
    course = play([a_case(0, panel="second"), a_case(1, panel="gone")], halls, 0, 27, dates_first)
    assert course.heard == {0: 20, 1: 6}


def test_long_waits_do_not_hide_in_what_was_never_heard() -> None:
    coming = [a_case(n, 0, due=10) for n in range(4)]
    outcome = measured("", play(coming, a_panel(7, 1, 2), 0, 13, dates_first))
    assert (outcome.due, outcome.in_time, outcome.share_in_time) == (4, 1, 0.25)
    assert (outcome.waiting, outcome.waiting_since) == (2, 13)


def test_the_legal_date_of_a_case_that_was_taken_back_before_it_is_not_one_that_was_missed() -> None:
    before, after = (
        a_case(0, 0, complete=None, due=10, withdrawn=8),
        a_case(1, 0, complete=None, due=10, withdrawn=12),
    )
    outcome = measured("", play([before, after], a_panel(7, 1, 2), 0, 13, dates_first))
    assert (outcome.withdrawn, outcome.due, outcome.in_time) == (2, 1, 0)


def test_a_queue_that_nobody_joins_has_no_figures_to_divide_by() -> None:
    outcome = measured("", play([], a_panel(7, 1, 2), 0, 13, dates_first))
    assert (outcome.median, outcome.share_in_time, outcome.waiting_since, outcome.fill) == (
        None,
        None,
        None,
        0.0,
    )
