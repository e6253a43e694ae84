"""The ladder of support: a referral that ends here and goes on as another one, on another rung."""

from datetime import date, datetime
from typing import Any

from chassis.calendar import london_date
from chassis.decision import Changes, Decision, Ref, Refused, World
from schemas.envelope import Event
from schemas.personal_v1 import ReferralPapers, Said
from schemas.referral_work_v1 import ReferralStepped
from schemas.referrals_v1 import PlacementAsk
from services.referrals.domain import facts
from services.referrals.domain.book import Book
from services.referrals.domain.children.ladder import RUNGS
from services.referrals.domain.children.persons import PERSON, Person
from services.referrals.domain.commands import StepReferral
from services.referrals.domain.identity import reference_of
from services.referrals.domain.referral import PAPERS, REFERRAL, Papers, Referral, Step
from services.referrals.domain.routing.sending import facts_of, sent, told, way
from services.referrals.domain.staff.restricted import RESTRICTION, Restriction, taken_over
from services.referrals.domain.work.death import from_its_beginning
from services.referrals.domain.work.moving import Move, decided, seen, with_a_team
from services.referrals.domain.work.promises import fall_due


def touched(command: StepReferral) -> list[Ref]:
    """Both referrals and their papers, and who may open the next; the child is only looked at, for its age."""
    ids = (command.referral_id, command.next_id)
    return [*map(REFERRAL.at, ids), *map(PAPERS.at, ids), *map(RESTRICTION.at, ids)]


def step(book: Book, world: World, command: StepReferral, now: datetime) -> Changes:
    """The referral goes on as another, with everything that is known of it, sent by the same rules.

    Raises Refused unless the team has it or has finished, for a rung that is not in that direction, for a
    placement without its details, and where the rules would leave it where it is.
    """
    before = _may_go_on(world, command)
    _plausible(command.placement, london_date(now))
    papers, child = world.get(PAPERS, before.id), world.get(PERSON, before.child_id)
    if papers is None or child is None:
        raise Refused("papers-unknown", "The papers of this referral are gone: it may have been erased.")
    following = _following(book, before, child, command, now)
    if following.destination == before.destination:
        raise Refused("same-destination", "The rules leave it where it is: ask for something else.")
    after = Move(command, now).of(
        before,
        "stepped",
        status="stepped",
        detail=command.asks_for,
        to=following.id,
        direction=command.direction,
        next_id=following.id,
        next_reference=following.reference,
    )
    fact = ReferralStepped(
        referral_id=before.id,
        destination=before.destination,
        direction=command.direction,
        asks_for=command.asks_for,
        next_referral_id=following.id,
        next_reference=following.reference,
        stepped_at=now,
    )
    restriction = taken_over(world.get(RESTRICTION, before.id), following.id, command.by, now)
    told = _told(following, shut=restriction is not None)
    begun = from_its_beginning(child, Decision(following, told, due=fall_due(None, following, now)))
    return _both(papers, decided(before, after, now, fact), begun, restriction, command)


def _may_go_on(world: World, command: StepReferral) -> Referral:
    before = with_a_team(seen(world.get(REFERRAL, command.referral_id), command))
    if before.child_id != command.child_id:
        raise Refused("another-child", "This is not the child of this referral: open the referral again.")
    if before.status not in ("routed", "accepted", "concluded"):
        raise Refused(
            "not-with-the-team", "Only what the team has, or has finished, can be stepped up or down."
        )
    if world.get(REFERRAL, command.next_id) is not None:
        raise Refused("referral-known", "A referral with this id has been taken already.")
    now, next_ = RUNGS.index(before.asks_for), RUNGS.index(command.asks_for)
    if (next_ > now) != (command.direction == "up") or next_ == now:
        raise Refused(
            "not-that-way", "What is asked for is not a rung in this direction: choose another one."
        )
    if (command.asks_for == "placement") != (command.placement is not None):
        raise Refused("placement-details", "A placement, and nothing else, needs the details for the panel.")
    return before


