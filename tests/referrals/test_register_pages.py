"""The register of schools and the rules of routing as pages."""

import gzip
import re
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from chassis.web.people import Grant, Person
from services.referrals.domain.register.by_hand import KeepSetting
from services.referrals.register_imports import import_next
from services.referrals.storage.register_uploads import MOST_WAITING
from services.referrals.web.register.importing import LIVE, counts_of
from tests.referrals.builders import form
from tests.referrals.conftest import Office, Offices
from tests.referrals.everybody import EVERYBODY, Browser, signs_in
from tests.support.extract import school, write

OURS = {"LA (code)": "919", "Town": "Hitchin", "EstablishmentStatus (name)": "Open", "CloseDate": ""}
TRIED = {
    "urn": "900401",
    "asks_for": "outreach",
    "need": "MLD",
    "sen_provision": "K",
    "born-day": "5",
    "born-month": "3",
    "born-year": "2016",
}


@pytest.fixture
async def here(office: Offices) -> Office:
    return await office()


async def manager(here: Office) -> Browser:
    return await signs_in(here, "manager")


async def sends(
    here: Office, who: Browser, content: bytes, once: str | None = None, links: bytes | None = None
) -> str:
    """Uploads an extract, and its file of links; answers the address of its progress."""
    headers = {"Accept": "text/html", "Cookie": "; ".join(f"{k}={v}" for k, v in who.held.cookies.items())}
    answer = await here.http.post(
        "/register/import",
        data={"csrf": who.held.csrf, "form": once or str(uuid4())},
        files={
            "file": ("e.csv", content, "text/csv"),
            "links": ("links.csv" if links else "", links or b"", "text/csv"),
        },
        headers=headers,
    )
    assert answer.status_code in (303, 422), answer.text
    return answer.headers.get("location", answer.text)


async def imports(here: Office) -> bool:
    return await import_next(here.running, here.running.service.book)  # type: ignore[attr-defined]


# Search and one school ------------------------------------------------------------------------------


async def test_a_school_is_found_by_words_of_its_name_its_town_or_its_number(here: Office) -> None:
    who = await manager(here)
    for words in ("900001", "larkspur", "HITCHIN larkspur"):
        page = (await who.get(f"/register?q={words.replace(' ', '+')}")).text
        assert "/register/900001" in page, words
    assert "Nothing in the register" in (await who.get("/register?q=nowhere-at-all")).text
    assert "North Herts" in (await who.get("/register/900001")).text
    assert (await who.get("/register/123456")).status_code == 404


async def test_a_setting_is_added_changed_closed_and_opened_and_its_history_tells_it(here: Office) -> None:
    who = await manager(here)
    given = {"urn": "IN2001", "name": "Cedar House", "kind": "all-through", "town": "hitchin", "area": ""}
    assert (await who.post("/register/new", given)).headers["location"] == "/register/IN2001"
    assert await here.refer(form(urn="IN2001"), "supplier")
    await who.post("/register/IN2001/change", {**given, "name": "Cedar House School"})
    shut = {"on-day": "1", "on-month": "3", "on-year": "2026", "successor": "900001"}
    assert (await who.post("/register/IN2001/close", shut)).status_code == 303
    assert "school-closed" in (await here.post("/api/referrals", form(urn="IN2001"), "supplier")).text
    await who.post("/register/IN2001/change", {**given, "name": "Cedar House School"})
    page = (await who.get("/register/IN2001")).text
    told = ["Opened again by Manager", "Closed by Manager", "Changed by Manager", "Added by Manager"]
    assert [page.index(each) for each in told] == sorted(page.index(each) for each in told)
    assert "Name: Cedar House → Cedar House School" in page


async def test_what_is_wrong_with_a_setting_is_said_beside_its_field_and_what_was_typed_stays(
    here: Office,
) -> None:
    who = await manager(here)
    wrong = {"urn": "900001", "name": "Wrens", "kind": "", "town": "Nowhere", "area": ""}
    answer = await who.post("/register/new", wrong)
    assert answer.status_code == 422
    for field in ("urn", "kind", "area"):
        assert f'href="#{field}"' in answer.text
    assert 'value="Wrens"' in answer.text
    await here.running.runner.command(KeepSetting("EY3001", "Wrens", "early-years", "Ware", "a test"))
    await here.running.keep()
    answer = await who.post("/register/EY3001/close", {"successor": "999999"})
    assert answer.status_code == 422
    assert 'href="#on-day"' in answer.text
    assert (await who.post("/register/900001/close", {})).status_code == 404


