"""What people post from pages: ``form: Posted`` on a route. Read with limits, and only if it is from a page of ours."""

import hmac
from collections.abc import AsyncIterator, Sequence
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from chassis.web.people import People, Person, nobody, person_of
from chassis.web.problems import Problem
from chassis.web.rates import rates_of

#: The hidden field that holds the session's token.
CSRF_FIELD = "csrf"
#: How many fields a form may have.
FIELDS = 1000
_FILES = 20


class Form:
    """The fields and files of one post."""

    def __init__(self, data: FormData) -> None:
        self._data = data

    def get(self, name: str, default: str = "") -> str:
        """The field's words without spaces around them, lines ended by LF; ``default`` where it is not there."""
        found = self.all(name)
        return found[-1] if found else default

    def all(self, name: str) -> list[str]:
        """Every value of a field, as of checkboxes."""
        return [_tidy(value) for value in self._data.getlist(name) if isinstance(value, str)]

    def file(self, name: str) -> UploadFile | None:
        """A file, or None where none was chosen."""
        found = self.files(name)
        return found[-1] if found else None

    def files(self, name: str) -> list[UploadFile]:
        """Every file of a field."""
        return [v for v in self._data.getlist(name) if isinstance(v, UploadFile) and v.filename]

    @property
    def names(self) -> list[str]:
        """The names of all fields but the session's token, each once, in the order in which they came."""
        return [name for name in dict.fromkeys(self._data.keys()) if name != CSRF_FIELD]


def _tidy(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n").strip()


class Posting:
    """The dependency that reads a form of at most ``most`` bytes."""

    def __init__(self, most: int) -> None:
        self.most = most

    async def __call__(self, request: Request) -> AsyncIterator[Form]:
        """The form. Raises Problem 401 without a session, 403 from another site or without the token."""
        person = await person_of(request)
        if person is None:
            raise nobody(request)
        check_origin(request)
        await rates_of(request).form(person.id)
        async with request.form(max_files=_FILES, max_fields=FIELDS) as data:
            keep_typed(request, [(name, v) for name, v in data.multi_items() if isinstance(v, str)])
            check_token(person, data.get(CSRF_FIELD))
            if any(
                "\0" in name or (isinstance(value, str) and "\0" in value)
                for name, value in data.multi_items()
            ):
                raise HTTPException(400)  # PostgreSQL keeps no NUL in text
            yield Form(data)


def keep_typed(request: Request, fields: Sequence[tuple[str, str]]) -> None:
    """Lets the answer to a request have the fields that it read, where they are refused for their token."""
    request.state.typed = fields


def typed_in(request: Request) -> Sequence[tuple[str, str]] | None:
    """The fields that were read of a request so far; None where nobody has begun to read it."""
    found: Sequence[tuple[str, str]] | None = getattr(request.state, "typed", None)
    return found


def check_token(person: Person, given: object) -> None:
    """Raises Problem 403 unless ``given`` is the token of this person's session."""
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), person.csrf.encode()):
        raise _FOREIGN


def check_origin(request: Request) -> None:
    """Raises Problem 403 where a browser says that the request comes from a page of another site."""
    if is_from_here(request) is False:
        raise _FOREIGN


def is_from_here(request: Request) -> bool | None:
    """Whether a browser says that the request comes from a page of this site; None where it says nothing of that."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        # No page can forge this. Beside it the origin says nothing more: it is null where no referrer is sent.
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return None
    people: People = request.app.state.people
    return origin == people.origin or urlsplit(origin).netloc == request.headers.get("host")


_FOREIGN = Problem(
    403,
    "not-from-here",
    "This did not come from a page of this service, or the page was opened before you signed in. "
    "Go back, load the page again, and send it once more.",
)

posted = Posting(1_000_000)
Posted = Annotated[Form, Depends(posted)]