def _plausible(ask: PlacementAsk | None, today: date) -> None:
    """Dates may be unknown, and the panel then shows the case as incomplete; wrong ones would set a wrong clock."""
    if ask is None:
        return
    known = (ask.request_received, ask.draft_served, ask.review_meeting)
    if any(day is not None and day > today for day in known):
        raise Refused(
            "dates-not-plausible", "A statutory date lies ahead: give the day on which it happened."
        )
    if ask.request_received and ask.draft_served and ask.draft_served < ask.request_received:
        raise Refused("dates-not-plausible", "The plan was served before it was asked for: correct one day.")


def _following(book: Book, before: Referral, child: Person, command: StepReferral, now: datetime) -> Referral:
    """The next referral: the same child and adults, a new reference, nothing of the former's work."""
    setting, born = book.register.find(before.urn), child.details.born
    if setting is None or born is None:
        raise Refused("school-unknown", "The school or the child's age is not known any more: refer again.")
    begun = Step(version=1, at=now, by=command.by, what="received", to=before.id)
    known = before.model_copy(
        update={
            **{name: Referral.model_fields[name].default for name in _OWN_WORK},
            "id": command.next_id,
            "reference": reference_of(command.next_id),
            "asks_for": command.asks_for,
            "placement": command.placement,
            "received_at": now,
            "version": 1,
            "history": (begun,),
            "follows": before.id,
        }
    )
    about = facts_of(known, setting, book.register, born, london_date(now))
    known = known.model_copy(update={"area": about.area, "phase": about.phase, "year_group": about.year})
    return sent(known, way(book.routing, about), now, book.days)


#: What belongs to the work on one referral and begins afresh with the next.
_OWN_WORK = (
    "review_on",
    "return_reason",
    "conclusion",
    "withdrawal",
    "case",
    "told",
    "owed",
    "school_answers_by",
    "school_overdue",
    "clock",
    "visits",
    "review_due",
    "helped",
    "closing",
    "direction",
    "next_id",
    "next_reference",
    "short_placement",
)


def _both(
    papers: Papers,
    decision: Decision[Referral],
    begun: Decision[Referral],
    restriction: Decision[Restriction] | None,
    command: StepReferral,
) -> Changes:
    former, following = decision.state, begun.state
    assert former is not None  # a step has both states
    assert following is not None
    why = Said(version=former.version, about="reason", words=command.reason)
    kept = papers.papers.model_copy(update={"said": (*papers.papers.said, why)})
    handed = _handed_on(papers.papers, following.id, command.reason)
    decisions: dict[Ref, Decision[Any]] = {
        REFERRAL.at(former.id): decision,
        PAPERS.at(former.id): Decision(papers.model_copy(update={"papers": kept}), (kept,)),
        REFERRAL.at(following.id): begun,
        PAPERS.at(following.id): Decision(papers.model_copy(update={"papers": handed}), (handed,)),
    }
    if restriction is not None:
        decisions[RESTRICTION.at(following.id)] = restriction
    return Changes(decisions, answer={**decision.answer, "next_reference": following.reference})


def _told(following: Referral, *, shut: bool) -> tuple[Event, ...]:
    """That it is there, and where; no order holds between these and to whom it opens, so they say that it is shut."""
    said = (facts.received(following), told(following))
    return tuple(_shut(fact) for fact in said) if shut else said


def _shut(fact: Event) -> Event:
    return fact.model_copy(update={"restricted": True}) if "restricted" in type(fact).model_fields else fact


def _handed_on(papers: ReferralPapers, id: str, reason: str) -> ReferralPapers:
    """All words of the school and the advice so far; what was said step by step stays with the former."""
    why = Said(version=1, about="reason", words=reason)
    return papers.model_copy(update={"referral_id": id, "said": (why,)})
