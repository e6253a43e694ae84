"""Every link that a page shows somebody leads to a page that opens to them: as each role, from the start page on."""

import html
import re
from collections import Counter, deque
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import pytest

from services.referrals.domain.commands import AskForInformation
from tests.referrals.builders import TODAY, form, upn_of
from tests.referrals.conftest import Office, Offices
from tests.referrals.everybody import EVERYBODY, Browser, signs_in

#: Pages of one kind (two referrals, say) have the same links: so many of a kind are looked at.
_EACH = 2
_TYPED = "the address bar"
_ONE_OF_MANY = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32,}|\d+")


def kind_of(path: str) -> str:
    """What an address has in common with those of its kind."""
    parts = urlsplit(path)
    return _ONE_OF_MANY.sub("#", parts.path) + "?" + ",".join(sorted(re.findall(r"(\w+)=", parts.query)))


def links_of(path: str, text: str) -> Iterator[str]:
    """The addresses on this site to which a page leads, without the place within the page."""
    for href in re.findall(r'<a [^>]*?href="([^"]+)"', text):
        target = urlsplit(urljoin(f"//here{path}", html.unescape(href)))
        if target.netloc == "here":
            yield f"{target.path}?{target.query}" if target.query else target.path


async def dead_ends(who: Browser, *addresses: str) -> list[str]:
    """Every link that is answered by an error, with the page where it stands.

    ``addresses`` are begun from, too, where they open to this person: they stand in messages and search results.
    """
    found, looked, kinds = [], set(), Counter[str]()
    todo = deque([(each, _TYPED) for each in ("/", *addresses)])
    while todo:
        path, stood = todo.popleft()
        if path in looked or kinds[kind_of(path)] >= _EACH:
            continue
        looked.add(path)
        kinds[kind_of(path)] += 1
        answer = await who.get(path)
        if answer.status_code >= 400 and stood != _TYPED:
            found.append(f"{path} on {stood} is answered {answer.status_code}")
        elif answer.is_redirect:
            todo.append((urljoin(path, answer.headers["Location"]), path))
        elif "html" in answer.headers.get("Content-Type", ""):
            todo += [(link, path) for link in links_of(path, answer.text)]
    assert len(looked) > 3
    return found


async def furnished(it: Office) -> tuple[str, str]:
    """Referrals in several states, a form that is not sent yet and a question; the addresses of one and its child."""
    first = await it.refer(form())
    asked = await it.refer(form(child__upn=upn_of(2)))
    await it.refer(form(asks_for="outreach", child__upn=upn_of(3)))
    id = await it.pool.fetchval("SELECT id FROM referral WHERE reference = $1", asked)
    await it.running.runner.command(AskForInformation(str(id), "Which class?", TODAY, by="t"))
    senco = await signs_in(it, "school-user")
    await senco.post("/refer", {"draft": "acbac340-216c-435b-9ad2-8a3646852265"})
    question = {"form": "bcbac340-216c-435b-9ad2-8a3646852265", "topic": "ASD", "question": "Which books?"}
    asked_at = (await senco.post("/ask/question", question)).headers["Location"]
    sali = await signs_in(it, "sali")
    answer = {"seen": "1", "answer": "The library's list.", "minutes": "5"}
    assert (await sali.post(f"{asked_at}/answer", answer)).status_code == 303
    child = await it.pool.fetchval("SELECT child_id FROM referral WHERE reference = $1", first)
    return f"/referrals/{first}", f"/children/{child}"


@pytest.mark.slow
async def test_no_link_is_a_dead_end_for_whoever_is_shown_it(office: Offices) -> None:
    it = await office()
    known = await furnished(it)
    found = {name: ends for name in EVERYBODY if (ends := await dead_ends(await signs_in(it, name), *known))}
    assert found == {}
