"""The HTTP side: an API for programs and pages for people, a module for each of their tasks."""

from fastapi import APIRouter

from chassis.service import Running
from services.referrals.domain.intake import Book
from services.referrals.web import api

__all__ = ["router"]


def router(running: Running, book: Book) -> APIRouter:
    """All routes of this service."""
    routes = APIRouter()
    routes.include_router(api.router(running, book))
    return routes
