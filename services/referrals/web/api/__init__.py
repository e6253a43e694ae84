"""The API for programs: referrals come in, are looked up and worked on."""

from fastapi import APIRouter

from chassis.service import Running
from chassis.web.routes import Routes
from services.referrals.domain.intake import Book
from services.referrals.web.api import looking, school, submitting, team


def router(running: Running, book: Book) -> APIRouter:
    """The routes of this service for programs."""
    api = Routes()
    api.include_router(submitting.router(running, book))
    api.include_router(looking.router(running, book))
    api.include_router(team.router(running))
    api.include_router(school.router(running))
    return api