# An extract -----------------------------------------------------------------------------------------


async def test_an_extract_is_imported_by_a_worker_and_its_page_says_what_it_did(
    here: Office, tmp_path: Path
) -> None:
    who = await manager(here)
    rows = [school(1, **OURS), school(2, **{**OURS, "Town": "Ickleford"}), school(3, **{**OURS, "URN": "12"})]
    address = await sends(here, who, write(tmp_path / "1.csv", rows).read_bytes())
    assert "in the queue" in (await who.get(address)).text
    assert "is being imported now" in (await who.get("/register")).text
    assert await imports(here)
    page = (await who.get(address)).text
    assert "The extract was imported" in page
    assert 'data-count="added">2<' in page
    assert "Row 4: the URN is not six digits" in page
    assert "100002" in page
    assert "Ickleford" in page
    assert "by Manager" in (await who.get("/register")).text
    assert not await imports(here)
    assert await here.pool.fetchval("SELECT content FROM register_upload") is None


async def test_what_an_import_changed_stands_in_the_history_of_the_school(
    here: Office, tmp_path: Path
) -> None:
    who = await manager(here)
    for changed in (
        {},
        {"EstablishmentName": "New Name"},
        {"EstablishmentStatus (name)": "Closed", "CloseDate": "01-03-2026"},
    ):
        file = write(tmp_path / "e.csv", [school(1, **{**OURS, "EstablishmentName": "Old Name", **changed})])
        await sends(here, who, file.read_bytes())
        assert await imports(here)
    page = (await who.get("/register/100001")).text
    assert (
        page.index("Closed by an import")
        < page.index("Changed by an import")
        < page.index("Added by an import")
    )
    assert "Name: Old Name → New Name" in page
    assert "State: open → closed" in page


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("URN,Town".encode("utf-16"), "this file is in UTF-16"),
        (b"PK\x03\x04", "a workbook or an archive"),
        (b"URN;Town\n1;2", "divided by semicolons"),
        (b"Name,Town\nA,B", "The column URN is missing"),
    ],
)
async def test_a_file_that_is_no_extract_is_refused_with_what_to_do(
    here: Office, content: bytes, why: str
) -> None:
    who = await manager(here)
    address = await sends(here, who, content)
    assert await imports(here)
    page = (await who.get(address)).text
    assert why in page
    assert "Nothing was changed" in page
    assert await here.pool.fetchval("SELECT count(*) FROM register_import") == 0


async def test_without_a_file_and_with_an_empty_one_the_page_asks_again(here: Office) -> None:
    who = await manager(here)
    assert "The file is empty" in await sends(here, who, b"")
    assert (await who.get("/register/import/5f0d3c8e-93f1-4a0b-8d1c-3f6a5b7c9d10")).status_code == 404


async def test_a_file_of_links_says_who_took_over_from_a_school_that_closed(
    here: Office, tmp_path: Path
) -> None:
    who = await manager(here)
    closed = {**OURS, "EstablishmentStatus (name)": "Closed", "CloseDate": "01-03-2026"}
    rows = [
        school(1, **closed, EstablishmentName="Old School"),
        school(2, **OURS, EstablishmentName="New School"),
    ]
    links = b"URN,LinkURN,LinkName,LinkType\n100001,100002,New School,Successor\n"
    await sends(here, who, write(tmp_path / "1.csv", rows).read_bytes(), links=links)
    assert await imports(here)
    refused = await here.post("/api/referrals", form(urn="100001"), "supplier")
    assert "refer from New School (100002), which took over" in refused.text
    assert await here.pool.fetchval("SELECT count(*) FROM register_upload WHERE links IS NOT NULL") == 0


async def test_a_file_that_is_no_file_of_links_changes_nothing(here: Office, tmp_path: Path) -> None:
    who = await manager(here)
    content = write(tmp_path / "1.csv", [school(1, **OURS)]).read_bytes()
    address = await sends(here, who, content, links=b"URN,Name\n1,2\n")
    assert await imports(here)
    page = (await who.get(address)).text
    assert "The file of links: the columns URN, LinkURN and LinkType are needed" in page
    assert await here.pool.fetchval("SELECT count(*) FROM register_import") == 0


