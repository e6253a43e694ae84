"""Evidence of a referral: uploaded, scanned, opened by whoever may see it, added after sending."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.referrals_v1 import PlacementAsk
from services.referrals import lost_files
from services.referrals.domain.commands import StepReferral
from services.referrals.scanning import Scanner, Tidier
from services.referrals.vault import MARK, Vault
from tests.referrals.conftest import RINGS
from tests.referrals.referring import PDF, Sites, errors, filled, started
from tests.referrals.signed_in import Browser, Site, site
from tests.support.clamd import EICAR, fake_clamd
from tests.support.commands import typed


@pytest.fixture
def pages(database: Callable[..., Awaitable[Any]], tmp_path: Path) -> Sites:
    """Makes a service with pages, and a folder for evidence."""

    async def make(**given: Any) -> Site:
        store = {"evidence_store": (tmp_path / "evidence").as_uri(), "evidence_mb": 1, "keyrings": RINGS}
        return await site(database, **(store | given))

    return make


PAPER = {"kind": "report", "title": "A report"}


async def with_file(
    it: Site, who: Browser, name: str = "Report.pdf", content: bytes = PDF
) -> tuple[str, str]:
    draft = await started(who)
    answer = await who.upload(f"{draft}/evidence/0", PAPER, name, content)
    assert answer.status_code == 303, errors(answer.text)
    return draft, await it.pool.fetchval(
        "SELECT id FROM evidence WHERE stage <> 'dropped' ORDER BY received_at DESC, id"
    )


def objects(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != MARK]


def vault(it: Site) -> Vault:
    given: Any = it.running.settings
    return Vault.at(given.evidence_store, it.running.seals)


async def test_a_file_is_opened_by_nobody_before_it_was_scanned(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft, id = await with_file(it, who)
    assert "being checked for viruses" in (await who.get(f"{draft}/evidence")).text
    assert (await who.get(f"/evidence/{id}")).status_code == 409
    async with fake_clamd() as clamd:
        await Scanner(it.running, vault(it), clamd.address).once()
    given = await who.get(f"/evidence/{id}")
    assert (given.status_code, given.content) == (200, PDF)
    assert given.headers["Content-Disposition"].startswith("attachment")
    assert "Report.pdf" in given.headers["Content-Disposition"]
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert given.headers["Content-Type"] == "application/pdf"
    read = await it.pool.fetchrow("SELECT who, what, subject FROM access_log WHERE what = 'evidence'")
    assert tuple(read or ()) == ("staff:senco", "evidence", id)


async def test_an_infected_file_is_deleted_and_the_school_is_told(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft, id = await with_file(it, who, content=PDF + EICAR)
    async with fake_clamd() as clamd:
        await Scanner(it.running, vault(it), clamd.address).once()
    await Tidier(it.running, vault(it)).once()
    assert "A virus was found in it" in (await who.get(f"{draft}/evidence")).text
    assert (await who.get(f"/evidence/{id}")).status_code == 410
    await filled(who, draft)
    answer = await who.post(f"{draft}/send")
    assert answer.status_code == 422
    assert "A virus was found in this file" in answer.text


async def given_up(it: Site, folder: Path) -> None:
    """The store has lost the file, and an operator gives it up."""
    for each in objects(folder):
        each.unlink()
    id = await it.pool.fetchval("SELECT id FROM evidence")
    words = ("evidence", "give-up", id, "--by", "Asha", "--reason", "why", "--yes")
    assert "given up" in (await typed(it.running, lost_files.add, *words)).output
    await Tidier(it.running, vault(it)).once()


async def test_a_referral_says_that_a_file_was_lost_and_asks_for_it(pages: Sites, tmp_path: Path) -> None:
    it = await pages()
    who = await it.as_("senco")
    path = await sent(it, who)
    await who.upload(f"{path}/evidence", {**PAPER, "reason": "It came.", "form": "token"}, "b.pdf", PDF)
    await given_up(it, tmp_path)
    assert "we lost the file: the school needs to send it again" in (await who.get(path)).text


async def test_a_draft_says_that_a_file_was_lost_and_is_not_sent_with_it(
    pages: Sites, tmp_path: Path
) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft, id = await with_file(it, who)
    await given_up(it, tmp_path)
    assert "We lost this file" in (await who.get(f"{draft}/evidence")).text
    await filled(who, draft)
    answer = await who.post(f"{draft}/send")
    assert answer.status_code == 422
    assert "upload it again" in answer.text
    assert (await who.get(f"/evidence/{id}")).status_code == 410


async def test_evidence_goes_to_the_team_that_has_the_referral_and_to_nobody_else(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft, id = await with_file(it, who)
    await filled(who, draft)
    async with fake_clamd() as clamd:
        await Scanner(it.running, vault(it), clamd.address).once()
    assert (await (await it.as_("autism-team")).get(f"/evidence/{id}")).status_code == 404
    assert (await who.post(f"{draft}/send")).status_code == 303
    may = {
        "senco": 200,
        "colleague": 200,
        "autism-team": 200,
        "deaf-team": 404,
        "other-school": 404,
        "nobody": 404,
    }
    assert {name: (await (await it.as_(name)).get(f"/evidence/{id}")).status_code for name in may} == may
    papers = await it.pool.fetchval("SELECT state::text FROM papers")
    assert '"state":"clean"' in papers


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("Report.pdf", b"", "empty"),
        ("Report.pdf", b"MZ\x90\0" + b"\0" * 20_000, "not what its name says"),
        ("Report.exe", b"MZ", "must be a PDF"),
        ("Report.pdf", PDF * 60, "larger than 1 MB"),
    ],
)
async def test_a_file_that_is_not_taken_is_explained_and_nothing_of_it_is_kept(
    pages: Sites, tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft = await started(who)
    answer = await who.upload(f"{draft}/evidence/0", PAPER, name, content)
    assert answer.status_code == 422
    assert any(words in each for each in errors(answer.text)), errors(answer.text)
    assert 'value="A report"' in answer.text
    await Tidier(it.running, vault(it)).once()
    assert objects(tmp_path) == []


async def test_two_gigabytes_are_refused_without_being_read(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft = await started(who)
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield (
            b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n' + who.held.csrf.encode() + b"\r\n"
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
        )
        while sent < 2_000_000_000:
            sent += len(PDF)
            yield PDF

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await who.http.post(f"{draft}/evidence/0", content=endless(), headers=headers)
    assert answer.status_code == 422
    assert sent < 10_000_000


async def test_a_paper_without_a_file_and_one_whose_file_is_taken_off(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft, id = await with_file(it, who)
    await who.upload(f"{draft}/evidence/1", {**PAPER, "title": "On paper"}, "", b"")
    listed = (await who.get(f"{draft}/evidence")).text
    assert "On paper" in listed
    marks = re.findall(r'name="mark" value="(\w+)"', listed)
    await who.post(f"{draft}/evidence/0/remove", {"mark": marks[0]})
    assert "Report.pdf" not in (await who.get(f"{draft}/evidence")).text
    assert await it.pool.fetchval("SELECT stage FROM evidence WHERE id = $1", id) == "dropped"
    await Tidier(it.running, vault(it)).once()
    assert (await who.get(f"/evidence/{id}")).status_code == 410


async def test_an_upload_that_breaks_off_leaves_nothing(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft = await started(who)
    body = (
        b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n' + who.held.csrf.encode() + b"\r\n"
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + PDF
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    assert (await who.http.post(f"{draft}/evidence/0", content=body, headers=headers)).status_code == 400
    assert await it.pool.fetchval("SELECT stage FROM evidence") == "dropped"


async def test_where_no_store_is_set_papers_are_named_and_no_file_is_taken(pages: Sites) -> None:
    it = await pages(evidence_store="")
    who = await it.as_("senco")
    draft = await started(who)
    assert "Files cannot be sent" in (await who.get(f"{draft}/evidence/0")).text
    assert (await who.upload(f"{draft}/evidence/0", PAPER, "a.pdf", PDF)).status_code == 303
    assert await it.pool.fetchval("SELECT count(*) FROM evidence") == 0


async def sent(it: Site, who: Browser) -> str:
    """A referral that was sent; answers its path."""
    draft = await started(who)
    await filled(who, draft)
    assert (await who.post(f"{draft}/send")).status_code == 303
    return f"/referrals/{await it.pool.fetchval('SELECT reference FROM referral')}"


async def test_a_paper_is_added_after_sending_and_opens_from_the_referral_once_it_is_clean(
    pages: Sites,
) -> None:
    it = await pages()
    who = await it.as_("senco")
    path = await sent(it, who)
    given = {**PAPER, "reason": "It came today.", "form": "token"}
    for _ in range(2):
        answer = await who.upload(f"{path}/evidence", given, "Report.pdf", PDF)
        assert (answer.status_code, answer.headers["Location"]) == (303, path)
    page = (await who.get(path)).text
    assert page.count("A report") == 1
    assert "being checked for viruses" in page
    async with fake_clamd() as clamd:
        await Scanner(it.running, vault(it), clamd.address).once()
    team = await it.as_("autism-team")
    link = re.search(r'href="(/evidence/[^"]+)"', (await team.get(path)).text)
    assert link is not None
    assert (await team.get(link[1])).content == PDF


async def test_who_adds_a_paper_says_what_it_is_and_why(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    path = await sent(it, who)
    assert (await who.get(f"{path}/evidence")).status_code == 200
    answer = await who.upload(f"{path}/evidence", {}, "Report.pdf", PDF)
    assert answer.status_code == 422
    assert errors(answer.text) == ["Choose what it is", "Say why you add it", "Choose the file once more"]
    assert (await who.upload(f"{path}/evidence", PAPER, "a.exe", b"MZ")).status_code == 422


@pytest.mark.parametrize(("who", "status"), [("other-school", 404), ("autism-team", 403), ("nobody", 403)])
async def test_only_the_school_adds_to_its_referral(pages: Sites, who: str, status: int) -> None:
    it = await pages()
    path = await sent(it, await it.as_("senco"))
    other = await it.as_(who)
    assert (await other.get(f"{path}/evidence")).status_code == status
    assert (await other.upload(f"{path}/evidence", PAPER, "a.pdf", PDF)).status_code == status
    assert await it.pool.fetchval("SELECT count(*) FROM evidence") == 0


async def test_a_file_that_went_on_with_a_referral_is_opened_by_whoever_has_the_next_one(
    pages: Sites,
) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft, id = await with_file(it, who)
    await filled(who, draft)
    assert (await who.post(f"{draft}/send")).status_code == 303
    sent = await it.pool.fetchrow("SELECT id, state ->> 'child_id' AS child FROM referral")
    asked = PlacementAsk(trigger="school-referral", provision="special-school")
    assert sent is not None
    step = StepReferral(
        sent["id"], "next", sent["child"], "up", "placement", "More is needed.", asked, by="autism-team"
    )
    await it.running.runner.command(step)
    await it.pool.execute(
        "UPDATE referral SET state = (state::jsonb || '{\"destination\": \"deaf\"}')::json WHERE id = 'next'"
    )
    async with fake_clamd() as clamd:
        await Scanner(it.running, vault(it), clamd.address).once()
    papers = await it.pool.fetch("SELECT state::text AS state FROM papers")
    assert ['"state":"clean"' in each["state"] for each in papers] == [True, True]
    assert (await (await it.as_("deaf-team")).get(f"/evidence/{id}")).status_code == 200
    assert (await (await it.as_("other-school")).get(f"/evidence/{id}")).status_code == 404
