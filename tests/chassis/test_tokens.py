"""Tokens from a database: found after those of the settings, forgotten soon after they were revoked."""

from hashlib import sha256

import httpx2

from chassis.web import tokens
from chassis.web.auth import Caller
from chassis.web.tokens import CachedTokens
from tests.chassis.test_web import bearer, make_app

SHA = "a" * 64
SCHOOL = Caller("school:900001", frozenset({"shop:read"}), frozenset({"900001"}))


class Book:
    """A token book in memory that counts how often it was asked."""

    def __init__(self, **known: Caller) -> None:
        self.known, self.asked = known, 0

    async def find(self, digest: str) -> Caller | None:
        self.asked += 1
        return self.known.get(digest)


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_a_token_of_the_book_opens_what_its_scopes_allow() -> None:
    digest = sha256(b"school-token").hexdigest()
    app = make_app()
    app.state.token_book = Book(**{digest: SCHOOL})
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://here") as http:
        assert (await http.get("/api/forms/1", headers=bearer("school"))).status_code == 200
        assert (await http.post("/api/forms", json={}, headers=bearer("school"))).status_code == 403
        assert (await http.post("/api/forms", json={}, headers=bearer("till"))).status_code == 422


async def test_the_book_is_asked_once_in_some_seconds() -> None:
    book, time = Book(**{SHA: SCHOOL}), Time()
    cached = CachedTokens(book, 10, time)
    assert [await cached.find(SHA) for _ in range(3)] == [SCHOOL] * 3
    assert book.asked == 1


async def test_a_revoked_token_opens_nothing_after_those_seconds_and_a_new_one_does() -> None:
    book, time = Book(**{SHA: SCHOOL}), Time()
    cached = CachedTokens(book, 10, time)
    assert await cached.find(SHA) == SCHOOL
    assert await cached.find("b" * 64) is None
    book.known = {"b" * 64: SCHOOL}
    time.now = 9.9
    assert await cached.find(SHA) == SCHOOL
    time.now = 10
    assert await cached.find(SHA) is None
    assert await cached.find("b" * 64) == SCHOOL


async def test_guesses_do_not_fill_the_memory() -> None:
    cached = CachedTokens(Book(), 10, Time())
    for guess in range(tokens.MOST * 2 + 1):
        await cached.find(str(guess))
    assert len(cached._known) <= tokens.MOST
