"""Evidence by programs: sent, scanned, named in a form, fetched; and what is not taken."""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from services.referrals.scanning import Scanner, Tidier
from services.referrals.vault import MARK, Vault
from tests.referrals.builders import form
from tests.referrals.conftest import Office, Offices
from tests.referrals.referring import PDF
from tests.support.clamd import EICAR, fake_clamd


async def send(
    it: Office,
    content: Any = PDF,
    name: str = "Report on Wilf.pdf",
    who: str = "school",
    urn: str = "900001",
    **headers: str,
) -> httpx2.Response:
    given = {
        "Authorization": f"Bearer {who}",
        "Content-Type": "application/octet-stream",
        "File-Name": quote(name),
        **headers,
    }
    return await it.http.post(f"/api/files?urn={urn}", content=content, headers=given)


async def scan(it: Office) -> None:
    given: Any = it.running.settings
    async with fake_clamd() as clamd:
        await Scanner(it.running, Vault.at(given.evidence_store, it.running.seals), clamd.address).once()


async def stored(it: Office) -> int:
    return int(await it.pool.fetchval("SELECT count(*) FROM evidence WHERE stage <> 'dropped'"))


def objects(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != MARK]


def paper(id: str) -> dict[str, Any]:
    return {"kind": "report", "title": "A report", "file": id}


async def test_a_file_is_sent_scanned_named_in_a_form_and_fetched_by_the_team(it: Office) -> None:
    sent = await send(it)
    assert sent.status_code == 201, sent.text
    known = sent.json()
    assert (known["state"], known["sha256"]) == ("quarantined", sha256(PDF).hexdigest())
    assert (known["media_type"], known["size"]) == ("application/pdf", len(PDF))
    assert "Wilf" not in sent.text
    reference = await it.refer(form(evidence=[paper(known["id"])]))
    assert (await it.get(known["content_url"], "team")).json()["code"] == "not-scanned"
    await scan(it)
    assert (await it.get(known["url"])).json()["state"] == "clean"
    (listed,) = (await it.get(f"/api/referrals/{reference}/files", "team")).json()["files"]
    assert (listed["title"], listed["state"], listed["size"]) == ("A report", "clean", len(PDF))
    assert listed.keys().isdisjoint({"object", "key"})
    given = await it.get(listed["content_url"], "team")
    assert (given.status_code, given.content) == (200, PDF)
    assert given.headers["Content-Disposition"].startswith("attachment")
    assert "Report%20on%20Wilf.pdf" in given.headers["Content-Disposition"]
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert given.headers["Content-Type"] == "application/pdf"


async def test_one_file_sent_many_times_at_once_is_lost_under_no_id(it: Office) -> None:
    answers = await asyncio.gather(*(send(it) for _ in range(6)))
    assert {each.status_code for each in answers} <= {200, 201}
    states = [(await it.get(each.json()["url"])).json().get("state") for each in answers]
    assert set(states) == {"quarantined"}
    await it.refer(form(evidence=[paper(answers[0].json()["id"])]))


@pytest.mark.parametrize(
    "name", ["\0.pdf", "x.pdf/", "x.pdf\\", "\u200b.pdf", "../.pdf", " .pdf ", "C:.pdf", "\n.pdf", "/", "."]
)
async def test_odd_names_are_taken_or_refused(it: Office, name: str) -> None:
    assert (await send(it, name=name)).status_code in (201, 415, 422)


async def test_who_fetched_a_file_is_recorded(it: Office) -> None:
    known = (await send(it)).json()
    await it.refer(form(evidence=[paper(known["id"])]))
    await scan(it)
    await it.get(known["content_url"], "team")
    row = await it.pool.fetchrow("SELECT who, what, subject FROM access_log")
    assert tuple(row or ()) == ("team", "evidence", known["id"])


async def test_a_file_is_added_to_a_referral_that_was_sent(it: Office) -> None:
    reference = await it.refer(form())
    known = (await send(it)).json()
    more = {"papers": [paper(known["id"])], "reason": "It came today."}
    added = await it.post(f"/api/referrals/{reference}/evidence", more)
    assert added.status_code == 200, added.text
    (listed,) = (await it.get(f"/api/referrals/{reference}/files")).json()["files"]
    assert listed["content_url"] == known["content_url"]


async def test_a_file_belongs_to_who_sent_it_until_a_referral_has_it(it: Office) -> None:
    known = (await send(it)).json()
    for who in ("other-school", "supplier", "team"):
        assert (await it.get(known["url"], who)).status_code == 404, who
    assert (await it.get(known["content_url"], "other-school")).status_code == 404
    foreign = await it.post("/api/referrals", form(urn="900101", evidence=[paper(known["id"])]), "supplier")
    assert [each["code"] for each in foreign.json()["errors"]] == ["evidence-unknown"]
    await it.refer(form(evidence=[paper(known["id"])]))
    seen = {who: (await it.get(known["url"], who)).status_code for who in ("school", "team", "other-school")}
    assert seen == {"school": 200, "team": 200, "other-school": 404}


