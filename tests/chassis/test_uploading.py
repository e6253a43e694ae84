"""Files that people send from a page: taken from our own pages only, and refused before the file is read."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

import asyncpg
import httpx2
import pytest
from fastapi import APIRouter, Depends, Request
from limits import RateLimitItemPerMinute

from chassis.web.app import create_app
from chassis.web.people import People, Person, signed_in
from chassis.web.rates import Rates
from chassis.web.sessions import Cookie, Sessions
from chassis.web.uploading import Upload, received
from tests.chassis.test_people import KIM, SAM, Staff, policy
from tests.support.sessions import Held, session_for

BOUNDARY = "crumbs"
#: (name, filename or None, content)
Part = tuple[str, str | None, bytes]
LOAF: Part = ("loaf", "loaf.txt", b"rye\r\n\0bread")


def body(*parts: Part, end: bytes = b"--crumbs--\r\n") -> bytes:
    """A multipart body with these parts, in their order."""
    made = b""
    for name, filename, content in parts:
        file = "" if filename is None else f'; filename="{filename}"'
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
        made += head.encode() + content + b"\r\n"
    return made + end


class Bakery:
    """A page that takes one file after another; ``read`` are those that were read to their end."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool, self.read = pool, list[tuple[str, bytes]]()
        sessions = Sessions(pool, Staff(SAM, KIM), Cookie("bakery", secure=False))
        self.app = create_app("Bakery", "1", [], [self._routes()])
        self.app.state.people = People(sessions, policy)

    def _routes(self) -> APIRouter:
        routes = APIRouter()

        @routes.post("/loaves")
        async def loaves(
            request: Request, person: Annotated[Person, Depends(signed_in("bread:bake"))]
        ) -> Any:
            first = await received(request, person)
            upload: Upload | None = first
            while upload is not None:
                content = b"".join([chunk async for chunk in upload.chunks])
                self.read.append((upload.filename, content))
                upload = await upload.another()
            return {name: value for name, value in first.fields.items() if name != "csrf"}

        return routes

    async def post(
        self, held: Held, content: bytes, headers: dict[str, str] | None = None, kind: str | None = None
    ) -> httpx2.Response:
        given = {"Content-Type": kind or f"multipart/form-data; boundary={BOUNDARY}", **(headers or {})}
        transport = httpx2.ASGITransport(app=self.app)
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://here", cookies=held.cookies
        ) as browser:
            return await browser.post("/loaves", content=content, headers=given)

    async def sends(self, held: Held, parts: Sequence[Part], **headers: str) -> int:
        return (await self.post(held, body(*parts), headers)).status_code


@pytest.fixture
async def shop(database: Callable[..., Awaitable[asyncpg.Pool]]) -> Bakery:
    return Bakery(await database())


@pytest.fixture
async def sam(shop: Bakery) -> Held:
    return await session_for(shop.pool, "s1", "bakery")


def token(held: Held) -> Part:
    return ("csrf", None, held.csrf.encode())


async def test_the_fields_before_a_file_and_each_file_are_read_whole(shop: Bakery, sam: Held) -> None:
    words: Part = ("name", None, b" a\r\nb\0 ")
    answer = await shop.post(sam, body(token(sam), words, LOAF, ("loaf", "other.txt", b"oat")))
    assert (answer.status_code, answer.json()) == (200, {"name": "a\nb"})
    assert shop.read == [("loaf.txt", LOAF[2]), ("other.txt", b"oat")]


async def test_where_no_file_was_chosen_there_is_none(shop: Bakery, sam: Held) -> None:
    assert await shop.sends(sam, [token(sam)]) == 200
    assert await shop.sends(sam, [token(sam), ("loaf", "", b"")]) == 200
    assert shop.read == [("", b""), ("", b"")]


async def test_without_the_session_s_own_token_before_it_no_file_is_read(shop: Bakery, sam: Held) -> None:
    another = await session_for(shop.pool, "s1", "bakery")
    for parts in ([LOAF], [LOAF, token(sam)], [token(another), LOAF], [("csrf", None, b""), LOAF]):
        assert await shop.sends(sam, parts) == 403
    assert shop.read == []


async def test_without_a_file_the_token_is_asked_for_as_well(shop: Bakery, sam: Held) -> None:
    assert await shop.sends(sam, [("name", None, b"rye")]) == 403
    assert shop.read == []


async def test_a_file_from_a_page_of_another_site_is_refused(shop: Bakery, sam: Held) -> None:
    assert await shop.sends(sam, [token(sam), LOAF], Origin="http://evil.example") == 403
    assert await shop.sends(sam, [token(sam), LOAF], **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert shop.read == []


async def test_whoever_sends_too_often_is_told_to_wait(shop: Bakery, sam: Held) -> None:
    shop.app.state.rates = Rates(RateLimitItemPerMinute(1))
    assert [await shop.sends(sam, [token(sam), LOAF]) for _ in range(2)] == [200, 429]
    assert len(shop.read) == 1


@pytest.mark.parametrize(
    ("end", "parts"),
    [
        (b"", [LOAF]),
        (b"", [("loaf", "loaf.txt", b"x" * 100_000)]),
        (b"--crumbs--\r\n", [("name", None, b"x" * 20_001), LOAF]),
    ],
    ids=["cut off", "a large one cut off", "a field without end"],
)
async def test_what_is_cut_off_or_too_long_is_refused_and_no_file_is_taken_for_whole(
    shop: Bakery, sam: Held, end: bytes, parts: list[Part]
) -> None:
    answer = await shop.post(sam, body(token(sam), *parts, end=end))
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert shop.read == []


async def test_after_more_fields_than_a_form_has_no_file_is_looked_for(shop: Bakery, sam: Held) -> None:
    many: list[Part] = [(f"name{n}", None, b"") for n in range(49)]
    assert await shop.sends(sam, [token(sam), *many, LOAF]) == 200
    assert shop.read == [("", b"")]


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"])
async def test_what_is_no_upload_is_refused(shop: Bakery, sam: Held, kind: str) -> None:
    answer = await shop.post(sam, body(token(sam), LOAF), kind=kind)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
