"""The second factor: what is personal is shown to whoever has a code that came by another way than the link."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from services.notifications.channels import Failed, Letter, Sent
from services.notifications.domain import proving
from services.notifications.domain.proving import IN_A_DAY, IN_AN_HOUR, TRIES, PageCode
from services.notifications.web.family import codes as sending
from tests.notifications.builders import (
    FATHER,
    MOTHER,
    NOW,
    decided,
    details,
    listed,
    opened,
    papers,
    received,
    routed,
)
from tests.notifications.conftest import House
from tests.notifications.test_pages import as_
from tests.notifications.test_web import AS_OPERATOR, a_link, browser

Houses = Callable[..., Awaitable[House]]
REASONS = "A smaller class is needed."
FRESH = PageCode(expires_at=NOW + timedelta(minutes=10))


def test_the_right_code_works_once_and_within_its_time() -> None:
    used, verdict = proving.tried(FRESH, True, NOW)
    assert (verdict, used.over) == ("right", True)
    assert proving.tried(used, True, NOW)[1] == "over"
    assert proving.tried(FRESH, True, NOW + timedelta(minutes=10))[1] == "over"


def test_after_five_wrong_ones_the_right_one_is_too_late() -> None:
    code, verdicts = FRESH, []
    for _ in range(TRIES):
        code, verdict = proving.tried(code, False, NOW)
        verdicts.append(verdict)
    assert verdicts == ["wrong"] * 4 + ["over"]
    assert proving.tried(code, True, NOW) == (code, "over")


def test_so_many_codes_are_sent_in_an_hour_and_in_a_day() -> None:
    assert proving.may_be_sent([NOW] * (IN_AN_HOUR - 1), NOW)
    assert not proving.may_be_sent([NOW] * IN_AN_HOUR, NOW)
    assert proving.may_be_sent([NOW - timedelta(hours=1)] * IN_AN_HOUR, NOW)
    assert not proving.may_be_sent([NOW - timedelta(hours=23)] * IN_A_DAY, NOW)
    assert proving.may_be_sent([NOW - timedelta(hours=24)] * IN_A_DAY, NOW)


def test_a_code_never_goes_where_the_link_went() -> None:
    assert proving.other_ways("email", {"email"}) == ()
    assert proving.other_ways("email", {"email", "text"}) == ("text",)
    assert proving.other_ways("text", {"email", "text"}) == ("email",)
    assert proving.other_ways("letter", {"email", "text"}) == ("text", "email")


@pytest.mark.parametrize("typed", ["123 456", "123-456", "123456", "123\u2013456"])
def test_a_code_is_read_however_people_write_it(typed: str) -> None:
    assert proving.tidy(typed) == "123456"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345x", "\u0661\u0662\u0663\u0664\u0665\u0666"])
def test_what_is_no_code_is_not_tried(typed: str) -> None:
    assert proving.tidy(typed) == ""


class Postman:
    """The channel by which codes go."""

    def __init__(self, answer: Any = None) -> None:
        self.answer, self.letters = answer or Sent(), list[Letter]()

    async def send(self, letter: Letter) -> Any:
        self.letters.append(letter)
        return self.answer

    async def close(self) -> None:
        return None

    @property
    def code(self) -> str:
        """The last one that was sent."""
        return self.letters[-1].body.split("The code is ")[1][:6]


async def a_decision(house: Houses) -> tuple[House, str]:
    """Of which the mother has heard by e-mail; her link."""
    it = await house(public_url="http://here")
    await it.hear(received(), routed(), details(), opened(), listed(), papers(REASONS), decided())
    return it, await a_link(it)


async def told(it: House, client: httpx2.AsyncClient, person: str = MOTHER) -> str:
    """A code that somebody at the council reads out."""
    id = await it.pool.fetchval("SELECT id FROM message WHERE person_id = $1 LIMIT 1", person)
    answer = await client.post(
        f"/api/messages/{id}/page-code", json={"reason": "rang her"}, headers=AS_OPERATOR
    )
    return str(answer.json()["code"])


async def test_the_link_alone_shows_no_decision_and_the_code_does(house: Houses) -> None:
    it, link = await a_decision(house)
    async with browser(it) as family:
        first = (await family.get(link)).text
        assert "There is news. The latest is from 2 March 2026." in first
        assert "decision" not in first
        assert "special school" not in first
        assert REASONS not in first
        code = await told(it, family)
        assert (await family.post(f"{link}/code", data={"digits": code})).status_code == 303
        after = (await family.get(link)).text
        assert "The council agreed to a place in a special school." in after
        assert REASONS in after
    async with browser(it) as another:
        assert REASONS not in (await another.get(link)).text, "this browser had no code"


async def test_what_a_code_has_opened_is_closed_again_when_its_time_is_over(house: Houses) -> None:
    it, link = await a_decision(house)
    async with browser(it) as family:
        await family.post(f"{link}/code", data={"digits": await told(it, family)})
        assert REASONS in (await family.get(link)).text
        await it.pool.execute("UPDATE page_proof SET ends_at = clock_timestamp()")
        assert REASONS not in (await family.get(link)).text


async def test_the_cookie_is_kept_from_scripts_and_other_sites(house: Houses) -> None:
    it, link = await a_decision(house)
    async with browser(it) as family:
        answer = await family.post(f"{link}/code", data={"digits": await told(it, family)})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "max-age=14400" in cookie
    kept = await it.pool.fetchval("SELECT digest FROM page_proof")
    assert kept not in answer.headers["set-cookie"].encode()


async def test_one_persons_code_opens_nobody_elses_page(house: Houses) -> None:
    it = await house(public_url="http://here")
    await it.hear(
        received(tell=(MOTHER, FATHER)),
        routed(),
        details(MOTHER),
        details(FATHER),
        papers(REASONS),
        decided(),
    )
    link = await a_link(it)
    whose = await it.pool.fetchval(
        "SELECT person_id FROM link WHERE code_hash = sha256($1::bytea)", link[3:].encode()
    )
    other = FATHER if whose == MOTHER else MOTHER
    async with browser(it) as family:
        code = await told(it, family, other)
        assert (await family.post(f"{link}/code", data={"digits": code})).status_code == 422
        assert REASONS not in (await family.get(link)).text


async def test_a_wrong_code_is_answered_beside_its_field_and_counts(house: Houses) -> None:
    it, link = await a_decision(house)
    async with browser(it) as family:
        code = await told(it, family)
        wrong = f"{(int(code) + 1) % 10**6:06d}"
        assert "Write the six digits" in (await family.post(f"{link}/code", data={"digits": "12"})).text
        answers = [await family.post(f"{link}/code", data={"digits": wrong}) for _ in range(TRIES)]
        assert {answer.status_code for answer in answers} == {422}
        assert "This is not the code" in answers[0].text
        assert "You need a new one" in answers[-1].text
        late = await family.post(f"{link}/code", data={"digits": code})
        assert "You need a new one" in late.text
        assert (await family.post(f"{link}/code", data={"digits": await told(it, family)})).status_code == 303


async def test_guesses_of_codes_end_for_the_address_that_makes_them(house: Houses) -> None:
    it, link = await a_decision(house)
    async with browser(it) as family:
        seen = {(await family.post(f"{link}/code", data={"digits": "000000"})).status_code for _ in range(31)}
    assert seen == {422, 429}


async def test_a_code_is_sent_to_the_other_contact_and_never_kept_in_clear(
    house: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    it, link = await a_decision(house)
    # The link went out as a text: the e-mail address is the other way.
    await it.pool.execute("""UPDATE message SET state = (state::jsonb || '{"channel": "text"}')::json""")
    post = Postman()
    monkeypatch.setattr(sending.Codes, "_made", lambda self, way: post)
    async with browser(it) as family:
        assert "Send it to your e-mail address" in (await family.get(f"{link}/code")).text
        assert post.letters == [], "looking sends nothing"
        sent = await family.post(f"{link}/code/send", data={"way": "email"})
        assert sent.status_code == 303
        assert "We have sent you a code" in (await family.get(sent.headers["location"])).text
        assert post.letters[0].to == "p-mother@families.example"
        rows = await it.pool.fetchval("SELECT string_agg(c::text, ' ') FROM page_code c")
        assert f"({post.code}" not in rows
        assert (await family.post(f"{link}/code", data={"digits": post.code})).status_code == 303
        assert REASONS in (await family.get(link)).text


async def test_where_texts_are_carried_the_code_of_a_mailed_link_goes_to_the_phone(
    house: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    it, link = await a_decision(house)
    await it.hear(details(phone="07700 900123"))
    post = Postman()
    monkeypatch.setattr(sending.Codes, "_made", lambda self, way: post)
    async with browser(it) as family:
        assert "to your phone" not in (await family.get(f"{link}/code")).text, "this house has no texts"
        monkeypatch.setattr(sending.Codes, "carried", frozenset({"email", "text"}))
        page = (await family.get(f"{link}/code")).text
        assert ("to your phone" in page, "to your e-mail" in page) == (True, False)
        assert (await family.post(f"{link}/code/send", data={"way": "text"})).status_code == 303
        (letter,) = post.letters
        assert (letter.to, letter.channel) == ("+447700900123", "text")
        assert len(letter.body) <= 160
        code = letter.body[:6]
        assert (await family.post(f"{link}/code", data={"digits": code})).status_code == 303


async def test_after_five_codes_no_more_are_sent_for_an_hour_and_a_failure_is_said(
    house: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    it, link = await a_decision(house)
    await it.pool.execute("""UPDATE message SET state = (state::jsonb || '{"channel": "text"}')::json""")
    post = Postman(Failed("smtp-550"))
    monkeypatch.setattr(sending.Codes, "_made", lambda self, way: post)
    async with browser(it) as family:
        for _ in range(IN_AN_HOUR + 1):
            answer = await family.post(f"{link}/code/send", data={"way": "email"})
            assert (answer.status_code, "No code can be sent" in answer.text) == (422, True)
        assert (await family.post(f"{link}/code/send", data={"way": "text"})).status_code == 422
    assert len(post.letters) == IN_AN_HOUR


async def test_another_site_can_post_nothing_for_a_family(house: Houses) -> None:
    it, link = await a_decision(house)
    async with browser(it) as family:
        for path in (f"{link}/code", f"{link}/code/send"):
            answer = await family.post(path, data={}, headers={"Sec-Fetch-Site": "cross-site"})
            assert answer.status_code == 403


async def test_a_person_of_the_council_tells_a_code_with_a_reason_that_is_kept(house: Houses) -> None:
    it, link = await a_decision(house)
    tom = await as_(it, "tom")
    message = await it.pool.fetchval("SELECT id FROM message LIMIT 1")
    path = f"/messages/{message}/page-code"
    assert path in (await tom.get(f"/messages/{message}")).text
    assert "How do you know" in (await tom.get(path)).text
    assert (await tom.post(path)).status_code == 422
    shown = (await tom.post(path, why="Rang the number that we have.")).text
    code = shown.split("The code is ")[1][:12].replace("&nbsp;", "")[:6]
    async with browser(it) as family:
        assert (await family.post(f"{link}/code", data={"digits": code})).status_code == 303
    row = await it.pool.fetchrow("SELECT given_by, why FROM page_code")
    assert tuple(row or ()) == ("tom", "Rang the number that we have.")
    assert await it.pool.fetchval("SELECT count(*) FROM access_log WHERE what = 'page-code'") == 1
    other = await as_(it, "school", "school-user")
    assert (await other.get(path)).status_code == 403
