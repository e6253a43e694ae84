"""What families post: read with limits, and not from a page of another site.

There is no account and no session: the code in the address is what no other page can know.
"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from chassis.web.forms import Form
from chassis.web.problems import Problem

_FIELDS = 40
_FOREIGN = Problem(
    403, "not-from-here", "This did not come from a page of this service. Go back and try again."
)


async def posted(request: Request) -> AsyncIterator[Form]:
    """The form. Raises Problem 403 where a browser says that it comes from another site."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise _FOREIGN
    async with request.form(max_files=0, max_fields=_FIELDS) as data:
        if any("\0" in name or not isinstance(v, str) or "\0" in v for name, v in data.multi_items()):
            raise HTTPException(400)  # PostgreSQL keeps no NUL in text
        yield Form(data)


FamilyForm = Annotated[Form, Depends(posted)]
