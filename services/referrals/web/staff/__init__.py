"""Pages about members of staff and what they may see: people, tokens, restricted cases, the record of reads."""

from typing import Any

from fastapi import APIRouter

from chassis.service import Running
from chassis.web.look import Look
from chassis.web.people import Person
from chassis.web.routes import Routes
from chassis.web.start import Task
from services.referrals.domain.book import Book
from services.referrals.storage.staff import to_review
from services.referrals.web.staff import access_log, changes, people, restricted, tokens
from services.referrals.web.staff.desk import Desk

__all__ = ["TASKS", "router"]


async def _to_review(conn: Any, _: Person) -> int:
    return await to_review(conn)


#: What people find of this on the start page and in the menu.
TASKS = (
    Task(
        "People and roles",
        "/staff",
        "Starters, leavers, who may do what, and who stands in for whom.",
        "staff:manage",
        menu="People",
    ),
    Task(
        "Tokens of school systems",
        "/tokens",
        "Let a school's own system send and look up referrals, or no longer.",
        "tokens:manage",
    ),
    Task(
        "Restricted cases",
        "/restricted",
        "Cases that open only to people who are named, and to whom they were opened all the same.",
        "referral:restrict",
    ),
    Task(
        "Broken glass",
        "/restricted/glass",
        "Restricted cases that somebody opened without being named: look into each.",
        "glass:review",
        count=_to_review,
        waiting=("waits to be looked into", "wait to be looked into"),
    ),
    Task(
        "Who read what",
        "/access-log",
        "The record of who read what about a child, for a family or an auditor.",
        "access-log:see",
    ),
)


def router(running: Running, book: Book, look: Look) -> APIRouter:
    """The routes of these pages."""
    desk = Desk(running, book, look)
    routes = Routes()
    for part in (people, changes, tokens, restricted, access_log):
        routes.include_router(part.router(desk))
    return routes
