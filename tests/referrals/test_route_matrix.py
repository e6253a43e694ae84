"""Every route with every role, against a table written by hand (`tests.referrals.matrix`)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from chassis.web.hosting import make_web
from schemas.family_v1 import FamilySaid
from services.referrals.domain.evidence import BeginUpload, StoredFile
from services.referrals.domain.intake.drafts import StartDraft
from services.referrals.domain.register.by_hand import KeepSetting
from services.referrals.domain.staff.restricted import RestrictReferral
from services.referrals.domain.staff.tokens import MakeToken
from services.referrals.storage import by_reference, uploads
from services.referrals.storage.register_uploads import Upload, keep_upload
from services.referrals.storage.uploads import Row
from services.referrals.web.acts import ACTS
from tests.referrals.builders import NOW, form, upn_of
from tests.referrals.conftest import GRANTS, Office, Offices, apply
from tests.referrals.everybody import EVERYBODY, Browser, signs_in
from tests.referrals.matrix import API, GIVEN, OPEN, PAGES
from tests.referrals.matrix import Row as Meant

pytestmark = pytest.mark.slow

#: One route that stands for many: each of its acts has a line of its own.
_ACTS = "/referrals/{reference}/{code}"
OURS, OUTREACH, RESTRICTED, ENQUIRY = "", "@outreach", "@restricted", "@enquiry"
#: A form on its way, and a file that belongs to it.
DRAFT, FILE = "8c1f4a52-63c5-4f0e-9a2c-0d5b6f7e8a91", "1b2c3d4e-5f60-4a7b-8c9d-0e1f2a3b4c5d"
#: What a family wrote.
WORDS = "4e5f6071-8293-4d0e-8f1a-2b3c4d5e6f70"
#: Lists that were uploaded.
LIST, CASES = "2c3d4e5f-6071-4b8c-9d0e-1f2a3b4c5d6e", "3d4e5f60-7182-4c9d-8e0f-2a3b4c5d6e7f"
#: A setting that is kept by hand, and an extract that was sent.
BY_HAND, IMPORT = "IN9001", "5f0d3c8e-93f1-4a0b-8d1c-3f6a5b7c9d10"
_OWN = {"refer": DRAFT, "bulk": LIST, "open-cases": CASES, "register": IMPORT}
#: What only the papers and persons of a child say.
PERSONAL = ("Hazelden", "Wilf", "visual timetable")


@dataclass
class Town:
    """Everybody signed in, and the things that routes are about."""

    office: Office
    people: dict[str, Browser]
    references: dict[str, str]
    ids: dict[str, str]
    children: dict[str, str]
    token_id: str

    def path(self, line: str) -> tuple[str, str]:
        """Method and path of a line of the table, its parameters filled in."""
        method, template, *mark = line.split(" ")
        path = template.format(
            reference=self.references[mark[0] if mark else OURS],
            id=_OWN.get(template.split("/")[1]) or self.children.get(mark[0] if mark else OURS),
            urn=BY_HAND,
            kept=self.children[OURS],
            other=self.children[OUTREACH],
            what="question",
            act="close",
            staff_id="school-user",
            token_id=self.token_id,
            name="look.css",
            file_id=FILE,
            slug="child",
            number=0,
            words_id=WORDS,
            code_id=WORDS,
            message_id=WORDS,
        )
        given = GIVEN.get(f"{method} {template}", {})
        return method, f"{path}?{urlencode(given)}" if given and method == "GET" else path


@pytest.fixture
async def town(office: Offices) -> Town:
    here = await office()
    await here.running.runner.command(KeepSetting(BY_HAND, "Cedar House", "all-through", "Hitchin", "a test"))
    await here.running.keep()
    async with here.pool.acquire() as conn:
        await keep_upload(conn, Upload(IMPORT, NOW, "manager", "e.csv", "received", 0, {}), b"")
    people = {name: await signs_in(here, name) for name in EVERYBODY}
    references = {
        OURS: await here.refer(form()),
        OUTREACH: await here.refer(
            form(child__upn=upn_of(1), asks_for="outreach", child__primary_need="SEMH", child__other_needs=[])
        ),
        RESTRICTED: await here.refer(form(child__upn=upn_of(2))),
    }
    ids, children = {}, {}
    async with here.pool.acquire() as conn:
        for mark, reference in references.items():
            referral = await by_reference(conn, reference)
            assert referral is not None
            ids[mark], children[mark] = referral.id, referral.child_id
    run = here.running.runner.command
    await run(RestrictReferral(ids[RESTRICTED], frozenset({"manager"}), "The child of a colleague.", "x"))
    said = {
        "words_id": WORDS,
        "referral_id": ids[OURS],
        "person_id": "p",
        "about": "worried",
        "words": "He cries.",
    }
    await apply(here.running, FamilySaid(**said, said_at=NOW))
    scopes = frozenset({"referrals:submit", "referrals:read"})
    await run(MakeToken("t-made", _digest("made"), "Arbor", "900401", scopes, "x"))
    await run(MakeToken("t-school", _digest("of-the-school"), "Arbor", "900001", scopes, "x"))
    await run(StartDraft(DRAFT, "900001", "school-user", "School User", form()))
    file = StoredFile(
        id=FILE,
        urn="900001",
        by="school-user",
        name="r.pdf",
        object="o",
        key="k",
        received_at=NOW,
        draft_id=DRAFT,
    )
    await run(BeginUpload(file))
    async with here.pool.acquire() as conn:
        await uploads.keep(conn, LIST, "referrals", "school-user", NOW, [Row(2, "right", b"sealed")])
        await uploads.keep(conn, CASES, "open-cases", "manager", NOW, [Row(2, "right", b"sealed")])
    return Town(
        here,
        people,
        {**references, ENQUIRY: await _enquiry(people["school-user"])},
        ids,
        children,
        "t-school",
    )


async def _enquiry(asker: Browser) -> str:
    """A question that the school has asked; its reference."""
    page = await asker.get("/ask/question")
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text))
    sent = await asker.post("/ask/question", {**hidden, "question": "How do we plan a move to year 7?"})
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"]).rsplit("/", 1)[-1]


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def lines(office: Office) -> Iterator[str]:
    """Every route of the service, as the table writes it."""
    for found in iter_route_contexts(make_web(office.running).routes):
        assert isinstance(found.original_route, APIRoute), f"{found.path} is no route that asks who calls"
        for method in sorted((found.original_route.methods or set()) - {"HEAD"}):
            paths = [_ACTS.replace("{code}", act) for act in ACTS] if found.path == _ACTS else [found.path]
            yield from (f"{method} {path}" for path in paths)


async def test_every_route_has_a_line_in_the_table_and_every_line_a_route(office: Offices) -> None:
    routes = set(lines(await office()))
    written = {" ".join(line.split(" ")[:2]) for line in (*PAGES, *API, *OPEN)}
    assert routes - written == set(), "write down in tests/referrals/matrix.py who may do this"
    assert written - routes == set(), "these lines have no route any more"


def test_everybody_in_the_table_is_somebody() -> None:
    for table, known in ((PAGES, {*EVERYBODY, "everybody"}), (API, {*GRANTS, "made"})):
        for line, row in table.items():
            named = [*row.may.split(), *row.blind.split()]
            assert set(named) <= known, line
            assert len(named) == len(set(named)), f"{line}: somebody is named twice"


def meant(row: Meant, name: str) -> str:
    if row.may == "everybody" or name in row.may.split():
        return "may"
    return "blind" if name in row.blind.split() else "refused"


def answered(answer: httpx2.Response) -> str:
    to = answer.headers.get("location", "")
    if answer.status_code == 404 or to.startswith("/glass/"):
        return "blind"
    if answer.status_code in (401, 403) or to.startswith("/sign-in"):
        return "refused"
    assert answer.status_code < 500, answer.text
    return "may"


#: Those who are let through come last: what they do may change what the others would find.
def in_order(row: Meant, names: list[str]) -> list[str]:
    return sorted(names, key=lambda name: meant(row, name) == "may")


@dataclass
class Look:
    """Somebody's look at a page: how far they got, whether they saw a child's record, whether that was recorded."""

    line: str
    name: str
    answered: str
    shown: bool
    recorded: bool


_LOOKS: list[Look] = []


async def looks(town: Town) -> list[Look]:
    """Everybody's at every page of a town in which nothing has happened yet: taken once, for all who ask."""
    if not _LOOKS:
        lines = [line for line in PAGES if line.startswith("GET")]
        _LOOKS.extend([await _look(town, line, name) for line in lines for name in EVERYBODY])
    return _LOOKS


