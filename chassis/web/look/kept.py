"""What somebody had typed when their session ended: handed back in a page, and sent again once they are signed in.

It is kept in that page of theirs and nowhere else: nothing is stored of whoever is not signed in. Whoever sends it
again sees under whose name, since another person may sit at the same computer by then.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from chassis.web.forms import CSRF_FIELD, FIELDS, is_from_here, typed_in
from chassis.web.problems import Problem
from chassis.web.uploading import fields_before_file

_URLENCODED, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
#: What a post is answered without a session, and with the token of an earlier one.
_CODES = ("signed-out", "not-from-here")
#: Bytes that are read of whoever is not signed in: as much as people write on a page, in letters that take most room.
_LONGEST = 300_000


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it was posted: where to, its kind, and its fields in their order without the session's token."""

    to: str
    kind: str
    fields: Sequence[tuple[str, str]]

    @property
    def with_files(self) -> bool:
        """Whether files may have been among it: a page cannot give them back."""
        return self.kind == _MULTIPART


async def typed_before(request: Request, problem: Problem) -> Typed | None:
    """What was typed into the form that ``problem`` refuses; None where nothing was, or it is of another site."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "POST" or problem.code not in _CODES or not is_from_here(request):
        return None
    try:
        read = typed_in(request)
        fields = await _read(request, kind) if read is None else read
    except (HTTPException, Problem, ClientDisconnect, ValueError):
        return None
    own = [(name, value) for name, value in fields if name != CSRF_FIELD]
    if not any(value for _, value in own):
        return None
    query = f"?{request.url.query}" if request.url.query else ""
    return Typed(f"{request.url.path}{query}", kind, own)


async def _read(request: Request, kind: str) -> Sequence[tuple[str, str]]:
    """What nobody has read yet. Raises ValueError where it is more than one writes, Problem where it is none."""
    body = _no_longer_than_one_writes(request.stream())
    if kind == _MULTIPART:
        return list((await fields_before_file(request, body)).items())
    if kind != _URLENCODED:
        return ()
    text = b"".join([share async for share in body]).decode("ascii")
    return parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS)


async def _no_longer_than_one_writes(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Anybody may post, as often as they like; and where files are taken nobody else limits what."""
    size = 0
    async for share in body:
        yield share  # the last that is asked for may hold a part of a file as well
        size += len(share)
        if size > _LONGEST:
            raise ValueError("more than one writes")
