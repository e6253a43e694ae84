"""A school's page: what it is asked to do, and all its referrals with where each is and what is next."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from chassis.calendar import london_date
from chassis.service import Running
from chassis.storage import Connection
from chassis.web.access import record_reads
from chassis.web.live import Counts
from chassis.web.people import Person, signed_in
from chassis.web.start import Task
from services.referrals import storage
from services.referrals.domain.directory.waits import Expected
from services.referrals.domain.referral import Referral
from services.referrals.storage import SCHOOL_TABS, Asked, Filter, Tab
from services.referrals.web.children.contacts import tasks_for
from services.referrals.web.desk import Desk, everything_of
from services.referrals.web.finding import SORT_WORDS, TAB_WORDS, Found, fields_of, found
from services.referrals.web.referral import reaching
from services.referrals.web.rows import Row, school_rows

SCHOOL = "/school"
#: The stream of the counts of whoever looks at a school's page.
LIVE = "school"
MOST_TASKS = 50
_LISTED: tuple[Tab, ...] = ("open", "completed")
Schools = Annotated[Person, Depends(signed_in("referral:change"))]


def router(desk: Desk) -> APIRouter:
    """The route of the school's page."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(SCHOOL)
    async def school(person: Schools, request: Request) -> Response:
        """All referrals of this person's schools."""
        asked = found(SCHOOL, request.query_params, desk.book, _LISTED)
        return desk.look.page(
            "school/school.html", request, person=person, **await _values(desk, person, asked)
        )

    return routes


def tasks(running: Running) -> tuple[Task, ...]:
    """What stands on the start page of whoever refers for a school."""

    async def owed(conn: Connection, person: Person) -> int:
        return (await counts_of(running)(conn, person))["todo"]

    return (
        Task(
            "Your referrals",
            SCHOOL,
            "Where each of your referrals is, who has it, what is next and by when; and what you are asked to do.",
            action="referral:change",
            menu="Your referrals",
            count=owed,
            waiting=("waits for you", "wait for you"),
        ),
    )


def counts_of(running: Running) -> Counts:
    """How many each part of a school's page holds, for pages that are open."""

    async def counts(conn: Connection, person: Person) -> Mapping[str, int]:
        return await storage.counts(conn, everything_of(running, person, "referral:change", SCHOOL_TABS))

    return counts


async def _values(desk: Desk, person: Person, asked: Found) -> dict[str, Any]:
    question = replace(desk.asked(person, "referral:change", asked), tabs=SCHOOL_TABS)
    tasks = replace(question, tab="todo", filter=Filter(), sort="due", after=None, limit=MOST_TASKS)
    async with desk.running.pool.acquire() as conn, conn.transaction():
        counts = await storage.counts(conn, question)
        owed = await storage.counts(conn, tasks)
        todo = await storage.listed(conn, tasks)
        seen = await storage.listed(conn, question)
        late = await storage.listed(conn, replace(tasks, tab="late")) if person.scopes("headteacher") else []
        unreached = await reaching.for_school(conn, person)
        lines = await _Lines.of(conn, desk, person, [*todo, *seen, *late, *unreached])
        waiting = await tasks_for(conn, desk, person)
        gone = await storage.left_by(conn, question.reach.urns)
        officers = await _officers(conn, desk, question.reach.urns)
    title, explained, empty = TAB_WORDS[asked.tab]
    return {
        "heading": _heading(desk, question),
        "refer": "/refer",
        "drafts": "/refer#drafts",
        "late": lines.rows(late),
        "todo": lines.rows(todo),
        "owed": owed["todo"],
        "contacts": waiting,
        "unreached": reaching.lines(unreached, lines.children),
        "live": "" if asked.chosen else LIVE,
        "tab": {"code": asked.tab, "title": title, "explained": explained, "empty": empty},
        "tab_list": [
            {"code": tab, "title": TAB_WORDS[tab][0], "count": counts[tab], "href": asked.at(tab=tab)}
            for tab in _LISTED
        ],
        "filter": asked,
        "fields": fields_of(asked, desk.book, areas_differ=False),
        "orders": [
            {"code": code, "title": words, "href": asked.at(sort=code)} for code, words in SORT_WORDS.items()
        ],
        "found": lines.rows(seen),
        "next": asked.at(after=seen[-1].reference) if len(seen) == question.limit else None,
        "officers": officers,
        "gone": [(each.referral.reference, london_date(each.at)) for each in gone],
    }


@dataclass(frozen=True, slots=True)
class _Lines:
    """What the lines of a school's lists are made from: its children's names, and the waits of today."""

    desk: Desk
    children: Mapping[str, str]
    waits: Mapping[str, Expected]

    @classmethod
    async def of(cls, conn: Connection, desk: Desk, person: Person, shown: Iterable[Referral]) -> "_Lines":
        """Looks the children up, and records that this person read of them."""
        referrals = {each.id: each for each in shown}
        people = await storage.persons_of(conn, {each.child_id for each in referrals.values()})
        await record_reads(conn, person, "referral", sorted(referrals))
        children = {id: f"{each.given_name} {each.family_name}" for id, each in people.items()}
        return cls(desk, children, await storage.waits_said(conn, "answer", desk.today))

    def rows(self, referrals: Iterable[Referral]) -> list[Row]:
        """The lines of these."""
        return school_rows(referrals, self.desk.book, self.desk.today, self.children, self.waits)


def _heading(desk: Desk, asked: Asked) -> str:
    names = [setting.name for urn in sorted(asked.reach.urns) if (setting := desk.book.register.find(urn))]
    return f"Referrals of {names[0]}" if len(names) == 1 else "Your referrals"


async def _officers(conn: Connection, desk: Desk, urns: Iterable[str]) -> list[str]:
    """The officer of each of these schools, by name where somebody has that role; otherwise by the role."""
    staff = await storage.staff.everybody(conn, active=True)
    said = []
    for urn in sorted(urns):
        setting = desk.book.register.find(urn)
        if setting is None:
            continue
        role = desk.book.register.areas[setting.area].officer
        who = [
            each.name
            for each in staff
            for grant in each.held_on(desk.today)
            if grant.role == "send-officer" and grant.scope in (urn, setting.area)
        ]
        said.append(
            f"{setting.name}: {', '.join(dict.fromkeys(who))}, {role}." if who else f"{setting.name}: {role}."
        )
    return list(dict.fromkeys(said))
