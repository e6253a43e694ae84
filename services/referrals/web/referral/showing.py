"""What one referral's page shows: who and what it is about, where it is, and how it got there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from chassis.calendar import london_date
from chassis.english import capital, in_words
from schemas.personal_v1 import PaperFile, PersonDetails, ReferralPapers
from schemas.submissions_v1 import Agreement
from schemas.words import NEEDS
from services.referrals.domain.asking.choices import CHANNELS, LANGUAGES, RELATION_WORDS
from services.referrals.domain.book import Book
from services.referrals.domain.directory.waits import Expected
from services.referrals.domain.queues import answered_at, due_on, stage
from services.referrals.domain.referral import PANELS, Papers, Referral
from services.referrals.domain.story import story
from services.referrals.domain.words import ASKS_WORDS, SEN_PROVISION_WORDS, year_words
from services.referrals.web.referral.telling import telling
from services.referrals.web.referral.timeline import timeline
from services.referrals.web.rows import STAGE_WORDS
from services.referrals.web.waiting import wait_words

_PAPER_STATES = {
    "clean": "no virus was found",
    "quarantined": "being checked for viruses",
    "infected": "a virus was found, the file was deleted",
}
_LOST = "we lost the file: the school needs to send it again"
Facts = list[tuple[str, str]]


def shown(
    referral: Referral,
    papers: Papers | None,
    people: Mapping[str, PersonDetails],
    names: Mapping[str, str],
    book: Book,
    today: date,
    wait: Expected | None,
) -> dict[str, Any]:
    """The values of the page. ``people`` are the child and the adults by id, as far as they are known."""
    words = papers.papers if papers else None
    turn, colour = STAGE_WORDS[stage(referral)]
    return {
        "reference": referral.reference,
        "turn": turn,
        "colour": colour,
        "overdue": stage(referral) in ("new", "working", "school") and due_on(referral) < today,
        "told": story(referral, book.destinations, today),
        "standing": [*_standing(referral, names, book, today), *_of_old(words)],
        "wait": wait_words(referral, book, wait, today),
        "child": _child(referral, people.get(referral.child_id)),
        "contacts": [_contact(people[id], id in referral.tell) for id in referral.adults if id in people],
        "agreement": list(_agreement(papers.agreement, papers.referrer.name) if papers else ()),
        "narrative": words.narrative if words else "The words of this referral are gone.",
        "tried": [_round(n, each) for n, each in enumerate(words.tried if words else (), 1)],
        "asked_of_school": asked_of_school(referral, words),
        "agreed": words.actions if words else (),
        "views": list(_views(words)),
        "care": list(_care(words)),
        "evidence": [_paper(each) for each in words.evidence] if words else [],
        "clock": list(clock_words(referral, book, today)),
        "timeline": timeline(referral, words, names, book),
        "linked": list(_linked(referral)),
        "telling": telling(referral, people),
    }


def _standing(referral: Referral, names: Mapping[str, str], book: Book, today: date) -> Facts:
    told = story(referral, book.destinations, today)
    setting = book.register.find(referral.urn)
    holder = names.get(referral.assigned_to or "")
    facts = [
        ("Who has it", capital(told.holder) + (f": {holder}" if holder else "")),
        ("What is next", told.next_step),
        ("By when", in_words(told.by) if told.by else "No date is set"),
        ("School", setting.name if setting else referral.urn),
        ("Asks for", capital(ASKS_WORDS[referral.asks_for])),
        ("Why it went there", " ".join(filter(None, [referral.reason, _grounds(referral)]))),
        ("Officer of the area", book.register.areas[referral.area].officer),
    ]
    visits = [f"{capital(_visit(each.kind))} on {in_words(each.on)}" for each in referral.visits]
    return [*facts, ("Visits", "; ".join(visits))] if visits else facts


def _grounds(referral: Referral) -> str:
    return f"({referral.grounds})" if referral.grounds else ""


def _of_old(words: ReferralPapers | None) -> Facts:
    return [("Old reference", words.old_reference)] if words and words.old_reference else []


def _visit(kind: str) -> str:
    return {"outreach-visit": "visit to the school", "in-reach": "visit to a special school"}.get(kind, kind)


def _child(referral: Referral, details: PersonDetails | None) -> dict[str, Any]:
    facts: Facts = [
        ("Year", capital(year_words(referral.year_group))),
        ("Main need", capital(NEEDS[referral.primary_need])),
        ("Other needs", capital(", ".join(NEEDS[each] for each in referral.other_needs) or "none")),
        ("Has now", capital(SEN_PROVISION_WORDS[referral.sen_provision])),
    ]
    if referral.looked_after:
        facts.append(("Looked after", "Yes: the Virtual School is involved"))
    if details is None:
        return {"name": "", "facts": facts}
    own = [
        ("Born", in_words(details.born) if details.born else "Not given"),
        ("Unique Pupil Number", details.upn or "None yet"),
        ("Address", details.address or "Not given"),
    ]
    return {"name": f"{details.given_name} {details.family_name}", "facts": [*own, *facts]}


def _contact(details: PersonDetails, told: bool) -> dict[str, Any]:
    facts = [
        ("Relation", RELATION_WORDS[details.who]),
        ("E-mail", details.email or "Not given"),
        ("Telephone", details.phone or "Not given"),
        ("Postal address", details.address or "Not given"),
        ("Prefers", _preferred(details)),
        ("Is told", "Yes" if told else "No: nobody recorded that they may be"),
    ]
    return {"name": f"{details.given_name} {details.family_name}", "facts": facts}


def _preferred(details: PersonDetails) -> str:
    wished = "letter" if details.letters else details.channel
    channel = next((each.text for each in CHANNELS if each.value == wished), "By e-mail")
    language = next((each.text for each in LANGUAGES if each.value == details.language), details.language)
    return f"{channel}, in {language}"


def _views(words: ReferralPapers | None) -> Iterator[tuple[str, str]]:
    views = words.views if words else None
    if views is None:
        return
    if views.parents_say:
        yield "The parents say", views.parents_say
    if views.child_says:
        yield "The child says", views.child_says
    if views.young_person_asked is not None:
        yield "Asked directly", "Yes" if views.young_person_asked else "No"


def _care(words: ReferralPapers | None) -> Iterator[tuple[str, str]]:
    care = words.care if words else None
    if care is None:
        return
    reach = ", ".join(filter(None, (care.social_worker, care.social_worker_email, care.social_worker_phone)))
    for label, text in (
        ("Looked after by", care.authority),
        ("Social worker", reach),
        ("Virtual School", care.virtual_school),
        ("Must not be told", ", ".join(care.not_to_be_told)),
    ):
        if text:
            yield label, text


def _paper(paper: PaperFile) -> dict[str, str]:
    about = [in_words(paper.dated)] if paper.dated else []
    without = _LOST if paper.lost else "no file: the school has it"
    about.append(_PAPER_STATES.get(paper.state or "", without))
    href = f"/evidence/{paper.id}" if paper.state == "clean" else ""
    return {"name": paper.title, "href": href, "about": "; ".join(about)}


def _agreement(agreement: Agreement, referrer: str) -> Iterator[tuple[str, str]]:
    yield "Referred by", referrer
    if agreement.agreed:
        on = f" on {in_words(agreement.on)}" if agreement.on else ""
        yield "Parents agree", f"Yes: {agreement.by or 'it is not said who'}{on}"
        return
    yield "Parents agree", "No"
    yield "What was done about it", agreement.disagreement or "Nothing is recorded"


def _round(number: int, tried: Any) -> dict[str, Any]:
    return {
        "title": f"Round {number}: {in_words(tried.started)} to {in_words(tried.reviewed)}",
        "facts": [("Put in place", tried.put_in_place), ("What changed", tried.changed)],
    }


def asked_of_school(referral: Referral, words: ReferralPapers | None) -> str:
    """What the school is to answer, as the team wrote it; empty where it owes nothing."""
    if stage(referral) != "school" or words is None:
        return ""
    asked = [each.words for each in words.said if each.about in ("advice", "question")]
    return asked[-1] if asked else words.advice or ""


def clock_words(referral: Referral, book: Book, today: date) -> Iterator[str]:
    """The team's promise, and for how long it stood still."""
    if referral.destination_kind in PANELS:
        yield "A panel's dates follow the law, and never stand still."
        return
    clock, received = referral.clock, london_date(referral.received_at)
    first = answered_at(referral)
    if first is not None:
        took = book.days.between(received, london_date(first))
        after = "on the day it came" if london_date(first) == received else f"after {_days(took)}"
        yield f"The first answer came on {in_words(london_date(first))}, {after}."
    elif stage(referral) == "new":
        yield f"The first answer is promised by {in_words(referral.answer_by)}."
    if clock.stopped_on:
        now = book.days.between(clock.stopped_on, today)
        yield (
            f"The clock stands still since {in_words(clock.stopped_on)}, because the school owes an answer: "
            f"{_days(max(0, now))} so far."
        )
    if clock.stopped_days:
        yield f"Before that it stood still for {_days(clock.stopped_days)}, which were added to the promise."


def _days(number: int) -> str:
    return "1 working day" if number == 1 else f"{number} working days"


def _linked(referral: Referral) -> Iterator[dict[str, str]]:
    if referral.next_reference:
        yield {"words": "It goes on as", "reference": referral.next_reference}


def persons_shown(referral: Referral) -> Sequence[str]:
    """The ids of the persons that the page names."""
    return (referral.child_id, *referral.adults)


def staff_shown(referral: Referral) -> Iterable[str | None]:
    """The ids among which are the members of staff that the page names."""
    yield referral.assigned_to
    for step in referral.history:
        yield step.by
        yield step.to
