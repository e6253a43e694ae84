"""Reading a form as far as it can be read, so that one malformed field does not hide the faults of others."""

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, cast, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from chassis.doubled import doubled
from schemas.submissions_v1 import (
    Adult,
    Agreement,
    Care,
    Child,
    Cycle,
    Evidence,
    Fault,
    Part,
    Placement,
    ReferralSubmission,
    Referrer,
    StatutoryDates,
    Views,
)
from services.referrals.domain.form.faults import Code, fault, safe_name

_PARTS: tuple[type[Part], ...] = (
    ReferralSubmission,
    Referrer,
    Child,
    Adult,
    Agreement,
    Cycle,
    StatutoryDates,
    Placement,
    Views,
    Care,
    Evidence,
)
_FIELDS = frozenset(name for part in _PARTS for name in part.model_fields)
_DATES = frozenset(
    name
    for part in _PARTS
    for name, info in part.model_fields.items()
    if date in (info.annotation, *get_args(info.annotation))
)
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONG_TEXTS = frozenset(
    {"narrative", "put_in_place", "changed", "disagreement", "parents_say", "child_says", "note"}
)
_FORM: TypeAdapter[ReferralSubmission] = TypeAdapter(ReferralSubmission)
_ADAPTERS: dict[tuple[type[Part], str], TypeAdapter[Any]] = {
    (part, name): TypeAdapter(info.rebuild_annotation())
    for part in _PARTS
    for name, info in part.model_fields.items()
}
_CODE_OF: dict[str, Code] = {
    "json_invalid": "not-json",
    "missing": "missing",
    "extra_forbidden": "unknown-field",
    "string_too_short": "empty",
    "string_too_long": "too-long",
    "too_long": "too-long",
    "literal_error": "not-in-list",
}
# Those that turn round what follows them are among them: a name could make a page say something else.
_TURNING = "\u202a-\u202e\u2066-\u2069"
_CONTROL = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029{_TURNING}]")
_CONTROL_BUT_BREAKS = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{_TURNING}]")
# The same in JSON, as escapes and as bytes of UTF-8; not the three that the longer texts may hold.
_RARE_ESCAPE = re.compile(rb"\\(?:u00(?:[01]|7[fF]|[89])|u202[89a-eA-E]|u206[6-9]|[bf])")
_RARE_BYTES = re.compile(rb"\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xa9]")


class Malformed(Exception):
    """The field cannot be read; its own fault says so, and rules that need it are left out."""


def read(body: bytes) -> tuple[ReferralSubmission, list[Fault]]:
    """The form, and the faults of how it is written.

    Where there are faults the form is a stand-in: reading a field of it that is malformed raises
    Malformed. Raises Malformed at once where the body is no JSON object at all.
    """
    try:
        form = _FORM.validate_json(body)
    except ValidationError as error:
        faults = [fault_of(detail) for detail in error.errors(include_url=False, include_input=False)]
        if any(each.field == "" for each in faults):
            raise Malformed from None
        raw = json.loads(body)
        # A Partial answers the same attributes as the form, or raises Malformed: rules need not know.
        faults += [*unreadable(raw), *repeated(body)]
        return cast(ReferralSubmission, Partial(ReferralSubmission, raw)), faults
    odd = unreadable(json.loads(body)) if _may_be_unreadable(body, form) else ()
    return form, [*odd, *repeated(body)]


def repeated(body: bytes) -> Iterator[Fault]:
    """A fault for each field that stands more than once in its part of the form."""
    for path in doubled(body):
        shown = (
            part if isinstance(part, int) or part in _FIELDS else safe_name(part, _FIELDS) for part in path
        )
        yield fault(".".join(map(str, shown)), "repeated-field")


