"""A short placement at an Education Support Centre: it opens without a sitting, ends by itself, and frees its place."""

from datetime import date

import pytest

from chassis.decision import Due, Refused
from chassis.learning import LearntOnly
from schemas.envelope import Event
from schemas.places_v1 import (
    PlaceKept,
    PlacementConfirmed,
    PlacementEnded,
    PlacementReviewed,
    PlacementStarted,
)
from schemas.referrals_v1 import ReferralWithdrawn
from services.panels import handlers, learning
from services.panels.domain.placing import commands as asked
from services.panels.domain.placing.falling_due import day_after
from services.panels.domain.placing.placement import ENDS, PLACEMENT, placement_id_of_referral
from services.panels.domain.placing.staying import ends
from tests.panels.builders import BOOK, MONDAY, a_referral_id, at
from tests.panels.placing import CENTRE, PlacesBench, accepted_by_the_centre, referred_to_the_centre

FIRST, LAST = date(2026, 2, 9), date(2026, 3, 20)  # a Monday and a Friday
REVIEW = date(2026, 2, 28)
ID = placement_id_of_referral(a_referral_id(1))


def a_short_placement() -> PlacesBench:
    bench = PlacesBench()
    bench.count(1, CENTRE, kind=CENTRE)
    bench.deliver(referred_to_the_centre())
    bench.said.clear()
    bench.deliver(accepted_by_the_centre(1, MONDAY, FIRST, LAST))
    return bench


def free_on(bench: PlacesBench, *days: date) -> list[int]:
    return [bench.places(CENTRE, CENTRE).free_on(day) for day in days]


def of_places(bench: PlacesBench) -> list[Event]:
    """What was said of the placement; sittings begin and lapse meanwhile."""
    return [each for each in bench.said if each.key == ID]


def test_it_opens_when_the_centre_accepts_and_keeps_its_place_from_first_day_to_last() -> None:
    bench = a_short_placement()
    confirmed, kept = bench.for_others
    assert isinstance(confirmed, PlacementConfirmed)
    assert isinstance(kept, PlaceKept)
    assert (confirmed.short, confirmed.starts_on, confirmed.ends_on) == (True, FIRST, LAST)
    assert confirmed.returns_on == date(2026, 3, 23), "the Monday after"
    assert free_on(bench, date(2026, 2, 8), FIRST, LAST, date(2026, 3, 21)) == [1, 0, 0, 1]


def test_what_only_waits_in_the_centre_s_queue_is_nobody_s_placement_yet() -> None:
    bench = PlacesBench()
    bench.deliver(referred_to_the_centre())
    assert bench.said == []
    with pytest.raises(Refused, match="unknown-placement"):
        bench.deliver(asked.EndPlacement(ID, "", "family-withdrew", MONDAY.date()))


def test_what_waits_in_a_centre_s_queue_is_learnt_from_others_and_so_can_be_learnt_again() -> None:
    rules = LearntOnly(handlers.build(BOOK), learning.build(BOOK).learnt)
    routed = referred_to_the_centre()
    handler = rules.find(routed)
    assert handler is not None
    assert [ref.kind for ref in handler.touches(routed)] == ["centre-request"]


def test_a_centre_that_gives_a_second_place_after_the_first_is_over_begins_anew() -> None:
    bench = a_short_placement()
    bench.advance(at("2026-03-21 12:00"))
    assert bench.placement(ID).status == "ended"
    bench.deliver(accepted_by_the_centre(1, bench.now, date(2026, 4, 13), date(2026, 5, 15)))
    placement = bench.placement(ID)
    assert (placement.status, placement.ended, placement.starts_on) == ("confirmed", None, date(2026, 4, 13))
    assert free_on(bench, date(2026, 4, 10), date(2026, 4, 13)) == [1, 0]


