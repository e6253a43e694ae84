"""What the school changes after sending: parts of the form, and evidence that comes later."""

from datetime import datetime
from typing import Any

from chassis.calendar import london_date
from chassis.decision import Changes, Decision, Ref, Refused, World
from schemas.envelope import Event
from schemas.personal_v1 import SaidViews, Tried
from schemas.referral_work_v1 import EvidenceAdded, Part, ReferralAmended
from services.referrals.domain import evidence
from services.referrals.domain.book import Book
from services.referrals.domain.children.persons import PERSON
from services.referrals.domain.commands import AddEvidence, Amendment, AmendReferral
from services.referrals.domain.form.checking import About
from services.referrals.domain.referral import ENDED, PANELS, PAPERS, REFERRAL, WITH_SCHOOL, Papers, Referral
from services.referrals.domain.routing.sending import elsewhere, facts_of, sent, told
from services.referrals.domain.work import contacting
from services.referrals.domain.work.amended import faults_of
from services.referrals.domain.work.asking import answered, back_to_the_team
from services.referrals.domain.work.moving import Move, decided, seen, together, written

_PARTS: dict[str, Part] = {
    "narrative": "narrative",
    "tried": "tried",
    "agreement": "agreement",
    "views": "views",
    "contacts": "contacts",
    "asks_for": "asks-for",
    "primary_need": "primary-need",
    "other_needs": "other-needs",
    "sen_provision": "sen-provision",
    "placement": "placement",
}
_CODES = ("asks_for", "primary_need", "other_needs", "sen_provision", "placement")
#: By these the rules choose anew who has it.
_ROUTES = {"asks_for", "primary_need", "other_needs"}


def amend(book: Book, world: World, command: AmendReferral, now: datetime) -> Changes:
    """The school changes parts of what it sent; where it owed an answer, this is one.

    Where another need, or another request, belongs with another team, it goes there, and the answer says so.

    Raises Refused where it has ended, where nothing is changed, where a changed part has a fault, and for codes
    of a case that a panel holds.
    """
    before, move = seen(world.get(REFERRAL, command.referral_id), command), Move(command, now)
    papers, child = world.get(PAPERS, before.id), world.get(PERSON, command.child_id)
    if papers is None or child is None or command.child_id != before.child_id:
        raise Refused("papers-unknown", "The papers of this referral are gone: it may have been erased.")
    changed = _changed(command.changes, before, papers)
    persons = contacting.given(world, command, before, child, move)
    if persons is not None:
        changed["contacts"] = command.changes.contacts
    _refuse(before, changed)
    codes = {name: value for name, value in changed.items() if name in _CODES}
    if "asks_for" in codes and command.changes.asks_for != "placement":
        codes["placement"] = None
    after = before.model_copy(update=codes)
    faults = faults_of(after, papers, child, changed, About(book.register, move.today))
    if faults:
        raise Refused("form-faulty", "The change has faults; each is named.", faults=tuple(faults))
    if persons is None:
        return _amended(book, world, command, before, after, changed, move)
    after = after.model_copy(update=contacting.facts(before, persons))
    amended = _amended(book, world, command, before, after, changed, move)
    told = contacting.decisions(world, child, before, persons, move)
    return Changes({**amended.decisions, **told}, answer=amended.answer)


def _changed(changes: Amendment, referral: Referral, papers: Papers) -> dict[str, Any]:
    """The parts that have another value than before, by name."""
    words = papers.papers
    now = {
        "narrative": words.narrative,
        "tried": words.tried,
        "agreement": papers.agreement,
        "views": words.views,
        **{name: getattr(referral, name) for name in _CODES},
    }
    given = {name: getattr(changes, name) for name in _PARTS if name != "contacts"}
    if given["views"] is not None:
        given["views"] = SaidViews.model_validate(given["views"])
    if given["tried"] is not None:
        given["tried"] = tuple(Tried.model_validate(each.model_dump()) for each in given["tried"])
    return {name: value for name, value in given.items() if value is not None and value != now[name]}


def _refuse(referral: Referral, changed: dict[str, Any]) -> None:
    if referral.status in ENDED:
        raise Refused("ended", "This referral has ended: ask the team to reopen it, or refer again.")
    if not changed:
        raise Refused("nothing-changed", "Nothing is different from what was sent: change a part first.")
    if referral.destination_kind in PANELS and referral.status != "waiting" and set(changed) & set(_CODES):
        raise Refused(
            "with-a-panel", "A panel holds this case: its request can only be withdrawn, and made again."
        )


