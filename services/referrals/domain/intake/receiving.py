"""Taking a form: the persons, the referral, its route and its papers, all in one decision."""

from datetime import date, datetime, timedelta

from chassis.calendar import london_date
from chassis.decision import Changes, Decision, Ref, Refused, World
from schemas.personal_v1 import InCare, PaperFile, PersonDetails, ReferralPapers, SaidViews
from schemas.referrals_v1 import PlacementAsk
from schemas.submissions_v1 import Fault, ReferralSubmission, SubmissionAccepted, SubmissionRefused
from services.referrals.domain import evidence
from services.referrals.domain.book import Book
from services.referrals.domain.children import contacts
from services.referrals.domain.children.ages import phase_of, year_group
from services.referrals.domain.children.persons import PERSON, person_ids, persons_of
from services.referrals.domain.commands import SubmissionArrived, SubmitReferral
from services.referrals.domain.facts import received
from services.referrals.domain.form.checking import About, check
from services.referrals.domain.form.child_checks import of_the_register
from services.referrals.domain.form.faults import fault
from services.referrals.domain.identity import reference_of, referral_id_of
from services.referrals.domain.intake.repeats import child_of, refuse_repeat
from services.referrals.domain.referral import PAPERS, REFERRAL, Papers, Referral, Step
from services.referrals.domain.register.places import Setting
from services.referrals.domain.routing.sending import facts_of, sent, told, way
from services.referrals.domain.story import story
from services.referrals.domain.work.death import from_its_beginning
from services.referrals.domain.work.promises import fall_due


def touched(book: Book, command: SubmitReferral) -> list[Ref]:
    """The aggregates of a submission: the referral, its papers, its persons and its evidence."""
    ids = person_ids(command.form, command.referral_id, book.ids)
    files = evidence.refs_of(command.form.evidence)
    return [REFERRAL.at(command.referral_id), PAPERS.at(command.referral_id), *map(PERSON.at, ids), *files]


def looked_at(book: Book, command: SubmitReferral) -> list[Ref]:
    """What the school sent about this child before, where the form is taken once only."""
    if not command.once_only:
        return []
    form, id = command.form, command.referral_id
    return [child_of(form, id, book.ids.child(id, form.child.upn)).ref]


def receive(book: Book, world: World, command: SubmitReferral, now: datetime) -> Changes:
    """Takes a checked form in and routes it.

    Raises Refused where the referral is known, the UPN is another child's, or a file is not the school's own,
    and LikelyDuplicate where it is to be taken once only and was sent before.
    """
    form, id, today = command.form, command.referral_id, london_date(now)
    if world.get(REFERRAL, id) is not None:
        raise Refused("referral-known", "A referral with this id has been taken already.")
    persons = persons_of(form, id, book.ids, today)
    _refuse_another_child(world, persons[0])
    _refuse_files_of_others(world, form, id)
    referral = _routed(book, command, persons, now)
    if command.once_only:
        since = now - timedelta(days=book.repeats_within_days)
        refuse_repeat(world, child_of(form, id, referral.child_id), referral.destination, since)
    listed, files = evidence.sent_with(world, form.evidence, id)
    papers = Papers(papers=_words(form, id, listed), referrer=form.referrer, agreement=form.agreement)
    decisions = contacts.taken(world, persons, id, now)
    begun = Decision(referral, (received(referral), told(referral)), due=fall_due(None, referral, now))
    decisions[REFERRAL.at(id)] = from_its_beginning(world.get(PERSON, referral.child_id), begun)
    decisions[PAPERS.at(id)] = Decision(papers, (papers.papers,))
    return Changes(decisions | files, answer=_answer(book, referral, today))


def _refuse_another_child(world: World, child: PersonDetails) -> None:
    stored = world.get(PERSON, child.person_id)
    if stored is not None and stored.details.born != child.born:
        faults = (fault("child.upn", "upn-of-another-child"),)
        raise Refused("form-faulty", "The form has one fault.", faults=faults)


def _refuse_files_of_others(world: World, form: ReferralSubmission, id: str) -> None:
    faults = tuple(evidence.faults_of(world, form.evidence, form.urn, id))
    if faults:
        raise Refused("form-faulty", "The form has files that cannot be sent.", faults=faults)


