"""Open cases of the time before this system: taken in as they stand, and nobody is told of it.

Their days are the old ones, so that waits and promises are honest. Whatever happens to them from now on is told as
of every other referral.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from chassis.calendar import at, london_date
from chassis.decision import Changes, Decision, Ref, Refused, World
from schemas.codes import AsksFor, DestinationKind
from schemas.envelope import Event
from schemas.personal_v1 import PersonDetails, ReferralPapers
from schemas.referral_work_v1 import ReferralAssigned
from schemas.referrals_v1 import PlacementAsk, ReferralAccepted
from schemas.submissions_v1 import Agreement, Fault, Referrer
from services.referrals.domain.book import Book
from services.referrals.domain.bulk.open_cases import OpenCase
from services.referrals.domain.children.ages import phase_of, year_group
from services.referrals.domain.children.names import likeness
from services.referrals.domain.children.persons import PERSON, Person, described
from services.referrals.domain.facts import received
from services.referrals.domain.form.faults import fault
from services.referrals.domain.identity import Ids, reference_of, referral_id_of, standard_upn
from services.referrals.domain.referral import PAPERS, REFERRAL, Papers, Referral, Step
from services.referrals.domain.routing.sending import told
from services.referrals.domain.routing.teams import Destination
from services.referrals.domain.work.death import from_its_beginning
from services.referrals.domain.work.promises import fall_due

RULE = "imported"
REASON = "Brought in from the list of cases that were open before this system was there."
_NOT_SAID = "not in the list that was brought in: ask the school"
_MORNING = time(9)
_ASKS: dict[DestinationKind, AsksFor] = {
    "advisory-team": "advice",
    "outreach": "outreach",
    "triage": "outreach",
    "statutory-assessment": "ehc-needs-assessment",
    "placement-panel": "placement",
    "education-support-centre": "short-placement",
    "high-needs-funding": "top-up-funding",
}


@dataclass(frozen=True, slots=True)
class ImportOpenCase:
    """A row that was checked. ``destination`` is its code, ``held_by`` the staff id of whoever works on it."""

    referral_id: str
    case: OpenCase = field(repr=False)
    destination: str
    held_by: str | None
    by: str


def id_of_old(reference: str) -> str:
    """The id of the referral that the case with this old reference becomes: the same file twice adds nothing."""
    return referral_id_of("open-cases", reference.casefold())


def touched(book: Book, command: ImportOpenCase) -> list[Ref]:
    """The referral, its papers, the child (also as it was known without its number) and the adult."""
    id = command.referral_id
    children = dict.fromkeys((book.ids.child(id, command.case.upn), book.ids.child(id, None)))
    return [REFERRAL.at(id), PAPERS.at(id), *map(PERSON.at, (*children, Ids.adult(id, 0)))]


def take(book: Book, world: World, command: ImportOpenCase, now: datetime) -> Changes:
    """Takes the case in; one that is there already stays as it is, and the answer says so.

    Raises Refused where the UPN or the old reference is another child's, or the data files know its school or team no
    more.
    """
    id, case = command.referral_id, command.case
    there = world.get(REFERRAL, id)
    if there is not None:
        known = (
            world.get(PERSON, there.child_id) if PERSON.at(there.child_id) in touched(book, command) else None
        )
        if not _same_child(known, case):
            raise Refused("form-faulty", "The row has one fault.", faults=(_taken_number(there),))
        return Changes(answer={"reference": there.reference, "there": True})
    persons = _persons(book, command)
    child = world.get(PERSON, persons[0].person_id)
    if child is not None and child.details.born != case.born:
        raise Refused("form-faulty", "The row has one fault.", faults=(fault("upn", "upn-of-another-child"),))
    goes = book.destinations.get(command.destination)
    if goes is None:
        raise Refused("team-gone", "This team is not in the data files any more: write another one.")
    taken = _taken(book, command, persons, goes)
    referral, facts = _as_it_stands(book, command, taken, goes)
    papers = _papers(command)
    decisions: dict[Ref, Decision[Any]] = {
        PERSON.at(each.person_id): described(None, each)
        for each in persons
        if world.get(PERSON, each.person_id) is None  # who is known already is known better
    }
    begun = Decision(referral, facts, due=fall_due(None, referral, now))
    decisions[REFERRAL.at(id)] = from_its_beginning(child, begun)
    decisions[PAPERS.at(id)] = Decision(papers, (papers.papers,))
    return Changes(decisions, answer={"reference": referral.reference, "there": False})


def _same_child(known: Person | None, case: OpenCase) -> bool:
    """Whether a case that is there is this child's. Two teams' lists may count from 1 both: no case is lost by that.

    A child of another number is not among those that were loaded, and so nobody who is known here.
    """
    if known is None or known.details.born != case.born:
        return False
    upn = case.upn and standard_upn(case.upn)
    if upn is not None and upn == known.details.upn:
        return True
    names = (known.likeness, likeness(case.given_name, case.family_name))
    return not set(names[0].split()).isdisjoint(names[1].split())


def _taken_number(there: Referral) -> Fault:
    words = f"{there.reference} has this old reference and is of another child: write one that only this case has."
    return Fault(field="old_reference", code="old-reference-of-another-case", message=words)


def _persons(book: Book, command: ImportOpenCase) -> list[PersonDetails]:
    case, id = command.case, command.referral_id
    child = PersonDetails(
        school=case.urn,
        person_id=book.ids.child(id, case.upn),
        relation="child",
        given_name=case.given_name,
        family_name=case.family_name,
        born=case.born,
        upn=case.upn and standard_upn(case.upn),
        may_be_told=False,
    )
    if case.adult_given_name is None or case.adult_family_name is None:
        return [child]
    adult = PersonDetails(
        school=case.urn,
        person_id=Ids.adult(id, 0),
        relation=case.adult_relation,
        given_name=case.adult_given_name,
        family_name=case.adult_family_name,
        email=case.adult_email,
        phone=case.adult_phone,
        may_be_told=case.adult_may_be_told,
        channel="text" if case.adult_email is None and case.adult_phone else "email",
    )
    return [child, adult]


def _taken(book: Book, command: ImportOpenCase, persons: list[PersonDetails], goes: Destination) -> Referral:
    """The case as it was when the team had it first."""
    case, id = command.case, command.referral_id
    setting = book.register.find(case.urn)
    if setting is None:
        raise Refused("form-faulty", "The row has one fault.", faults=(fault("urn", "urn-unknown"),))
    then = at(case.received_on, _MORNING)
    year = year_group(case.born, case.received_on)
    steps = [Step(version=1, at=then, by=command.by, what="received")]
    what = "routed" if goes.sits else "waiting"
    return Referral(
        id=id,
        reference=reference_of(id),
        status=what,
        origin="http",
        urn=setting.urn,
        area=setting.area,
        phase=phase_of(year),
        year_group=year,
        sen_provision=case.sen_provision,
        primary_need=case.primary_need,
        other_needs=(),
        asks_for=_ASKS[goes.kind],
        child_id=persons[0].person_id,
        adults=tuple(each.person_id for each in persons[1:]),
        tell=tuple(each.person_id for each in persons if each.may_be_told),
        destination=goes.code,
        destination_kind=goes.kind,
        rule=RULE,
        reason=REASON,
        received_at=then,
        routed_at=then,
        changed_at=then,
        answer_by=goes.answer_by(case.received_on, book.days),
        placement=_placement(case),
        history=(*steps, Step(version=1, at=then, by=command.by, what=what, detail=goes.code)),
    )


def _placement(case: OpenCase) -> PlacementAsk | None:
    if case.provision is None:
        return None
    return PlacementAsk(
        trigger="annual-review"
        if case.review_meeting
        else "draft-plan"
        if case.draft_served
        else "school-referral",
        provision=case.provision,
        request_received=case.request_received,
        draft_served=case.draft_served,
        review_meeting=case.review_meeting,
    )


def _as_it_stands(
    book: Book, command: ImportOpenCase, taken: Referral, goes: Destination
) -> tuple[Referral, tuple[Event, ...]]:
    """The case as it is today, and the facts that led there: told to services, and to nobody else."""
    facts: list[Event] = [_quiet(received(taken)), _quiet(told(taken))]
    referral = taken
    if command.case.taken_on is not None:
        referral, fact = _accepted(book, command, referral, goes, command.case.taken_on)
        facts.append(fact)
    if command.held_by is not None:
        when = referral.changed_at
        referral = _step(
            command, referral, "assigned", to=command.held_by, assigned_to=command.held_by, assigned_at=when
        )
        facts.append(
            ReferralAssigned(
                referral_id=referral.id, destination=goes.code, staff_id=command.held_by, assigned_at=when
            )
        )
    return referral, tuple(facts)


def _accepted(
    book: Book, command: ImportOpenCase, referral: Referral, goes: Destination, on: date
) -> tuple[Referral, Event]:
    when = max(at(on, _MORNING), referral.received_at)
    by = command.case.next_step_by or goes.answer_by(london_date(when), book.days)
    after = _step(
        command,
        referral.model_copy(update={"changed_at": when}),
        "accepted",
        on=by,
        status="accepted",
        accepted_at=when,
        next_step_by=by,
    )
    fact = ReferralAccepted(
        referral_id=referral.id,
        destination=goes.code,
        destination_kind=goes.kind,
        accepted_at=when,
        next_step_by=by,
        quiet=True,
    )
    return after, fact


def _step(
    command: ImportOpenCase,
    referral: Referral,
    what: Any,
    *,
    on: date | None = None,
    to: str | None = None,
    **facts: object,
) -> Referral:
    version = referral.version + 1
    step = Step(version=version, at=referral.changed_at, by=command.by, what=what, on=on, to=to)
    return referral.model_copy(update={"version": version, "history": (*referral.history, step), **facts})


def _quiet(fact: Event) -> Event:
    return fact.model_copy(update={"quiet": True})


def _papers(command: ImportOpenCase) -> Papers:
    case = command.case
    words = ReferralPapers(
        referral_id=command.referral_id,
        narrative=case.note or f"There was no note: {_NOT_SAID}.",
        old_reference=case.old_reference,
    )
    return Papers(
        papers=words,
        referrer=Referrer(name=_NOT_SAID, email=_NOT_SAID),
        agreement=Agreement(agreed=False, disagreement=f"Whether the family agreed is {_NOT_SAID}."),
    )
