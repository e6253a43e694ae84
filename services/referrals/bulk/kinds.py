"""The kinds of lists: how a row is checked, what it may repeat, and the command that takes it in."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from chassis.calendar import london_date
from chassis.storage import Connection
from schemas.submissions_v1 import Fault, ReferralSubmission
from services.referrals.domain import bulk
from services.referrals.domain.book import Book
from services.referrals.domain.bulk import Layout, open_cases
from services.referrals.domain.bulk.open_cases import OpenCase
from services.referrals.domain.children.names import likeness
from services.referrals.domain.commands import SubmitReferral
from services.referrals.domain.form.checking import About, check
from services.referrals.domain.identity import referral_id_of, standard_upn
from services.referrals.domain.intake.importing import ImportOpenCase, id_of_old
from services.referrals.domain.intake.repeats import SameChild, permanent
from services.referrals.storage import Alike, alike_of, staff
from services.referrals.storage.uploads import Kind


@dataclass(frozen=True, slots=True)
class Context:
    """What rows are checked against. ``urns`` are the schools that they may be of; None is any.

    ``staff`` are the ids of those who work here, by their names and their e-mail addresses in small letters.
    """

    book: Book
    today: date
    urns: frozenset[str] | None = None
    staff: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    async def of(
        cls, conn: Connection, book: Book, now: datetime, urns: frozenset[str] | None = None
    ) -> "Context":
        """The same, with the staff of today. A name that two people share is nobody's."""
        people = await staff.everybody(conn, active=True)
        shared = Counter(each.name.casefold() for each in people)
        known = {name: each.id for each in people if shared[name := each.name.casefold()] == 1}
        return cls(book, london_date(now), urns, known | {each.email.casefold(): each.id for each in people})

    @property
    def known(self) -> open_cases.Known:
        """What a row of open cases is checked against."""
        return open_cases.Known(self.book.register, self.book.destinations, self.today, self.staff)


class Listed(Protocol):
    """One kind of list. ``thing`` is what a row becomes: (one, many)."""

    layout: Layout
    thing: tuple[str, str]

    def check(self, context: Context, body: bytes) -> Any | list[Fault]:
        """The row that was checked, or every fault of it."""
        ...

    def id(self, upload_id: str, number: int, checked: Any) -> str:
        """The id of the referral that a row becomes."""
        ...

    def child(self, checked: Any) -> str:
        """The child's name."""
        ...

    def alike(self, book: Book, checked: Any, id: str, now: datetime) -> Alike | None:
        """What it would repeat."""
        ...

    def command(self, context: Context, id: str, checked: Any, by: str) -> object:
        """What takes it in; the same however often it is done."""
        ...


class _Referrals:
    """New referrals of schools: the very form and checks of the API."""

    layout = bulk.REFERRALS
    thing = ("referral", "referrals")

    def check(self, context: Context, body: bytes) -> ReferralSubmission | list[Fault]:
        return check(body, About(context.book.register, context.today, urns=context.urns))

    def id(self, upload_id: str, number: int, checked: ReferralSubmission) -> str:
        return referral_id_of("upload", f"{upload_id}:{number}")

    def child(self, checked: ReferralSubmission) -> str:
        return f"{checked.child.given_name} {checked.child.family_name}"

    def alike(self, book: Book, checked: ReferralSubmission, id: str, now: datetime) -> Alike | None:
        return alike_of(book, checked, id, now)

    def command(self, context: Context, id: str, checked: ReferralSubmission, by: str) -> SubmitReferral:
        return SubmitReferral(id, checked)


class _OpenCases:
    """Cases that were open before this system was there."""

    layout = open_cases.LAYOUT
    thing = ("case", "cases")

    def check(self, context: Context, body: bytes) -> OpenCase | list[Fault]:
        return open_cases.check(body, context.known)

    def id(self, upload_id: str, number: int, checked: OpenCase) -> str:
        return id_of_old(checked.old_reference)

    def child(self, checked: OpenCase) -> str:
        return f"{checked.given_name} {checked.family_name}"

    def alike(self, book: Book, checked: OpenCase, id: str, now: datetime) -> Alike | None:
        goes = open_cases.Known(book.register, book.destinations, london_date(now)).destination(
            checked.destination
        )
        if goes is None:
            return None
        child = SameChild(
            own=id,
            urn=checked.urn,
            child_id=book.ids.child(id, checked.upn),
            born=checked.born,
            upn=permanent(checked.upn and standard_upn(checked.upn)),
            likeness=likeness(checked.given_name, checked.family_name),
        )
        return Alike(child, goes.code, now - timedelta(days=book.repeats_within_days))

    def command(self, context: Context, id: str, checked: OpenCase, by: str) -> ImportOpenCase:
        goes = context.known.destination(checked.destination)
        holder = context.known.holder(checked)
        return ImportOpenCase(id, checked, goes.code if goes else "", holder, by)


KINDS: Mapping[Kind, Listed] = {"referrals": _Referrals(), "open-cases": _OpenCases()}
