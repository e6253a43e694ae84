"""What the pages of queues and referrals share: who may see what, and the names of those who work on it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends

from chassis.calendar import london_date
from chassis.service import Running
from chassis.storage import Connection
from chassis.web.look import Look
from chassis.web.people import Person, signed_in
from chassis.web.problems import Problem
from services.referrals import storage
from services.referrals.domain.book import Book
from services.referrals.domain.identity import read_reference
from services.referrals.domain.permissions import Action, Actor, Reach, Subject, may, reach, shut_to
from services.referrals.domain.referral import Left, Referral
from services.referrals.domain.staff.members import Giver
from services.referrals.domain.staff.restricted import subject_of
from services.referrals.storage import TABS, Asked, Tab
from services.referrals.web.finding import Found

Queueing = Annotated[Person, Depends(signed_in("queue:see"))]
Allocating = Annotated[Person, Depends(signed_in("queue:allocate"))]
Looking = Annotated[Person, Depends(signed_in("referral:see"))]


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who could be given work; ``away``: somebody stands in for them today."""

    name: str
    away: bool

    @property
    def shown(self) -> str:
        """Their name, and that they are away."""
        return f"{self.name} (away)" if self.away else self.name


@dataclass(frozen=True, slots=True)
class Desk:
    """What each page is made from."""

    running: Running
    book: Book
    look: Look

    @property
    def now(self) -> datetime:
        """The present instant of business time."""
        return self.running.clock.now()

    @property
    def today(self) -> date:
        """The present day."""
        return london_date(self.now)

    def asked(self, person: Person, action: Action, found: Found) -> Asked:
        """The question that an address asks of the queues this person may see."""
        whole = everything_of(self.running, person, action)
        return replace(whole, tab=found.tab, filter=found.filter, sort=found.sort, after=found.after)


def everything_of(running: Running, person: Person, action: Action, tabs: tuple[Tab, ...] = TABS) -> Asked:
    """All that somebody may do ``action`` to, without a filter."""
    now = running.clock.now()
    return Asked(reach(person, action), mine(person), london_date(now), now, tabs=tabs)


def mine(person: Person) -> frozenset[str]:
    """The staff ids whose work is this person's: their own, and those they stand in for."""
    return reach(person, "referral:see").assigned or frozenset({person.id})


async def visible(conn: Connection, desk: Desk, person: Person, typed: str) -> tuple[Referral, Subject]:
    """The referral with this reference, and itself as permissions see it.

    Raises Problem 404 where there is none that this person may see, and sends them to break the glass where
    only its restriction keeps it from them.
    """
    reference = read_reference(typed)
    referral = await storage.by_reference(conn, reference) if reference else None
    if referral is not None:
        restriction = await storage.staff.restriction_of(conn, referral.id)
        subject = subject_of(referral, restriction, desk.now)
        if may(person, "referral:see", subject):
            return referral, subject
        if shut_to(person, "glass:break", subject):
            glass = {"Location": f"/glass/{referral.reference}"}
            raise Problem(
                303, "restricted", "This case is restricted: say why you must see it.", headers=glass
            )
    raise Problem(404, "referral-unknown", "There is no referral with this reference among yours. Check it.")


async def to_change(conn: Connection, desk: Desk, person: Person, typed: str, refusal: str) -> Referral:
    """The referral, where this person may change it. Raises what `visible` does, and Problem 403 with ``refusal``."""
    referral, subject = await visible(conn, desk, person, typed)
    if not may(person, "referral:change", subject):
        raise Problem(403, "not-yours-to-do", refusal)
    return referral


async def left(conn: Connection, person: Person, typed: str) -> Left | None:
    """What this person's school goes on seeing of the referral of a child who has left it; None: nothing."""
    return await left_to(conn, reach(person, "referral:see").urns, typed)


async def left_to(conn: Connection, urns: frozenset[str], typed: str) -> Left | None:
    """The same for these schools. A restricted one opens to nobody of a former school."""
    reference = read_reference(typed)
    referral = await storage.by_reference(conn, reference) if reference else None
    if referral is None or urns.isdisjoint(each.urn for each in referral.schools):
        return None
    papers = await storage.papers_of(conn, referral.id)
    if papers is None or await storage.staff.is_restricted(conn, referral.id):
        return None
    return next((each for each in reversed(papers.left) if each.urn in urns), None)


async def names(conn: Connection, ids: Iterable[str | None]) -> dict[str, str]:
    """The names of members of staff by id, also of those who have left."""
    known = await storage.staff.people(conn, {id for id in ids if id})
    return {id: each.name for id, each in known.items()}


async def colleagues(conn: Connection, today: date, fits: Callable[[Actor], bool]) -> dict[str, Colleague]:
    """Everybody who works here and fits, by id."""
    staff = await storage.staff.everybody(conn, active=True)
    away = {cover.staff_id for each in staff for cover in each.covers if cover.holds_on(today)}
    return {
        each.id: Colleague(each.name, each.id in away)
        for each in staff
        if fits(Giver(each.id, frozenset(each.held_on(today))))
    }


def meets(work: Reach, within: Reach) -> bool:
    """Whether somebody who works on the one could be given some of the other."""
    if within.everything:
        return work.everything or not work.nothing
    if work.everything:
        return False  # whoever oversees everything has no queue of their own
    return bool(
        work.destinations & within.destinations
        or work.patches & within.patches
        or work.kinds & within.kinds
        or {kind for _, kind in work.patches} & within.kinds
    )