async def _look(town: Town, line: str, name: str) -> Look:
    _, path = town.path(line)
    before = await _recorded(town, f"staff:{name}")
    answer = await town.people[name].get(path)
    shown = any(word in answer.text for word in PERSONAL)
    recorded = shown and await _recorded(town, f"staff:{name}") != before
    return Look(line, name, answered(answer), shown, recorded)


async def test_every_role_gets_as_far_as_the_table_says(town: Town) -> None:
    found = [(look.line, look.name, look.answered) for look in await looks(town)]
    for line, row in PAGES.items():
        method, path = town.path(line)
        given = GIVEN.get(" ".join(line.split(" ")[:2]), {})
        for name in in_order(row, list(EVERYBODY)) if method != "GET" else ():
            found.append((line, name, answered(await town.people[name].post(path, given))))
    wrong = [
        f"{line}: {name} is {answer}, not {meant(PAGES[line], name)}"
        for line, name, answer in found
        if answer != meant(PAGES[line], name)
    ]
    assert wrong == []
    assert len(found) == len(PAGES) * len(EVERYBODY)


async def test_nobody_gets_anywhere_without_signing_in(town: Town) -> None:
    wrong = []
    for line in PAGES:
        method, path = town.path(line)
        answer = await town.office.http.request(method, path, headers={"Accept": "text/html"})
        if answered(answer) != "refused":
            wrong.append(f"{line}: {answer.status_code}")
    assert wrong == []