async def test_how_far_an_import_is_can_be_followed_by_those_who_manage_the_register(here: Office) -> None:
    await here.pool.execute(
        "INSERT INTO register_upload (id, at, by, name, state, rows_read) "
        "VALUES ('5f0d3c8e-93f1-4a0b-8d1c-3f6a5b7c9d10', now(), 'x', 'e', 'running', 1200)"
    )
    who, other = await manager(here), await signs_in(here, "school-user")
    page = (await who.get("/register/import/5f0d3c8e-93f1-4a0b-8d1c-3f6a5b7c9d10")).text
    (live, name) = re.findall(r'data-live="(.*?)" data-count="(.*?)">1200<', page)[0]
    assert live == LIVE
    counts = counts_of(here.running)
    async with here.pool.acquire() as conn:
        assert await counts(conn, _person(who)) == {name: 1200}
        assert await counts(conn, _person(other)) == {}


def _person(who: Browser) -> Person:
    role, scope = EVERYBODY[who.id]
    return Person(who.id, who.id, frozenset({Grant(role, scope)}), "")


async def test_the_same_upload_sent_twice_is_one_import(here: Office, tmp_path: Path) -> None:
    who, once = await manager(here), str(uuid4())
    content = write(tmp_path / "1.csv", [school(1, **OURS)]).read_bytes()
    assert await sends(here, who, content, once) == await sends(here, who, content, once)
    assert await imports(here)
    assert not await imports(here)


async def test_only_so_many_extracts_wait_until_one_is_done(here: Office, tmp_path: Path) -> None:
    who = await manager(here)
    content = write(tmp_path / "1.csv", [school(1, **OURS)]).read_bytes()
    for _ in range(MOST_WAITING):
        assert (await sends(here, who, content)).startswith("/register/import/")
    assert "send this one when one of them is done" in await sends(here, who, content)
    assert await imports(here)
    assert (await sends(here, who, content)).startswith("/register/import/")


async def test_an_import_whose_worker_died_is_taken_up_again(here: Office, tmp_path: Path) -> None:
    content = gzip.compress(write(tmp_path / "1.csv", [school(1, **OURS)]).read_bytes())
    await here.pool.execute(
        "INSERT INTO register_upload (id, at, by, name, state, content, seen_at) "
        "VALUES (gen_random_uuid(), now(), 'x', 'e', 'running', $1, clock_timestamp() - interval '1 minute')",
        content,
    )
    assert not await imports(here)
    await here.pool.execute("UPDATE register_upload SET seen_at = seen_at - interval '2 minutes'")
    assert await imports(here)


# Rules ----------------------------------------------------------------------------------------------


async def test_the_rules_in_force_are_shown_with_their_day(here: Office) -> None:
    page = (await (await manager(here)).get("/routing")).text
    assert "outreach-2025-09" in page
    assert "In force from 2025-09-01" in page
    assert "For whatever no rule above has placed." in page


@pytest.mark.parametrize(
    ("day", "rule", "name"),
    [
        (date(2025, 8, 31), "outreach", "Outreach Co-ordinator, area 5"),
        (date(2025, 9, 1), "outreach-2025-09", "Single Service Request, area 5"),
    ],
)
async def test_typed_in_facts_are_explained_by_the_rules_of_their_day(
    here: Office, day: date, rule: str, name: str
) -> None:
    on = {"on-day": str(day.day), "on-month": str(day.month), "on-year": str(day.year)}
    answer = await (await manager(here)).post("/routing", {**TRIED, **on})
    assert answer.status_code == 200
    assert name in answer.text
    assert f"school, learning, no EHCP; rule {rule}</strong>" in answer.text
    assert "placement-panel: what is asked for is outreach, not placement" in answer.text


async def test_facts_that_are_missing_are_asked_for(here: Office) -> None:
    answer = await (await manager(here)).post("/routing", {"urn": "1"})
    assert answer.status_code == 422
    for field in ("urn", "asks_for", "need", "sen_provision", "born-day"):
        assert f'href="#{field}"' in answer.text
    later = await (await manager(here)).post("/routing", {**TRIED, "born-year": "2030"})
    assert later.status_code == 422
