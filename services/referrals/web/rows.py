"""A referral as one line of a list: ids, codes and dates in words, and what happens next."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from chassis.calendar import london_date
from chassis.english import capital, in_words
from schemas.words import NEEDS
from services.referrals.domain.book import Book
from services.referrals.domain.directory.waits import Expected
from services.referrals.domain.queues import Stage, due_on, review_open, stage
from services.referrals.domain.referral import Referral
from services.referrals.domain.story import story
from services.referrals.domain.words import ASKS_WORDS, year_words
from services.referrals.web.waiting import wait_words

#: What a list says of whose turn it is, and the colour of that word; the colour says nothing alone.
STAGE_WORDS: Mapping[Stage, tuple[str, str]] = {
    "new": ("Waits for an answer", "blue"),
    "working": ("Being worked on", "turquoise"),
    "school": ("With the school", "yellow"),
    "panel": ("With a panel", "purple"),
    "ended": ("Completed", "grey"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line. ``facts`` are terms and their words, in the order in which they are shown."""

    reference: str
    version: int
    status: str
    colour: str
    overdue: bool
    facts: Sequence[tuple[str, str]]
    child: str = ""
    chosen: bool = False
    notes: Sequence[str] = ()
    todo: tuple[str, str] | None = None


def team_rows(
    seen: Iterable[Referral], book: Book, today: date, names: Mapping[str, str], chosen: Iterable[str] = ()
) -> list[Row]:
    """Lines for whoever works on referrals. No child is named in them."""
    ticked = set(chosen)
    return [_team_row(each, book, today, names, each.reference in ticked) for each in seen]


def _team_row(referral: Referral, book: Book, today: date, names: Mapping[str, str], chosen: bool) -> Row:
    setting = book.register.find(referral.urn)
    told = story(referral, book.destinations, today)
    holder = names.get(referral.assigned_to or "", "Nobody yet")
    facts = [
        ("School", setting.name if setting else referral.urn),
        ("About", f"{capital(year_words(referral.year_group))}, {NEEDS[referral.primary_need]}"),
        ("Asks for", capital(ASKS_WORDS[referral.asks_for])),
        ("Received", in_words(london_date(referral.received_at))),
        ("Next", told.next_step),
        ("Assigned to", holder),
    ]
    return _row(referral, today, facts, chosen=chosen)


def school_rows(
    found: Iterable[Referral],
    book: Book,
    today: date,
    children: Mapping[str, str],
    waits: Mapping[str, Expected],
) -> list[Row]:
    """Lines for a school: its own children by name, who holds each referral, what is next and by when."""
    return [_school_row(each, book, today, children, waits) for each in found]


def _school_row(
    referral: Referral, book: Book, today: date, children: Mapping[str, str], waits: Mapping[str, Expected]
) -> Row:
    told = story(referral, book.destinations, today)
    facts = [
        ("Sent", in_words(london_date(referral.received_at))),
        ("Where", capital(told.holder)),
        ("Next", told.next_step),
        ("By", in_words(told.by) if told.by else "No date is set"),
    ]
    return replace(
        _row(referral, today, facts),
        child=children.get(referral.child_id, ""),
        notes=wait_words(referral, book, waits.get(referral.destination), today),
        todo=_todo(referral, today),
    )


def _todo(referral: Referral, today: date) -> tuple[str, str] | None:
    """What the school is asked to do: the act, and the words of its link."""
    if stage(referral) == "school":
        return "answer", "Answer the question" if referral.status == "asked" else "Read the advice and answer"
    if review_open(referral) and due_on(referral) <= today:
        return "review", "Say whether it helped"
    return None


def _row(
    referral: Referral,
    today: date,
    facts: Sequence[tuple[str, str]],
    *,
    child: str = "",
    chosen: bool = False,
) -> Row:
    at = stage(referral)
    words, colour = STAGE_WORDS[at]
    return Row(
        reference=referral.reference,
        version=referral.version,
        status=words,
        colour=colour,
        overdue=at in ("new", "working", "school") and due_on(referral) < today,
        facts=facts,
        child=child,
        chosen=chosen,
    )