def _may_be_unreadable(body: bytes, form: ReferralSubmission) -> bool:
    """A quick look that errs on the safe side: control characters, line breaks in short texts, odd dates?

    pydantic also reads "86400" as a date, so many seconds after 1970.
    """
    if any(str(day).encode() not in body for day in _days(form) if day is not None):
        return True
    if b"\x7f" in body or (not body.isascii() and _RARE_BYTES.search(body)):
        return True
    if b"\\" not in body:
        return False
    if _RARE_ESCAPE.search(body):
        return True
    breaks = body.count(b"\\n") + body.count(b"\\r") + body.count(b"\\t")
    return breaks > 0 and breaks != sum(text.count(each) for text in _long_texts(form) for each in "\n\r\t")


def _days(form: ReferralSubmission) -> Iterator[date | None]:
    yield form.child.born
    yield form.agreement.on
    for cycle in form.tried:
        yield cycle.started
        yield cycle.reviewed
    for paper in form.evidence:
        yield paper.dated
    if form.placement:
        dates = form.placement.dates
        yield from (form.placement.need_by, dates.request_received, dates.draft_served, dates.review_meeting)


def _long_texts(form: ReferralSubmission) -> Iterator[str]:
    yield form.narrative
    yield form.agreement.disagreement or ""
    if form.views:
        yield form.views.parents_say or ""
        yield form.views.child_says or ""
    for cycle in form.tried:
        yield cycle.put_in_place
        yield cycle.changed


def fault_of(detail: Any) -> Fault:
    """One of pydantic's complaints as a fault."""
    kind: str = detail["type"]
    *place, last = detail["loc"] or ("",)
    if kind == "extra_forbidden":
        last = safe_name(str(last), _FIELDS)
    code = _CODE_OF.get(kind, "not-a-date" if kind.startswith("date_") else "wrong-type")
    path = ".".join(str(part) for part in (*place, last))
    return fault(path, code, allowed=detail["ctx"]["expected"] if code == "not-in-list" else None)


def unreadable(value: Any, path: str = "", name: str = "") -> Iterator[Fault]:
    """A fault for each text with characters that nobody can read."""
    if isinstance(value, dict):
        for key, inner in value.items():
            shown = key if key in _FIELDS else safe_name(key, _FIELDS)
            yield from unreadable(inner, f"{path}.{shown}".lstrip("."), key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from unreadable(inner, f"{path}.{index}", name)
    elif isinstance(value, str):
        if name in _DATES and not _DAY.fullmatch(value):
            yield fault(path, "not-a-date")
        pattern = _CONTROL_BUT_BREAKS if name in _LONG_TEXTS else _CONTROL
        # The form strips the ends of every text, so only what stays inside counts.
        if pattern.search(value.strip()):
            yield fault(path, "unreadable-characters")


class Partial:
    """Stands in for a part of the form that has malformed fields; the sound ones can be read."""

    def __init__(self, part: type[Part], raw: dict[str, Any]) -> None:
        self._part, self._raw = part, raw

    def __getattr__(self, name: str) -> Any:
        info = self._part.model_fields[name]
        if name not in self._raw:
            if info.is_required():
                raise Malformed
            return info.get_default(call_default_factory=True)
        return _sound(self._part, name, self._raw[name])


def _sound(part: type[Part], name: str, value: Any) -> Any:
    inner, many = _inner_part(part.model_fields[name].annotation)
    if inner and many and isinstance(value, list):
        return tuple(_whole_or_partial(inner, each) for each in value)
    if inner and not many and isinstance(value, dict):
        return Partial(inner, value)
    try:
        return _ADAPTERS[part, name].validate_json(json.dumps(value))
    except ValueError:  # of the contract, or a number too long to be written down
        raise Malformed from None


def _whole_or_partial(part: type[Part], value: Any) -> Partial:
    return Partial(part, value if isinstance(value, dict) else {})


def _inner_part(annotation: Any) -> tuple[type[Part] | None, bool]:
    """The part inside an annotation such as ``Child``, ``Placement | None`` or ``tuple[Adult, ...]``."""
    choices = (annotation, *get_args(annotation))
    found = next((each for each in choices if isinstance(each, type) and issubclass(each, Part)), None)
    return found, get_origin(annotation) is tuple
