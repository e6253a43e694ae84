"""A new link on request: nobody learns from the answer whether an address or a reference is known."""

from collections.abc import Awaitable, Callable

import httpx2
import pytest

from chassis import readable
from services.notifications.storage.new_links import IN_A_DAY
from services.notifications.web.family import codes
from services.notifications.web.family.new_link import PATH
from tests.notifications.builders import FATHER, MOTHER, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_proving import Postman
from tests.notifications.test_web import a_link, browser

Houses = Callable[..., Awaitable[House]]
REFERENCE, HERS = "ABCD-EFGH-JKM4", "p-mother@families.example"


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Postman:
    found = Postman()
    monkeypatch.setattr(codes.Codes, "_made", lambda self, way: found)
    return found


async def told(house: Houses) -> House:
    it = await house()
    await it.hear(received(), routed(), details(), details(FATHER))
    await a_link(it)
    return it


async def ask(family: httpx2.AsyncClient, reference: str = REFERENCE, email: str = HERS) -> httpx2.Response:
    return await family.post(PATH, data={"reference": reference, "email": email})


@pytest.mark.parametrize("typed", ["abcd-efgh-jkm4", "ABCDEFGHJKM4", " abcd efgh jkm4 "])
def test_a_reference_is_read_however_it_is_typed(typed: str) -> None:
    assert readable.tidied(typed) == REFERENCE


async def test_whoever_is_to_be_told_gets_a_link_that_works(house: Houses, post: Postman) -> None:
    it = await told(house)
    async with browser(it) as family:
        assert (await ask(family, email=HERS.upper())).status_code == 303
        (letter,) = post.letters
        assert letter.to == HERS
        link = "/f/" + letter.body.split("/f/")[1].split()[0]
        assert (await family.get(link)).status_code == 200
    assert await it.pool.fetchval("SELECT person_id FROM link WHERE asked") == MOTHER


@pytest.mark.parametrize(
    ("reference", "email"),
    [
        ("ABCD-EFGH-0000", HERS),
        (REFERENCE, "stranger@families.example"),
        (REFERENCE, "p-father@families.example"),
        ("%", "%"),
    ],
)
async def test_a_stranger_is_answered_the_same_and_sent_nothing(
    house: Houses, post: Postman, reference: str, email: str
) -> None:
    it = await told(house)
    async with browser(it) as family:
        hers = await ask(family)
        answer = await ask(family, reference, email if "@" in email else "a@b.example")
        assert (answer.status_code, answer.text) == (hers.status_code, hers.text)
        assert answer.headers["location"] == hers.headers["location"]
        assert "belong together" in (await family.get(answer.headers["location"])).text
    assert len(post.letters) == 1


async def test_who_may_not_be_told_any_more_is_sent_nothing(house: Houses, post: Postman) -> None:
    it = await told(house)
    await it.hear(details(may_be_told=False))
    async with browser(it) as family:
        assert (await ask(family)).status_code == 303
    assert post.letters == []


async def test_a_person_is_sent_a_few_in_a_day_and_an_address_asks_for_a_few(
    house: Houses, post: Postman
) -> None:
    it = await told(house)
    async with browser(it) as family:
        seen = [(await ask(family)).status_code for _ in range(31)]
    assert seen == [303] * 30 + [429]
    assert len(post.letters) == IN_A_DAY


async def test_the_form_is_there_and_where_a_link_leads_nowhere_it_is_named(house: Houses) -> None:
    it = await house()
    async with browser(it) as family:
        assert PATH in (await family.get("/f/x")).text
        form = await family.get(PATH)
    assert form.status_code == 200
    assert "Your e-mail address" in form.text


async def test_what_is_missing_is_said_beside_its_field(house: Houses, post: Postman) -> None:
    it = await told(house)
    async with browser(it) as family:
        answer = await ask(family, "", "nobody")
    assert answer.status_code == 422
    assert "Write the reference" in answer.text
    assert "Write an e-mail address" in answer.text


async def test_who_reads_polish_gets_the_new_link_in_polish(house: Houses, post: Postman) -> None:
    it = await house(draft_translations=True)
    await it.hear(received(), routed(), details(language="pl"))
    await a_link(it)
    async with browser(it) as family:
        await ask(family)
    (letter,) = post.letters
    assert "Otwórz stronę:" in letter.body
    assert '<html lang="pl"' in (letter.html() if letter.html else "")
