"""A referral whose child needs a place: how far the way has come, and what comes next."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from schemas.envelope import Event
from schemas.panels_v1 import DecisionIssued
from schemas.places_v1 import (
    PlaceAccepted,
    PlaceAwaited,
    PlaceConsulted,
    PlaceDeclined,
    PlacementConfirmed,
    PlacementEnded,
    PlacementStarted,
    PlaceOffered,
    SupportAwaited,
    SupportEnded,
    SupportSettled,
    SupportStarted,
    Whose,
)
from services.referrals.domain.referral import Placing
from services.referrals.domain.story import story
from tests.referrals.builders import NOW, book
from tests.referrals.test_rules import CASE, ID, LISTED, PLACED, opened, state, taken, told

AT = datetime(2026, 4, 20, 10, tzinfo=ZoneInfo("Europe/London"))
DAY = date(2026, 5, 4)
OF = {"placement_id": "p", "referral_id": ID}
WHOSE = Whose(
    reference="r", panel="placement", child_id="c", urn="117215", area="DSPL1", phase="primary", need="ASD"
)
DECIDED = DecisionIssued(
    case_id=CASE,
    referral_id=ID,
    decision_id="d",
    outcome="agreed",
    provision="special-school",
    decided_at=NOW,
    next_step_by=DAY,
)
AWAITED = PlaceAwaited(
    **OF, case_id=CASE, whose=WHOSE, provision="special-school", awaited_at=AT, next_step_by=DAY
)
WAY: list[tuple[Event, str, date | None]] = [
    (AWAITED, "looks for a place", DAY),
    (PlaceConsulted(**OF, consultation_id="x", setting="117201", consulted_at=AT, answer_by=DAY), "answers by", DAY),
    (
        PlaceOffered(
            **OF, setting="117201", kind="special-school", offered_at=AT, starts_on=DAY, reply_by=DAY
        ),
        "is offered to the family",
        DAY,
    ),
    (PlaceDeclined(**OF, reason="family-declined", declined_at=AT), "as soon as it can", None),
    (
        PlaceAccepted(**OF, accepted_at=AT, accepted_by="young-person", accepted_on=DAY, starts_on=DAY),
        "first day is settled next",
        DAY,
    ),
    (
        PlacementConfirmed(
            **OF, setting="117201", kind="special-school", confirmed_at=AT, starts_on=DAY
        ),
        "The first day there is 4 May 2026",
        DAY,
    ),
    (PlacementStarted(**OF, started_at=AT, started_on=DAY), "is at its new place", None),
    (PlacementEnded(**OF, reason="moved-away", ended_at=AT, ended_on=DAY), "is over", None),
    (
        SupportAwaited(**OF, case_id=CASE, whose=WHOSE, setting="117201", awaited_at=AT, next_step_by=DAY),
        "settles with the school",
        DAY,
    ),
    (SupportSettled(**OF, setting="117201", settled_at=AT, starts_on=DAY), "Support begins on 4 May 2026", DAY),
    (SupportStarted(**OF, started_at=AT, started_on=DAY), "gives the support", None),
    (SupportEnded(**OF, reason="moved-away", ended_at=AT, ended_on=DAY), "is over", None),
]  # fmt: skip


@pytest.mark.parametrize(("event", "next_step", "by"), WAY, ids=lambda each: getattr(each, "type", ""))
def test_each_step_on_the_way_is_told_with_its_day(event: Event, next_step: str, by: date | None) -> None:
    rules = taken(PLACED)
    for each in (opened(), LISTED, DECIDED, event):
        rules.deliver(each)
    assert next_step in told(rules).next_step
    assert (told(rules).by, state(rules).status) == (by, "decided")


def test_a_place_that_is_heard_of_before_its_decision_says_the_same_in_the_end() -> None:
    late, early = taken(PLACED), taken(PLACED)
    for each in (opened(), LISTED, DECIDED, AWAITED):
        late.deliver(each)
    for each in (opened(), LISTED, AWAITED, DECIDED):
        early.deliver(each)
    assert told(late) == told(early)
    assert state(early).place == Placing(stage="awaited", by=DAY)


def test_a_step_names_no_school_in_the_history_of_another() -> None:
    rules = taken(PLACED)
    for each in (opened(), LISTED, DECIDED, WAY[1][0]):
        rules.deliver(each)
    assert "117201" not in state(rules).model_dump_json()


AT_A_CENTRE = {"setting": "education-support-centre", "kind": "education-support-centre"}
SHORT: list[tuple[Event, str]] = [
    (
        PlacementConfirmed(**OF, **AT_A_CENTRE, confirmed_at=AT, starts_on=DAY, short=True),
        "The first day there is 4 May 2026.",
    ),
    (
        PlacementStarted(**OF, started_at=AT, started_on=AT.date(), returns_on=DAY),
        "Its first day back at school is 4 May 2026.",
    ),
    (
        PlacementEnded(**OF, reason="returned", ended_at=AT, ended_on=AT.date(), returns_on=DAY),
        "The time there is over. The first day back at school is 4 May 2026",
    ),
]


@pytest.mark.parametrize(("event", "next_step"), SHORT, ids=lambda each: getattr(each, "type", ""))
def test_a_school_reads_until_when_its_child_is_at_a_centre(event: Event, next_step: str) -> None:
    rules = taken(PLACED)
    rules.deliver(event)
    accepted = state(rules).model_copy(update={"status": "accepted", "accepted_at": NOW})
    shown = story(accepted, book().destinations, AT.date())
    assert next_step in shown.next_step
    assert shown.by == DAY
