"""The API for programs: referrals come in with their evidence, are looked up and worked on; schools ask."""

from fastapi import APIRouter

from chassis.service import Running
from chassis.web.routes import Routes
from services.referrals.domain.book import Book
from services.referrals.settings import Settings
from services.referrals.web.api import asking, converting, files, looking, school, submitting, team
from services.referrals.web.api.files import UPLOADS
from services.referrals.web.filing import Cabinet

__all__ = ["UPLOADS", "router"]


def router(running: Running, book: Book, settings: Settings) -> APIRouter:
    """The routes of this service for programs."""
    api = Routes()
    api.include_router(submitting.router(running, book))
    api.include_router(looking.router(running, book))
    api.include_router(team.router(running))
    api.include_router(school.router(running))
    api.include_router(files.router(running, Cabinet.of(running, settings)))
    api.include_router(asking.router(running, book))
    api.include_router(converting.router(running, book))
    return api