async def test_every_token_gets_as_far_as_the_table_says(town: Town) -> None:
    wrong = []
    for line, row in API.items():
        method, path = town.path(line)
        given = GIVEN.get(" ".join(line.split(" ")[:2]), {})
        for name in in_order(row, [*GRANTS, "made"]):
            answer = await _asks(town, method, path, name, given)
            if answered(answer) != meant(row, name):
                wrong.append(f"{line}: {name} is {answered(answer)}, not {meant(row, name)}")
    assert wrong == []


async def _asks(town: Town, method: str, path: str, token: str, given: dict[str, str]) -> httpx2.Response:
    if method == "GET":
        return await town.office.get(path, token)
    if method == "DELETE":
        return await town.office.http.delete(path, headers={"Authorization": f"Bearer {token}"})
    return await town.office.post(path, given, token)


async def test_a_session_is_no_token_and_a_token_is_no_session(town: Town) -> None:
    reference = town.references[OURS]
    page = await town.office.http.get(
        f"/referrals/{reference}", headers={"Authorization": "Bearer team", "Accept": "application/json"}
    )
    assert page.status_code == 401
    assert (await town.people["team"].get(f"/api/referrals/{reference}")).status_code == 401


async def test_whatever_shows_a_childs_record_is_recorded(town: Town) -> None:
    """Whoever is shown a name or a word of a child stands in the record of reads, whichever route it was."""
    shown = [look for look in await looks(town) if look.shown]
    assert [f"{look.line}: {look.name}" for look in shown if not look.recorded] == []
    assert "GET /referrals/{reference}" in {look.line for look in shown}, (
        "nothing was shown, so nothing was tried"
    )


async def test_a_read_by_a_program_is_recorded(town: Town) -> None:
    await town.office.get(f"/api/referrals/{town.references[OURS]}", "made")
    assert await _recorded(town, "token:t-made") == 0
    await town.office.get(f"/api/referrals/{town.references[OURS]}", "of-the-school")
    assert await _recorded(town, "token:t-school") == 1


async def test_the_record_says_what_was_read(town: Town) -> None:
    await town.people["team"].get(f"/referrals/{town.references[OURS]}")
    row = await town.office.pool.fetchrow("SELECT who, what, subject FROM access_log")
    assert tuple(row or ()) == ("staff:team", "referral", town.ids[OURS])


async def _recorded(town: Town, who: str) -> Any:
    return await town.office.pool.fetchval("SELECT count(*) FROM access_log WHERE who = $1", who)
