"""What somebody can do here: the entries of the start page and of the menu, by what their roles allow."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.web.look import Link, Navigation
from chassis.web.people import Person, Policy
from services.referrals.domain.permissions import Action

#: How many of something wait for this person; asked with a connection to the database.
Count = Callable[[Any, Person], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Task:
    """One entry. ``action`` is what its page asks for; None is for everybody.

    ``does`` says what it is for, ``waiting`` what the count counts: (one, many). ``menu`` are the words in the
    menu; a task without them stands on the start page only.
    """

    title: str
    href: str
    does: str
    action: Action | None = None
    menu: str | None = None
    count: Count | None = None
    waiting: tuple[str, str] = ("waits", "wait")


def tasks_of(tasks: Sequence[Task], policy: Policy, person: Person | None) -> list[Task]:
    """Those that this person may do; for nobody, those for everybody."""
    return [task for task in tasks if _allowed(task, policy, person)]


def navigation(tasks: Sequence[Task], policy: Policy, others: Sequence[Link] = ()) -> Navigation:
    """The menu of every page; ``others`` are the other services, for whoever has signed in."""

    def links(person: Person | None) -> list[Link]:
        found = tasks_of(tasks, policy, person)
        own = [Link(task.menu, task.href) for task in found if task.menu is not None]
        return [*own, *others] if person is not None else own

    return links


def _allowed(task: Task, policy: Policy, person: Person | None) -> bool:
    return task.action is None or (person is not None and policy(person, task.action))
