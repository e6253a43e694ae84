"""A council's list of open cases: its columns, and the check of a row against the data files."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

from pydantic import StringConstraints, ValidationError

from chassis.telephone import is_number
from schemas.codes import DestinationKind, Need, ProvisionType, Relation, SenProvision
from schemas.submissions_v1 import Fault, Line, Part, Text
from services.referrals.domain.asking.choices import NEEDS, PROVISIONS, RELATIONS, SEN_PROVISIONS
from services.referrals.domain.bulk.columns import Column, Layout, coded
from services.referrals.domain.children.ages import age_on
from services.referrals.domain.form.child_checks import OLDEST, is_upn
from services.referrals.domain.form.faults import fault
from services.referrals.domain.form.people_checks import is_email
from services.referrals.domain.form.reading import fault_of, repeated, unreadable
from services.referrals.domain.referral import PANELS
from services.referrals.domain.register.places import Register
from services.referrals.domain.routing.teams import Destination

OldReference = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class OpenCase(Part):
    """One open case as the list has it. ``held_by`` is a name or an e-mail address of a member of staff."""

    old_reference: OldReference
    given_name: Line
    family_name: Line
    born: date
    upn: Line | None = None
    urn: Line
    destination: Line
    received_on: date
    accepted: bool = False
    accepted_on: date | None = None
    next_step_by: date | None = None
    held_by: Line | None = None
    note: Text | None = None
    sen_provision: SenProvision = "K"
    primary_need: Need = "NSA"
    provision: ProvisionType | None = None
    request_received: date | None = None
    draft_served: date | None = None
    review_meeting: date | None = None
    adult_given_name: Line | None = None
    adult_family_name: Line | None = None
    adult_relation: Relation = "parent"
    adult_email: Line | None = None
    adult_phone: Line | None = None
    adult_may_be_told: bool = False

    @property
    def taken_on(self) -> date | None:
        """The day on which it was accepted; of receipt where the list knows only that it was."""
        return self.accepted_on or (self.received_on if self.accepted else None)


@dataclass(frozen=True, slots=True)
class Known:
    """What a row is checked against: the data files, and the ids of staff by name and by e-mail in small letters."""

    register: Register
    destinations: Mapping[str, Destination]
    today: date
    staff: Mapping[str, str] = field(default_factory=dict)

    def destination(self, written: str) -> Destination | None:
        """A destination by its code or its name."""
        plain = written.casefold().strip()
        return self.destinations.get(plain) or next(
            (each for each in self.destinations.values() if each.name.casefold() == plain), None
        )

    def holder(self, case: OpenCase) -> str | None:
        """The staff id of whoever holds it; None for nobody."""
        return self.staff.get(case.held_by.casefold()) if case.held_by else None


_DAY = "A day, such as 31/01/2026 or 2026-01-31"
LAYOUT = Layout(
    (
        Column(
            "Old reference",
            "old_reference",
            "The number of the case until now; found by it later",
            needed=True,
        ),
        Column("Child given name", "given_name", "First names", needed=True),
        Column("Child family name", "family_name", "Last name", needed=True),
        Column("Date of birth", "born", _DAY, "day", True),
        Column("UPN", "upn", "Unique Pupil Number, where it is known", "capitals"),
        Column(
            "School URN", "urn", "Six digits, or the authority’s own code of the setting", "capitals", True
        ),
        Column("Destination", "destination", "Name or code of the team, as in the directory", needed=True),
        Column("Received on", "received_on", f"{_DAY}; waits count from it", "day", True),
        Column("Accepted", "accepted", "yes or no; no, if left empty", "yes-no"),
        Column("Accepted on", "accepted_on", f"{_DAY}; the day of receipt, if left empty", "day"),
        Column("Next step by", "next_step_by", f"{_DAY}; as the team promises, if left empty", "day"),
        Column("Held by", "held_by", "Name or e-mail address of who works on it, as in the list of staff"),
        Column("Note", "note", "What one must know of the case"),
        coded("SEN provision", "sen_provision", SEN_PROVISIONS, "capitals", hint="K, if left empty"),
        coded("Primary need", "primary_need", NEEDS, "capitals", hint="NSA, if left empty"),
        coded("Placement provision", "provision", PROVISIONS),
        Column("Request received", "request_received", f"{_DAY}, of a placement case", "day"),
        Column("Draft served", "draft_served", f"{_DAY}, of a placement case", "day"),
        Column("Review meeting", "review_meeting", f"{_DAY}, of a placement case", "day"),
        Column("Adult given name", "adult_given_name", "Whom to tell of later steps"),
        Column("Adult family name", "adult_family_name", "Last name"),
        coded("Adult relation", "adult_relation", RELATIONS, hint="parent, if left empty"),
        Column("Adult e-mail", "adult_email", "Needed, or a telephone, where they may be told"),
        Column("Adult phone", "adult_phone", "A British number, or one that begins with +"),
        Column("Adult may be told", "adult_may_be_told", "yes or no; nobody is told otherwise", "yes-no"),
    )
)


def check(body: bytes, known: Known) -> OpenCase | list[Fault]:
    """The case of a row, or every fault of it."""
    try:
        case = OpenCase.model_validate_json(body)
    except ValidationError as error:
        return [fault_of(detail) for detail in error.errors(include_url=False, include_input=False)]
    faults = (*unreadable(json.loads(body)), *repeated(body))
    return [*faults, *_of_the_child(case, known), *_of_the_case(case, known), *_of_the_adult(case)] or case


def _of_the_child(case: OpenCase, known: Known) -> Iterator[Fault]:
    if known.register.find(case.urn) is None:
        yield fault("urn", "urn-unknown")
    if case.upn is not None and not is_upn(case.upn):
        yield fault("upn", "upn-invalid")
    if case.born > known.today:
        yield fault("born", "date-in-future")
    elif age_on(case.born, known.today) > OLDEST:
        yield fault("born", "age-out-of-range")
    if case.primary_need == "NSA" and case.sen_provision != "K":
        yield fault("primary_need", "nsa-only-with-k")


def _of_the_case(case: OpenCase, known: Known) -> Iterator[Fault]:
    goes = known.destination(case.destination)
    if goes is None:
        yield _own("destination", "destination-unknown", "Write the team’s name or code as in the directory.")
    if case.received_on > known.today:
        yield fault("received_on", "date-in-future")
    if case.accepted_on is not None:
        if case.accepted_on > known.today:
            yield fault("accepted_on", "date-in-future")
        elif case.accepted_on < case.received_on:
            yield fault("accepted_on", "date-order")
    if goes is not None and case.taken_on is not None and _is_a_panels(goes.kind):
        words = "A panel does not accept cases: leave this empty, the case goes into the panel’s queue."
        yield _own("accepted", "panel-accepts-nothing", words)
    if case.held_by is not None and known.holder(case) is None:
        words = "Nobody of this name or e-mail works here: appoint them first, or leave this empty."
        yield _own("held_by", "staff-unknown", words)
    if case.held_by is not None and goes is not None and _is_a_panels(goes.kind):
        yield _own("held_by", "panel-holds", "The panel holds this case: leave this empty.")


def _is_a_panels(kind: DestinationKind) -> bool:
    return kind in PANELS


def _of_the_adult(case: OpenCase) -> Iterator[Fault]:
    if case.adult_email is not None and not is_email(case.adult_email):
        yield fault("adult_email", "email-invalid")
    if case.adult_phone is not None and not is_number(case.adult_phone):
        yield fault("adult_phone", "phone-invalid")
    if case.adult_may_be_told and case.adult_email is None and case.adult_phone is None:
        yield fault("adult_email", "contact-missing")
    named = (case.adult_given_name, case.adult_family_name)
    if any((*named, case.adult_email, case.adult_phone, case.adult_may_be_told)):
        for name, value in zip(("adult_given_name", "adult_family_name"), named, strict=True):
            if value is None:
                yield fault(name, "missing")
    if case.adult_relation == "child":
        yield fault("adult_relation", "not-an-adult")


def _own(field: str, code: str, message: str) -> Fault:
    return Fault(field=field, code=code, message=message)
