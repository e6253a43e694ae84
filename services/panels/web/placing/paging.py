"""Where a page of placements begins, and the address of the next one."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request

from chassis.web.problems import Problem
from services.panels.domain.placing.placement import Placement

_CURSOR = (
    "^($|[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z_)"
)
Place = Annotated[
    str | None,
    Query(
        max_length=100,
        description="from the address in next, unchanged",
        json_schema_extra={"pattern": _CURSOR},
    ),
]


def next_page(request: Request, last: Placement) -> str:
    """The address of the page after the one that ends with ``last``."""
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
    return f"/api/placements?{urlencode([*asked, ('after', place_behind(last))])}"


def place_of(after: str | None) -> tuple[datetime, str] | None:
    """Where a page begins. Raises Problem 422."""
    if not after:
        return None
    since, _, id = after.partition("_")
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        errors = [{"field": "after", "code": "not-usable", "message": "must be taken from next, unchanged"}]
        raise Problem(422, "invalid", "Some fields are wrong; each is named in errors.", errors=errors)
    return moment, id


def place_behind(last: Placement) -> str:
    """Where the page begins that follows this placement."""
    return f"{last.awaited_at.astimezone(UTC).isoformat().replace('+00:00', 'Z')}_{last.placement_id}"
