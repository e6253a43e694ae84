"""Reads what was typed into a form of a page: a value, or a fault that says what to do."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from chassis.decision import Refused
from chassis.english import capital
from chassis.ids import new_id
from chassis.once import Once
from chassis.web.forms import Form
from chassis.web.problems import Fault

LONGEST = 8000  # characters of what somebody writes, as in the form of a referral
LINE = 200
_DAY_PARTS = ("day", "month", "year")


class Fields:
    """The fields of one form; ``faults`` fills as they are read."""

    def __init__(self, form: Form, today: date) -> None:
        self._form, self.today = form, today
        self.faults: list[Fault] = []

    @property
    def typed(self) -> dict[str, str]:
        """Everything as it was typed, to be shown again."""
        return {name: self._form.get(name) for name in self._form.names}

    def words(self, name: str, missing: str, most: int = LONGEST) -> str:
        """Words that must be there; ``missing`` says what to write."""
        text = self.optional(name, most) or ""
        if not text and not self._faulty(name):
            self.fault(name, "missing", missing)
        return text

    def optional(self, name: str, most: int = LONGEST) -> str | None:
        """Words, or None where nothing was written."""
        text = self._form.get(name)
        if len(text) > most:
            self.fault(name, "too-long", f"Write at most {most:,} characters here; these are {len(text):,}.")
        return text or None

    def choice(self, name: str, known: Collection[str], missing: str) -> Any:
        """One of ``known``; ``missing`` says what to choose."""
        chosen = self._form.get(name)
        if chosen not in known:
            self.fault(name, "not-chosen", missing)
        return chosen

    def choices(self, name: str, known: Collection[str], missing: str) -> tuple[Any, ...]:
        """One or more of ``known``, as of checkboxes; ``missing`` says what to choose."""
        chosen = tuple(each for each in self._form.all(name) if each in known)
        if not chosen:
            self.fault(name, "not-chosen", missing)
        return chosen

    def day(
        self,
        name: str,
        missing: str,
        *,
        first: date | None = None,
        too_early: str = "",
        last: date | None = None,
        too_late: str = "",
    ) -> date:
        """A day from three fields; not before ``first``, not after ``last``. A fault stands for today."""
        parts = [self._form.get(f"{name}-{part}") for part in _DAY_PARTS]
        if not any(parts):
            self.fault(name, "missing", missing)
            return self.today
        found = _day(*parts)
        if found is None:
            self.fault(name, "no-such-day", "There is no such day: write it as 27 3 2026.")
        elif first is not None and found < first:
            self.fault(name, "too-early", too_early or "This day has passed: give a later one.")
        elif last is not None and found > last:
            self.fault(name, "too-late", too_late or "This day lies too far ahead: give an earlier one.")
        else:
            return found
        return self.today

    def past_day(self, name: str) -> date | None:
        """A day on which something happened, None where none was typed."""
        if not self.has_day(name):
            return None
        ahead = "This day lies ahead: give the day on which it happened."
        return self.day(name, "", last=self.today, too_late=ahead)

    def has_day(self, name: str) -> bool:
        """Whether anything was typed of a day."""
        return any(self._form.get(f"{name}-{part}") for part in _DAY_PARTS)

    def number(self, name: str) -> int | None:
        """A whole number in a hidden field; None where it is none."""
        text = self._form.get(name)
        return int(text) if text.isdecimal() and len(text) < 10 else None

    def fault(self, name: str, code: str, message: str) -> None:
        """Notes that a field is wrong."""
        self.faults.append(Fault(field=name, code=code, message=message))

    def _faulty(self, name: str) -> bool:
        return any(fault.field == name for fault in self.faults)


def options(words: Mapping[Any, str]) -> list[dict[str, str]]:
    """Choices, by their codes, as GOV.UK's radios and checkboxes take them."""
    return [{"value": code, "text": capital(text)} for code, text in words.items()]


def faults_of(refusal: Refused, field: str = "") -> list[Fault]:
    """What a page says where a rule refused: each field that it names, or else its sentence, beside ``field``.

    A rule may say of a field only what it must be, "must not lie in the past", as programs read it behind the
    field's name: on a page it is a sentence.
    """
    said = [
        Fault(field=each.field, code=each.code, message=_sentence(each.message)) for each in refusal.faults
    ]
    return said or [Fault(field=field, code=refusal.code, message=refusal.detail)]


def _sentence(said: str) -> str:
    return f"This {said}." if said[:1].islower() else said


def is_id(text: str) -> bool:
    """Whether an address holds an id as we write them: a UUID in small letters."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def brought_id(text: str) -> str:
    """The random id that a form brought: however often it is sent, what it begins is begun once. Else a new one."""
    try:
        return str(UUID(text))
    except ValueError:
        return new_id()


def sent_once(form: Form, scope: str) -> Once | None:
    """The same form sent twice, as by going back in the browser, is done once and answered alike both times.

    Which form it was is told by a UUID in its hidden field ``form``; None without one.
    """
    try:
        key = str(UUID(form.get("form")))
    except ValueError:
        return None
    return Once(scope, key, repr([(name, form.all(name)) for name in sorted(form.names)]).encode())


def _day(day: str, month: str, year: str) -> date | None:
    if not all(part.isascii() and part.isdecimal() for part in (day, month, year)) or len(year) != 4:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def day_items(
    name: str, typed: Mapping[str, str], faults: Collection[Fault], default: date | None = None
) -> Any:
    """The three inputs of GOV.UK's date input, as typed, or with a day that is offered."""
    offered = {"day": default.day, "month": default.month, "year": default.year} if default else {}
    wrong = any(fault.field == name for fault in faults)
    return [
        {
            "name": part,
            "label": part.capitalize(),
            "value": typed.get(f"{name}-{part}", str(offered.get(part, "")) if not typed else ""),
            "classes": f"govuk-input--width-{4 if part == 'year' else 2}"
            + (" govuk-input--error" if wrong else ""),
        }
        for part in _DAY_PARTS
    ]


def typed_day(name: str, day: date | None) -> dict[str, str]:
    """A day as the three fields of a form would have it typed; no field of it where it is not known."""
    return {f"{name}-{part}": str(getattr(day, part)) for part in _DAY_PARTS} if day else {}
