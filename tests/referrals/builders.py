"""Forms, a rule book and settings for the tests of referrals."""

import json
from copy import deepcopy
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from stdnum.gb import upn

from chassis.testing import Bench
from schemas.submissions_v1 import Fault, ReferralSubmission
from services.referrals.domain.book import Book
from services.referrals.domain.commands import SubmitReferral
from services.referrals.domain.form.checking import About, check
from services.referrals.domain.identity import Ids
from services.referrals.files import HERE, load
from services.referrals.handlers import table

TODAY = date(2026, 3, 4)
NOW = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
SECRET = b"a secret of the tests, thirty-two or more"

FORM: dict[str, Any] = {
    "urn": "900001",
    "referrer": {"name": "Rowan Elder", "email": "senco@larkspur.example.org"},
    "child": {
        "given_name": "Wilf",
        "family_name": "Hazelden",
        "born": "2016-05-17",
        "upn": "A919400023001",
        "address": "4 Mill Lane, Hitchin",
        "sen_provision": "K",
        "primary_need": "ASD",
        "other_needs": ["SLCN"],
    },
    "adults": [
        {
            "given_name": "Ines",
            "family_name": "Hazelden",
            "relation": "mother",
            "email": "ines@families.example.org",
            "phone": "07700 900456",
            "may_be_told": True,
        }
    ],
    "agreement": {"agreed": True, "by": "Ines Hazelden", "on": "2026-03-01"},
    "asks_for": "advice",
    "narrative": "Wilf finds changes of routine hard.\nA visual timetable helps a little.",
    "tried": [
        {
            "started": "2025-11-03",
            "reviewed": "2026-01-12",
            "put_in_place": "A visual timetable and a quiet corner.",
            "changed": "He joins in at the start of the day.",
        }
    ],
}
PLACEMENT: dict[str, Any] = {
    "trigger": "school-referral",
    "provision": "special-school",
    "dates": {"request_received": "2025-11-20"},
    "papers_complete": True,
}


def form(**changes: Any) -> dict[str, Any]:
    """The sound form with some fields changed: ``child__born="…"``; ``...`` takes a field out."""
    made = deepcopy(FORM)
    for path, value in changes.items():
        *way, last = path.split("__")
        place: Any = made
        for step in way:
            place = place[int(step) if step.isdecimal() else step]
        if value is ...:
            del place[last]
        else:
            place[last] = value
    return made


def body(given: Any) -> bytes:
    """A form as it travels."""
    return json.dumps(given, default=str).encode()


@cache
def book(folder: Path = HERE) -> Book:
    """The rule book of a data folder."""
    data = load(folder)
    return Book(data.register, data.destinations, data.routing, data.calendar, Ids(SECRET, "919"))


def checked(given: Any, *, statutory: bool = False, today: date = TODAY) -> ReferralSubmission | list[Fault]:
    """What the check of a form answers."""
    return check(body(given), About(book().register, today, statutory))


def faults(given: Any, *, statutory: bool = False, today: date = TODAY) -> set[tuple[str, str]]:
    """(field, code) of every fault of a form."""
    answer = checked(given, statutory=statutory, today=today)
    return {(each.field, each.code) for each in answer} if isinstance(answer, list) else set()


def sound(given: Any, *, statutory: bool = False) -> ReferralSubmission:
    """The checked form; fails the test where it has a fault."""
    answer = checked(given, statutory=statutory)
    assert isinstance(answer, ReferralSubmission), answer
    return answer


def referral_id(n: int = 1) -> str:
    """An id for the n-th referral of a test."""
    return str(uuid5(UUID(int=7), f"referral {n}"))


def bench(folder: Path = HERE) -> Bench:
    """The rules of this service in memory."""
    return Bench(table(book(folder)), NOW)


def submit(given: dict[str, Any] | None = None, n: int = 1, *, statutory: bool = False) -> SubmitReferral:
    """The command that takes a sound form in."""
    taken = sound(given or form(), statutory=statutory)
    return SubmitReferral(referral_id(n), taken, "statutory" if statutory else "http")


def upn_of(serial: int) -> str:
    """A valid UPN of a fictional school."""
    tail = f"919400026{serial:03d}"
    return str(upn.calc_check_digit(tail)) + tail