def _amended(
    book: Book,
    world: World,
    command: AmendReferral,
    before: Referral,
    after: Referral,
    changed: dict[str, Any],
    move: Move,
) -> Changes:
    parts = tuple(part for name, part in _PARTS.items() if name in changed)
    owed = before.status in WITH_SCHOOL
    back = back_to_the_team(before, move.today, book.days) if owed else {}
    after = move.of(after, "amended", detail=",".join(parts), **back)
    said: list[Event] = [_fact(before, after, parts, changed, move.now)]
    if owed:
        said.append(answered(before, after, move.now))
    rerouted = _rerouted(book, world, before, after, move.now) if _ROUTES & set(changed) else None
    if rerouted is not None:
        after = rerouted
        said.append(told(after))
    decision = decided(before, after, move.now, *said)
    answer = {**decision.answer, "rerouted": rerouted is not None, "destination": after.destination}
    words = {name: changed[name] for name in ("narrative", "tried", "views") if name in changed}
    papers = written(world.get(PAPERS, before.id), after.version, "reason", command.reason, **words)
    decisions: dict[Ref, Decision[Any]] = {
        REFERRAL.at(before.id): decision,
        PAPERS.at(before.id): _with_agreement(papers, changed),
    }
    return Changes(decisions, answer=answer)


def _with_agreement(papers: Decision[Papers], changed: dict[str, Any]) -> Decision[Papers]:
    if "agreement" not in changed or papers.state is None:
        return papers
    return Decision(papers.state.model_copy(update={"agreement": changed["agreement"]}), papers.events)


def _rerouted(book: Book, world: World, before: Referral, after: Referral, now: datetime) -> Referral | None:
    """The referral at another destination, where the rules choose one by what was changed; else None."""
    child, setting = world.get(PERSON, after.child_id), book.register.find(after.urn)
    born = child.details.born if child else None
    if setting is None or born is None:
        return None
    was, about = (facts_of(each, setting, book.register, born, london_date(now)) for each in (before, after))
    chosen = elsewhere(after, book.routing, was, about)
    return sent(after, chosen, now, book.days) if chosen else None


def _fact(
    before: Referral, after: Referral, parts: tuple[Part, ...], changed: dict[str, Any], now: datetime
) -> ReferralAmended:
    codes = {name: changed.get(name) for name in _CODES if name != "placement"}
    tell = after.tell if after.tell != before.tell else None
    return ReferralAmended(referral_id=before.id, parts=parts, amended_at=now, tell=tell, **codes)


def touched_by_evidence(command: AddEvidence) -> list[Ref]:
    """The referral, its papers, and the files."""
    id = command.referral_id
    return [REFERRAL.at(id), PAPERS.at(id), *evidence.refs_of(command.papers)]


def add_evidence(world: World, command: AddEvidence, now: datetime) -> Changes:
    """The school adds papers. Raises Refused where it has ended, without any, and for files of others."""
    before, move = seen(world.get(REFERRAL, command.referral_id), command), Move(command, now)
    if before.status in ENDED:
        raise Refused("ended", "This referral has ended: ask the team to reopen it, or refer again.")
    known = set(before.evidence)
    new = [each for each in command.papers if each.file is None or each.file not in known]
    if not new:
        raise Refused("no-evidence", "These files are with the referral already: choose others.")
    faults = tuple(evidence.faults_of(world, new, before.urn, before.id))
    if faults:
        raise Refused("form-faulty", "Some of these files cannot be sent; each is named.", faults=faults)
    ids = tuple(dict.fromkeys(each.file for each in new if each.file))
    after = move.of(before, "evidence-added", detail=str(len(new)), evidence=(*before.evidence, *ids))
    fact = EvidenceAdded(referral_id=before.id, evidence_ids=ids, added_at=now)
    kept = world.get(PAPERS, before.id)
    listed, files = evidence.sent_with(world, new, before.id)
    both = (*kept.papers.evidence, *listed) if kept else listed
    changes = together(world, decided(before, after, now, fact), "reason", command.reason, evidence=both)
    return Changes({**changes.decisions, **files}, answer=changes.answer)