def test_it_begins_is_looked_at_and_ends_each_on_its_day() -> None:
    bench = a_short_placement()
    bench.said.clear()
    bench.advance(at("2026-02-09 12:00"))
    (started,) = of_places(bench)
    assert isinstance(started, PlacementStarted)
    assert (started.started_on, started.returns_on) == (FIRST, date(2026, 3, 23))
    bench.advance(at("2026-02-28 05:59"))
    assert bench.placement(ID).asks is None
    bench.advance(at("2026-02-28 06:00"))
    assert bench.placement(ID).asks == "review"
    bench.advance(at("2026-03-20 23:59"))
    assert bench.placement(ID).status == "started"
    bench.said.clear()
    bench.advance(at("2026-03-21 06:00"))
    (ended,) = of_places(bench)
    assert isinstance(ended, PlacementEnded)
    assert (ended.reason, ended.ended_on, ended.returns_on) == ("returned", LAST, date(2026, 3, 23))
    assert bench.placement(ID).status == "ended"


def test_a_centre_s_yes_is_a_fact_even_where_it_has_no_place_free() -> None:
    bench = a_short_placement()
    bench.deliver(referred_to_the_centre(2))
    bench.deliver(accepted_by_the_centre(2, MONDAY, FIRST, LAST))
    beyond = bench.places(CENTRE, CENTRE).beyond
    assert beyond is not None
    assert (beyond.excess, beyond.by) == (1, CENTRE)
    assert "own queue" in beyond.reason


def test_its_review_may_make_it_longer_or_shorter_and_its_place_follows() -> None:
    bench = a_short_placement()
    bench.advance(at("2026-02-28 12:00"))
    places_id = bench.places(CENTRE, CENTRE).places_id
    bench.deliver(asked.NoteReview(ID, places_id, date(2026, 3, 27), "tom"))
    assert bench.placement(ID).asks is None
    assert bench.placement(ID).returns_on == date(2026, 3, 30)
    assert free_on(bench, date(2026, 3, 21), date(2026, 3, 28)) == [0, 1]
    bench.advance(at("2026-03-21 12:00"))
    assert bench.placement(ID).status == "started", "the former end is called off"
    bench.advance(at("2026-03-28 12:00"))
    assert bench.placement(ID).status == "ended"


@pytest.mark.parametrize("ends_on", [date(2026, 2, 27), date(2028, 3, 2)])
def test_a_review_does_not_end_it_in_the_past_or_in_more_than_two_years(ends_on: date) -> None:
    bench = a_short_placement()
    bench.advance(at("2026-02-28 12:00"))
    before = bench.placement(ID)
    with pytest.raises(Refused) as refused:
        bench.deliver(asked.NoteReview(ID, bench.places(CENTRE, CENTRE).places_id, ends_on, "tom"))
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [("ends_on", "not-to-come")]
    assert bench.placement(ID) == before


def test_its_review_says_whether_it_helped_and_an_earlier_one_stays() -> None:
    bench = a_short_placement()
    bench.advance(at("2026-02-28 12:00"))
    places_id = bench.places(CENTRE, CENTRE).places_id
    bench.said.clear()
    bench.deliver(asked.NoteReview(ID, places_id, LAST, "tom", helped=None))
    bench.advance(at("2026-03-10 12:00"))
    bench.deliver(asked.NoteReview(ID, places_id, LAST, "tom", helped="partly"))
    told = [each for each in bench.said if isinstance(each, PlacementReviewed)]
    assert [(each.reviewed_on, each.helped) for each in told] == [
        (date(2026, 2, 28), None),
        (date(2026, 3, 10), "partly"),
    ]
    assert [(look.on, look.helped) for look in bench.placement(ID).reviews] == [
        (each.reviewed_on, each.helped) for each in told
    ]


def test_it_ends_sooner_where_a_person_says_so() -> None:
    bench = a_short_placement()
    bench.advance(at("2026-02-20 12:00"))
    places_id = bench.places(CENTRE, CENTRE).places_id
    bench.deliver(asked.EndPlacement(ID, places_id, "returned", date(2026, 2, 20)))
    ended = bench.said[-2]
    assert isinstance(ended, PlacementEnded)
    assert ended.returns_on == date(2026, 2, 23)
    assert free_on(bench, date(2026, 2, 20), date(2026, 2, 21)) == [0, 1]
    said = len(bench.said)
    bench.advance(at("2026-05-01 12:00"))
    assert not [each for each in bench.said[said:] if "placement" in each.type]


