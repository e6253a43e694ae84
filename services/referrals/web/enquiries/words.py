"""Enquiries in words, for whoever asks and whoever answers."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from chassis.english import capital, in_words
from schemas.words import NEEDS
from services.referrals.domain.enquiries.enquiry import (
    ASK_SALI,
    ClosedBecause,
    Did,
    Enquiry,
    EnquiryKind,
    EnquiryStatus,
    Wants,
)
from services.referrals.web.desk import Desk

KIND_WORDS: Mapping[EnquiryKind, str] = {
    "sali-question": "Question to Ask SALI",
    "setting-help": "Help for a whole setting",
}
WANTS_WORDS: Mapping[Wants, str] = {
    "advice": "advice",
    "visit": "a visit by a colleague from a special school",
    "training": "training for our staff",
}
STATUS_WORDS: Mapping[EnquiryStatus, tuple[str, str]] = {
    "new": ("New", "blue"),
    "taken": ("Being answered", "yellow"),
    "answered": ("Answered", "green"),
    "converted": ("Became a referral", "purple"),
    "closed": ("Closed", "grey"),
}
CLOSED_WORDS: Mapping[ClosedBecause, str] = {
    "solved": "It solved itself",
    "not-needed": "An answer is not needed any more",
    "asked-elsewhere": "Somebody else answered it",
}
_DID: Mapping[Did, str] = {
    "asked": "It was asked",
    "taken": "{to} took it",
    "handed-back": "It was handed back to all who answer",
    "answered": "It was answered",
    "converted": "A referral was begun from it",
    "closed": "It was closed",
}


def line(enquiry: Enquiry, desk: Desk, names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """An enquiry as a line of a list."""
    status, colour = STATUS_WORDS[enquiry.status]
    setting = desk.book.register.find(enquiry.urn)
    facts = [
        ("School or setting", setting.name if setting else enquiry.urn),
        ("About", capital(NEEDS[enquiry.topic]) if enquiry.topic else "No need in particular"),
        ("Who answers", answers(enquiry, desk)),
        ("By when", promise(enquiry, desk.today)),
    ]
    if names is not None and enquiry.taken_by:
        facts.append(("Taken by", names.get(enquiry.taken_by, "a colleague")))
    return {
        "reference": enquiry.reference,
        "kind": KIND_WORDS[enquiry.kind],
        "status": status,
        "colour": colour,
        "overdue": enquiry.overdue(desk.today),
        "facts": facts,
    }


def answers(enquiry: Enquiry, desk: Desk) -> str:
    """Who answers it, by name."""
    if enquiry.destination == ASK_SALI:
        return "Ask SALI"
    known = desk.book.destinations.get(enquiry.destination)
    return known.name if known else enquiry.destination


def promise(enquiry: Enquiry, today: date) -> str:
    """The day of the promise, and how it was kept."""
    by = in_words(enquiry.answer_by)
    if enquiry.answered_at is not None:
        days = enquiry.days_taken(today)
        late = ", late" if enquiry.answered_at.date() > enquiry.answer_by else ""
        after = f"after {days} {'day' if days == 1 else 'days'}" if days else "on the same day"
        return f"{by}; answered {after}{late}"
    if not enquiry.open:
        return f"{by}; closed without an answer"
    return f"{by}; this day has passed" if enquiry.overdue(today) else by


def history(enquiry: Enquiry, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every step, the latest first."""
    return [
        {
            "title": _DID[step.did].format(to=names.get(step.to or "", "A colleague")),
            "by": names.get(step.by, "a program"),
            "at": step.at,
        }
        for step in reversed(enquiry.history)
    ]