def _routed(book: Book, command: SubmitReferral, persons: list[PersonDetails], now: datetime) -> Referral:
    form = command.form
    setting = book.register.find(form.urn)
    # The register may have changed since the form was checked.
    faults = tuple(of_the_register(book.register, form.urn, london_date(now)))
    if faults or setting is None:
        raise Refused("form-faulty", "The form has one fault.", faults=faults)
    setting, _ = book.register.placed(setting, london_date(now))
    referral = _taken(command, setting, persons, now)
    about = facts_of(referral, setting, book.register, form.child.born, london_date(now))
    return sent(referral, way(book.routing, about), now, book.days)


def _taken(
    command: SubmitReferral, setting: Setting, persons: list[PersonDetails], now: datetime
) -> Referral:
    """The referral before anybody has it."""
    form, child = command.form, command.form.child
    year = year_group(child.born, london_date(now))
    return Referral(
        id=command.referral_id,
        reference=reference_of(command.referral_id),
        status="routed",
        origin=command.origin,
        urn=setting.urn,
        area=setting.area,
        phase=phase_of(year),
        year_group=year,
        sen_provision=child.sen_provision,
        primary_need=child.primary_need,
        other_needs=child.other_needs,
        asks_for=form.asks_for,
        child_id=persons[0].person_id,
        adults=tuple(each.person_id for each in persons[1:]),
        tell=tuple(each.person_id for each in persons if each.may_be_told),
        destination="",
        destination_kind="triage",
        rule="",
        reason="",
        received_at=now,
        routed_at=now,
        changed_at=now,
        answer_by=london_date(now),
        placement=_asked(form),
        looked_after=child.looked_after,
        evidence=tuple(each.file for each in form.evidence if each.file),
        history=(Step(version=1, at=now, by=command.origin, what="received"),),
    )


def _asked(form: ReferralSubmission) -> PlacementAsk | None:
    asked = form.placement
    if asked is None:
        return None
    return PlacementAsk(
        trigger=asked.trigger,
        provision=asked.provision,
        urgent=asked.urgent,
        need_by=asked.need_by,
        request_received=asked.dates.request_received,
        draft_served=asked.dates.draft_served,
        review_meeting=asked.dates.review_meeting,
        papers_complete=asked.papers_complete,
        personal_budget=asked.personal_budget,
    )


def _words(form: ReferralSubmission, referral_id: str, files: tuple[PaperFile, ...]) -> ReferralPapers:
    return ReferralPapers(
        referral_id=referral_id,
        narrative=form.narrative,
        tried=form.tried,
        views=form.views and SaidViews.model_validate(form.views),
        care=form.care and InCare.model_validate(form.care),
        evidence=files,
    )


def _answer(book: Book, referral: Referral, today: date) -> dict[str, str]:
    told = story(referral, book.destinations, today)
    return {
        "referral_id": referral.id,
        "reference": referral.reference,
        "received_at": referral.received_at.isoformat(),
        "sentence": f"{told.happened} {told.next_step}",
        "grounds": referral.grounds,
    }


# Forms that come as events ------------------------------------------------------------------------


def touched_by_event(book: Book, message: SubmissionArrived) -> list[Ref]:
    """As for a command; nothing where the form cannot be read."""
    command = _as_command(message)
    return touched(book, command) if command else []


def receive_event(book: Book, world: World, message: SubmissionArrived, now: datetime) -> Changes:
    """Checks a form that came as an event, takes it in or refuses it, and answers its sender either way."""
    about = About(book.register, london_date(now), urns=message.urns)
    checked = check(message.body, about)
    if isinstance(checked, list):
        return Changes(loose=(_refused(message, checked),))
    command = SubmitReferral(referral_id_of(message.source, message.submission_id), checked, "event")
    try:
        changes = receive(book, world, command, now)
    except Refused as refusal:
        if not refusal.faults:
            raise
        return Changes(loose=(_refused(message, list(refusal.faults)),))
    accepted = SubmissionAccepted(
        submission_id=message.submission_id,
        source=message.source,
        referral_id=command.referral_id,
        reference=reference_of(command.referral_id),
        received_at=now,
    )
    return Changes(changes.decisions, loose=(accepted,), answer=changes.answer)


def _as_command(message: SubmissionArrived) -> SubmitReferral | None:
    if message.form is None:
        return None
    return SubmitReferral(referral_id_of(message.source, message.submission_id), message.form, "event")


def _refused(message: SubmissionArrived, faults: list[Fault]) -> SubmissionRefused:
    return SubmissionRefused(submission_id=message.submission_id, source=message.source, faults=tuple(faults))