def test_a_school_that_takes_it_back_leaves_a_person_to_end_it() -> None:
    bench = a_short_placement()
    taken_back = ReferralWithdrawn(referral_id=a_referral_id(1), reason="family-asked", withdrawn_at=MONDAY)
    bench.deliver(taken_back)
    assert (bench.placement(ID).status, bench.placement(ID).asks) == ("confirmed", "withdrawn")
    other = ReferralWithdrawn(referral_id=a_referral_id(2), reason="family-asked", withdrawn_at=MONDAY)
    bench.deliver(other)
    assert bench.state(PLACEMENT, placement_id_of_referral(a_referral_id(2))) is None


def test_what_a_school_took_back_is_asked_until_somebody_ends_it_whatever_day_comes() -> None:
    bench = a_short_placement()
    bench.deliver(ReferralWithdrawn(referral_id=a_referral_id(1), reason="family-asked", withdrawn_at=MONDAY))
    for moment in ("2026-02-09 12:00", "2026-02-28 12:00"):  # its first day, its review
        bench.advance(at(moment))
        assert (bench.placement(ID).status, bench.placement(ID).asks) == ("started", "withdrawn")


def test_an_end_that_comes_before_the_first_day_after_an_outage_says_that_the_child_was_there() -> None:
    placement = a_short_placement().placement(ID)
    moment = at("2026-03-21 06:00")
    decision = ends(placement, Due(ENDS, ID, moment), moment)
    started, ended = decision.events
    assert isinstance(started, PlacementStarted)
    assert isinstance(ended, PlacementEnded)
    assert (started.started_on, ended.began, ended.ended_on) == (FIRST, True, LAST)


def test_an_end_that_fell_due_before_it_was_given_longer_is_set_to_its_own_day() -> None:
    bench = a_short_placement()
    bench.advance(at("2026-02-28 12:00"))
    bench.deliver(asked.NoteReview(ID, bench.places(CENTRE, CENTRE).places_id, date(2026, 3, 27), "tom"))
    moment = at("2026-03-21 06:00")
    decision = ends(bench.placement(ID), Due(ENDS, ID, moment), moment)
    assert (decision.state, decision.events) == (None, ())
    assert Due(ENDS, ID, at("2026-03-28 06:00")) in decision.due


def test_only_a_short_placement_is_reviewed_and_it_is_neither_offered_nor_declined() -> None:
    bench = a_short_placement()
    places_id = bench.places(CENTRE, CENTRE).places_id
    with pytest.raises(Refused, match="short-placement"):
        bench.deliver(asked.DeclineOffer(ID, places_id, "setting-cannot"))
    with pytest.raises(Refused, match="short-placement"):
        bench.deliver(asked.ConfirmStart(ID, places_id, FIRST, "tom"))
    other = PlacesBench()
    id = other.offered_at_oak()
    other.accept(id)
    other.confirm_start(id)
    with pytest.raises(Refused, match="not-short"):
        other.deliver(asked.NoteReview(id, other.places().places_id, date(2026, 4, 20), "tom"))


def test_what_a_team_accepts_is_no_short_placement_and_is_passed_over() -> None:
    bench = PlacesBench()
    accepted = accepted_by_the_centre(1, MONDAY, FIRST, LAST)
    by_a_team = accepted.model_copy(update={"short_placement": None, "destination_kind": "advisory-team"})
    assert bench.deliver(by_a_team) == []


def test_no_day_comes_after_the_last_one_of_the_calendar() -> None:
    assert day_after(date(2028, 2, 28)) == date(2028, 2, 29)
    with pytest.raises(Refused, match="no-such-day"):
        day_after(date.max)