async def test_the_same_file_twice_is_one_file(it: Office) -> None:
    first, again, other = await send(it), await send(it), await send(it, name="Another.pdf")
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 201)
    assert first.json()["id"] == again.json()["id"] != other.json()["id"]
    assert await stored(it) == 2


async def test_the_same_key_is_answered_the_same_and_another_file_under_it_refused(it: Office) -> None:
    first = await send(it, **{"Idempotency-Key": "k"})
    again = await send(it, **{"Idempotency-Key": "k"})
    assert first.json()["id"] == again.json()["id"]
    other = await send(it, PDF + b"more", **{"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-conflict")
    assert await stored(it) == 1


async def test_one_key_of_two_callers_is_two_files(it: Office) -> None:
    ours = await send(it, **{"Idempotency-Key": "k"})
    theirs = await send(it, who="supplier", **{"Idempotency-Key": "k"})
    assert (ours.status_code, theirs.status_code) == (201, 201)
    assert ours.json()["id"] != theirs.json()["id"]


async def test_a_file_can_be_taken_back_until_a_referral_has_it(it: Office) -> None:
    mine, sent = (await send(it)).json(), (await send(it, name="Sent.pdf")).json()
    await it.refer(form(evidence=[paper(sent["id"])]))
    headers = {"Authorization": "Bearer school"}
    assert (await it.http.delete(mine["url"], headers=headers)).status_code == 204
    assert (await it.get(mine["url"])).status_code == 404
    assert (await it.http.delete(sent["url"], headers=headers)).json()["code"] == "file-sent"


async def test_an_infected_file_is_never_given_out(it: Office) -> None:
    known = (await send(it, PDF + EICAR)).json()
    await scan(it)
    assert (await it.get(known["url"])).json()["state"] == "infected"
    gone = await it.get(known["content_url"])
    assert (gone.status_code, gone.json()["code"]) == (410, "file-gone")
    refused = await it.post("/api/referrals", form(evidence=[paper(known["id"])]))
    assert [each["code"] for each in refused.json()["errors"]] == ["evidence-infected"]


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("Report.pdf", b"", 422, "file-empty"),
        ("Report.pdf", b"MZ\x90\0" + b"\0" * 20_000, 422, "file-not-what-it-says"),
        ("Report.exe", b"MZ", 415, "file-type-not-taken"),
        ("Report", PDF, 415, "file-type-not-taken"),
        ("Report.pdf", PDF * 60, 413, "file-too-large"),
        (" ", PDF, 422, "file-none"),
    ],
)
async def test_a_file_that_is_not_taken_is_explained_and_nothing_of_it_is_kept(
    it: Office, tmp_path: Path, name: str, content: bytes, status: int, code: str
) -> None:
    answer = await send(it, content, name)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    given: Any = it.running.settings
    await Tidier(it.running, Vault.at(given.evidence_store, it.running.seals)).once()
    assert objects(tmp_path) == []


async def test_two_gigabytes_are_refused_without_being_read(it: Office) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 2_000_000_000:
            sent += len(PDF)
            yield PDF

    said = await send(it, endless(), **{"Content-Length": "2000000000"})
    assert (said.status_code, sent) == (413, 0)
    unsaid = await send(it, endless())
    assert unsaid.status_code == 413
    assert sent < 10_000_000


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Content-Type": "application/json"}, 415, "not-a-file"),
        ({"Content-Type": "application/pdf"}, 201, None),
        ({"File-Name": "%ff.pdf"}, 422, "invalid"),
        ({"File-Name": "A report.pdf"}, 422, "invalid"),
        ({"File-Name": "x" * 601}, 422, "invalid"),
    ],
)
async def test_the_headers_say_what_is_sent(
    it: Office, headers: dict[str, Any], status: int, code: str | None
) -> None:
    answer = await send(it, **headers)
    assert (answer.status_code, answer.json().get("code")) == (status, code)


async def test_a_token_of_several_schools_says_whose_file_it_is(it: Office) -> None:
    headers = {"Content-Type": "application/octet-stream", "File-Name": "a.pdf"}
    unsaid = await it.http.post(
        "/api/files", content=PDF, headers={**headers, "Authorization": "Bearer school"}
    )
    assert [each["field"] for each in unsaid.json()["errors"]] == ["urn"]
    only = await it.http.post(
        "/api/files", content=PDF, headers={**headers, "Authorization": "Bearer other-school"}
    )
    assert only.status_code == 201
    assert (await send(it, urn="900101")).json()["code"] == "urn-not-yours"


async def test_where_no_store_is_set_no_file_is_taken(office: Offices) -> None:
    answer = await send(await office())
    assert (answer.status_code, answer.json()["code"]) == (409, "no-file-store")
