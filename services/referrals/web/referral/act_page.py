"""The small page of one act on one referral: its form, what is wrong with it, what others did meanwhile."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4, uuid5

from fastapi import Request, Response

from chassis.storage import Connection
from chassis.web.access import record_read
from chassis.web.fields import day_items
from chassis.web.look.words import count
from chassis.web.people import Person
from chassis.web.problems import Fault, Problem
from schemas.personal_v1 import PersonDetails
from services.referrals import storage
from services.referrals.domain.permissions import Subject, may
from services.referrals.domain.queues import Load, by_room
from services.referrals.domain.referral import Papers, Referral
from services.referrals.web.acts import Act, Target
from services.referrals.web.acts.team import MOST_ACTIONS
from services.referrals.web.desk import Desk, colleagues, names, visible
from services.referrals.web.referral.showing import asked_of_school

_ROWS = 2  # agreed actions that a form offers before somebody asks for more
_MADE = UUID("5a1d5b0a-2f0e-5c0b-9a54-2c1c0a7d64c3")


@dataclass(frozen=True, slots=True)
class ActPage:
    """One act, by one person, on one referral as it was read last."""

    desk: Desk
    person: Person
    request: Request
    act: Act
    referral: Referral
    papers: Papers | None
    people: Sequence[Mapping[str, Any]] = ()
    persons: tuple[PersonDetails, ...] = ()

    @classmethod
    async def of(cls, desk: Desk, person: Person, request: Request, reference: str, act: Act) -> "ActPage":
        """Reads the referral, and records that. Raises Problem 404 and 403, as `visible` does."""
        async with desk.running.pool.acquire() as conn, conn.transaction():
            referral, subject = await visible(conn, desk, person, reference)
            if not allows(act, person, subject):
                raise Problem(403, "not-yours-to-do", "You may read this referral; somebody else acts on it.")
            papers = await storage.papers_of(conn, referral.id)
            await record_read(conn, person, "referral", referral.id)
            people = await _people(conn, desk, referral, subject) if act.code == "assign" else ()
            persons = await _persons(conn, referral) if act.code == "contacts" else ()
        return cls(desk, person, request, act, referral, papers, people, persons)

    def target(self, token: str, seen: int | None) -> Target:
        """What the act's fields become a command for. What is new gets the same id from the same form."""
        new_id = str(uuid5(_MADE, f"{self.referral.id}:{self.act.code}:{token}"))
        return Target(self.referral, self.papers, self.desk.book, self.person.id, seen, new_id, self.persons)

    def form(
        self,
        *,
        typed: Mapping[str, str] | None = None,
        faults: Sequence[Fault] = (),
        token: str | None = None,
        seen: int | None = None,
        status: int = 200,
        **said: Any,
    ) -> Response:
        """The form. ``token`` and ``seen`` are new ones unless those of a form that comes back are given."""
        given = typed or {}
        offers = self.act.offers(self.target("", None))

        def days(name: str, default: date | None = None) -> Any:
            return day_items(name, given, faults, default)

        return self.desk.look.page(
            f"referral/{self.act.code}.html",
            self.request,
            person=self.person,
            status=status,
            problems=faults,
            act=self.act,
            reference=self.referral.reference,
            typed=given,
            token=token or str(uuid4()),
            seen=self.referral.version if seen is None else seen,
            days=days,
            people=self.people,
            suggested=self.people[0]["value"] if self.people else "",
            action_rows=_rows(given),
            asked_of_school=asked_of_school(self.referral, self.papers.papers if self.papers else None),
            agreed_days=lambda name: days(name, offers.get("agreed_on")),
            **offers,
            **said,
        )

    async def again(self, typed: Mapping[str, str], **said: Any) -> Response:
        """The form once more, over the referral as it is by now, with all that was typed."""
        fresh = await self.of(self.desk, self.person, self.request, self.referral.reference, self.act)
        return fresh.form(typed=typed, status=409, **said)

    async def names(self, ids: Iterable[str | None]) -> dict[str, str]:
        """The names of members of staff."""
        async with self.desk.running.pool.acquire() as conn:
            return await names(conn, ids)


def allows(act: Act, person: Person, subject: Subject) -> bool:
    """Whether somebody may do this to such a referral at all."""
    return any(may(person, action, subject) for action in act.actions)


def _rows(typed: Mapping[str, str]) -> int:
    """How many agreed actions the form offers: those that were begun, and one more on request."""
    begun = [
        n for n in range(MOST_ACTIONS) if any(typed.get(f"{part}-{n}") for part in ("what", "who", "by"))
    ]
    wanted = max(begun, default=-1) + 1 + bool(typed.get("more"))
    return min(MOST_ACTIONS, max(_ROWS, wanted))


async def _persons(conn: Connection, referral: Referral) -> tuple[PersonDetails, ...]:
    """The persons of a referral as its school gave them last, in use or not, the child first."""
    known = await storage.children.people(conn, (referral.child_id, *referral.adults))
    child = known.get(referral.child_id)
    offer = child.offer(referral.id) if child else None
    if offer is not None:
        return offer.persons
    return tuple(known[id].details for id in (referral.child_id, *referral.adults) if id in known)


async def _people(
    conn: Connection, desk: Desk, referral: Referral, subject: Subject
) -> Sequence[Mapping[str, Any]]:
    """Who could have it, whoever has least open work first and those who are away last, with the numbers."""
    known = await colleagues(conn, desk.today, lambda each: may(each, "referral:work", subject))
    standing = by_room(await storage.loads(conn, list(known), desk.today))
    offered = [
        {
            "value": load.staff_id,
            "text": known[load.staff_id].shown,
            "hint": {"text": load_words(load)},
        }
        for load in sorted(standing, key=lambda load: known[load.staff_id].away)
        if load.staff_id != referral.assigned_to
    ]
    return [*offered, {"value": "nobody", "text": "Nobody in particular"}]


def load_words(load: Load) -> str:
    """How much somebody has, in numbers."""
    return (
        f"{count(load.working, 'referral')} with them, {load.with_school} with schools, "
        f"{load.overdue} overdue: weight {load.points}"
    )
