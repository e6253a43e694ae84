"""The HTTP side: an API for programs and pages for people, a module for each of their tasks."""

from pathlib import Path

from fastapi import APIRouter

from chassis.service import Running
from chassis.web.look import Look
from services.referrals.domain.intake import Book
from services.referrals.web import api, queues, referral, school
from services.referrals.web.desk import Desk

PAGES = Path(__file__).parents[1] / "pages"

__all__ = ["router"]


def router(running: Running, book: Book) -> APIRouter:
    """All routes of this service."""
    routes = APIRouter()
    routes.include_router(api.router(running, book))
    desk = Desk(running, book, Look.of(running, PAGES, navigation=()))
    routes.include_router(queues.router(desk))
    routes.include_router(referral.router(desk))
    routes.include_router(school.router(desk))
    return routes
