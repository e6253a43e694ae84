"""Which cases are asked for, and the address of the next page of them."""

from datetime import date
from typing import Annotated

from fastapi import Query

from chassis.web.problems import Problem
from services.panels import storage
from services.panels.domain.cases.case import Case, Status

_STATES: tuple[Status, ...] = (
    "incomplete", "queued", "listed", "heard", "decided", "deferred", "withdrawn",
)  # fmt: skip
_STATE = "|".join(_STATES)
States = Annotated[
    str | None,
    Query(
        max_length=100,
        description="states, separated by commas",
        json_schema_extra={"pattern": f"^(|({_STATE})(,({_STATE}))*)$"},
    ),
]
Place = Annotated[
    str | None,
    Query(
        max_length=60,
        description="from the address in next, unchanged",
        json_schema_extra={"pattern": "^($|(none|[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8]))_)"},
    ),
]


def states_of(asked: str | None) -> list[str] | None:
    """The states that are asked for; None is any. Raises Problem 422."""
    if not asked:
        return None
    states = asked.split(",")
    if not set(states) <= set(_STATES):
        raise _wrong("state", f"must be some of {', '.join(_STATES)}, separated by commas")
    return states


def place_of(after: str | None) -> tuple[date, str] | None:
    """Where a page begins. Raises Problem 422."""
    if not after:
        return None
    day, _, case_id = after.partition("_")
    try:
        return (date.fromisoformat(day) if day != "none" else storage.NEVER), case_id
    except ValueError:
        raise _wrong("after", "must be taken from the address in next, unchanged") from None


def place_behind(last: Case) -> str:
    """Where the page begins that follows this case."""
    return f"{last.due_on.isoformat() if last.due_on else 'none'}_{last.case_id}"


def next_page(asked: dict[str, str | None], last: Case) -> str:
    """The address of the page after the one that ends with the case ``last``."""
    asked = {**asked, "after": place_behind(last)}
    return "/api/cases?" + "&".join(f"{name}={value}" for name, value in asked.items() if value)


def _wrong(field: str, message: str) -> Problem:
    errors = [{"field": field, "code": "not-usable", "message": message}]
    return Problem(422, "invalid", "Some fields are wrong; each is named in errors.", errors=errors)
