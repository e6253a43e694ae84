"""Roles and what they are limited to, in plain English."""

from collections.abc import Mapping

from chassis.english import capital
from schemas.staff_v1 import Role
from schemas.words import ROLES
from services.referrals.domain.book import Book

ROLE_WORDS: Mapping[Role, str] = {role: capital(words) for role, words in ROLES.items()}


def role_words(role: Role, scope: str | None, book: Book) -> str:
    """A role with what it is limited to, such as ``Headteacher, Larkspur Primary School``."""
    return ROLE_WORDS[role] if scope is None else f"{ROLE_WORDS[role]}, {scope_words(scope, book)}"


def scope_words(scope: str, book: Book) -> str:
    """The name of a school, a team, an area or a panel; its code where it has gone from the data files."""
    setting = book.register.find(scope)
    if setting is not None:
        return setting.name
    if scope in book.destinations:
        return book.destinations[scope].name
    return next(
        (f"{scope} ({area.name})" for area in book.register.areas.values() if area.code == scope), scope
    )
