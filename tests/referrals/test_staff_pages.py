"""The pages about people, tokens, restricted cases and the record of reads."""

import csv
import re
from hashlib import sha256

import pytest

from services.referrals.domain.staff.restricted import RestrictReferral
from services.referrals.storage import by_reference
from services.referrals.storage.staff import people, to_review
from services.referrals.storage.tokens import Tokens
from tests.referrals.builders import book, form, upn_of
from tests.referrals.conftest import Office, Offices
from tests.referrals.everybody import Browser, signs_in

LARKSPUR = "900001"
STARTER = {
    "role": "team-member",
    "name": "Noor Castell",
    "email": "noor.castell@council.example",
    "subject": "idp|noor",
    "scope": "vision",
}
NOOR = book().ids.staff("idp|noor")


@pytest.fixture
async def here(office: Offices) -> Office:
    return await office()


async def held(here: Office, id: str) -> list[tuple[str, str | None]]:
    async with here.pool.acquire() as conn:
        found = (await people(conn, [id])).get(id)
    return [(g.role, g.scope) for g in found.grants] if found else []


async def test_nobody_sees_the_list_of_staff_without_signing_in(here: Office) -> None:
    answer = await here.http.get("/staff", headers={"Accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


async def test_a_starter_is_appointed_by_pages(here: Office) -> None:
    manager = await signs_in(here, "manager")
    assert "Member of an advisory team" in (await manager.get("/staff/new")).text
    assert "Vision" in (await manager.get("/staff/new?role=team-member")).text
    done = await manager.post("/staff/new", STARTER)
    assert (done.status_code, done.headers["location"]) == (303, f"/staff/{NOOR}")
    page = await manager.get(f"/staff/{NOOR}")
    assert "Noor Castell" in page.text
    assert "Noor Castell" in (await manager.get("/staff")).text
    assert await here.said() == ["staff.details.v1"] * 2


async def test_a_starter_with_faults_is_asked_again_with_what_was_typed(here: Office) -> None:
    manager = await signs_in(here, "manager")
    wrong = {**STARTER, "email": "nowhere", "scope": "", "until-day": "31", "until-month": "2"}
    answer = await manager.post("/staff/new", wrong)
    assert answer.status_code == 422
    assert "Write the day as three numbers" in answer.text
    answer = await manager.post("/staff/new", {**STARTER, "email": "nowhere", "scope": ""})
    assert answer.status_code == 422
    assert 'href="#email"' in answer.text
    assert 'href="#scope"' in answer.text
    assert "Noor Castell" in answer.text
    assert await held(here, NOOR) == []


async def test_the_same_form_sent_twice_makes_one_person(here: Office) -> None:
    manager = await signs_in(here, "manager")
    for _ in range(2):
        assert (await manager.post("/staff/new", STARTER)).status_code == 303
    assert await held(here, NOOR) == [("team-member", "vision")]


async def test_a_form_without_the_sessions_token_is_refused(here: Office) -> None:
    manager = await signs_in(here, "manager")
    answer = await manager.post("/staff/new", {**STARTER, "csrf": "0" * 64})
    assert answer.status_code == 403
    assert await held(here, NOOR) == []


async def test_a_headteacher_lets_somebody_work_for_the_school_and_no_other(here: Office) -> None:
    head = await signs_in(here, "headteacher")
    await signs_in(here, "other-school-user")
    starter = {**STARTER, "role": "school-user", "scope": LARKSPUR}
    assert (await head.post("/staff/new", starter)).status_code == 303
    assert await held(here, NOOR) == [("school-user", LARKSPUR)]
    assert (await head.post("/staff/new", {**starter, "scope": "900401"})).status_code == 422
    assert (await head.post("/staff/new", STARTER)).status_code == 404
    listing = (await head.get("/staff")).text
    assert "Noor Castell" in listing
    assert "Other School User" not in listing
    assert (await head.get("/staff/other-school-user")).status_code == 404


async def test_a_role_is_given_and_ended_by_pages(here: Office) -> None:
    manager = await signs_in(here, "manager")
    team = await signs_in(here, "team")
    given = {"role": "panel-member", "scope": ""}
    assert (await manager.post("/staff/team/role", given)).status_code == 303
    assert ("panel-member", None) in await held(here, "team")
    page = (await manager.get("/staff/team")).text
    assert "role=panel-member" in page
    assert (await manager.get("/staff/team/end-role?role=panel-member&scope=")).status_code == 200
    assert (await manager.post("/staff/team/end-role", given)).status_code == 422
    assert (await manager.post("/staff/team/end-role", {**given, "when": "now"})).status_code == 303
    assert "Past roles" in (await manager.get("/staff/team")).text
    assert (await team.get("/")).status_code == 200


async def test_a_leavers_session_ends_at_once(here: Office) -> None:
    manager = await signs_in(here, "manager")
    other = await signs_in(here, "headteacher")
    assert (await other.get("/staff")).status_code == 200
    assert (await manager.get("/staff/headteacher/leave")).status_code == 200
    assert (await manager.post("/staff/headteacher/leave", {"when": "now"})).status_code == 303
    assert (await other.get("/staff")).headers["location"].startswith("/sign-in")
    assert "Headteacher" in (await manager.get("/staff?left=true")).text


async def test_the_last_administrator_is_told_why_they_stay(here: Office) -> None:
    administrator = await signs_in(here, "administrator")
    assert (await administrator.get("/staff/administrator")).status_code == 200
    answer = await administrator.post("/staff/administrator/leave", {"when": "now"})
    assert answer.status_code == 422
    assert "last administrator" in answer.text


async def test_cover_is_arranged_and_ended_by_pages(here: Office) -> None:
    manager = await signs_in(here, "manager")
    await signs_in(here, "team")
    await signs_in(here, "other-team")
    assert "Other Team" in (await manager.get("/staff/team/cover")).text
    cover = {"colleague": "other-team", "until-day": "20", "until-month": "3", "until-year": "2026"}
    assert (await manager.post("/staff/team/cover", {"colleague": "other-team"})).status_code == 422
    assert (await manager.post("/staff/team/cover", cover)).status_code == 303
    assert "Other Team takes over" in (await manager.get("/staff/team")).text
    assert "Takes over the work of Team" in (await manager.get("/staff/other-team")).text
    ended = await manager.post("/staff/team/cover/end", {"colleague": "other-team"})
    assert ended.status_code == 303
    assert "takes over their work" not in (await manager.get("/staff/team")).text


async def test_a_name_is_put_right_by_a_page(here: Office) -> None:
    manager = await signs_in(here, "manager")
    await signs_in(here, "team")
    given = {"name": "Théa <b>Öz</b>", "email": "thea@council.example"}
    assert (await manager.post("/staff/team/details", given)).status_code == 303
    assert "Théa &lt;b&gt;Öz" in (await manager.get("/staff/team")).text
    assert (await manager.post("/staff/team/details", {"name": "", "email": "x"})).status_code == 422


async def token_of(browser: Browser, once: str = "a", **given: object) -> str:
    fields = {"once": once, "name": "Arbor", "scopes": ["referrals:submit", "referrals:read"], **given}
    answer = await browser.post("/tokens/new", fields)
    assert answer.status_code == 200, answer.text
    found = re.search(r'<code class="fp-token">(fp_[A-Za-z0-9_-]{43})</code>', answer.text)
    assert found
    return found[1]


async def test_a_token_is_shown_once_works_for_its_school_and_is_revoked(here: Office) -> None:
    head = await signs_in(here, "headteacher")
    secret = await token_of(head)
    assert secret not in (await head.get("/tokens")).text
    assert "Never" in (await head.get("/tokens")).text
    kept = await here.pool.fetchrow("SELECT id, sha256, state::text FROM api_token")
    assert kept is not None
    assert kept["sha256"] == sha256(secret.encode()).hexdigest()
    assert secret not in kept["state"]
    reference = await here.refer(form(), secret)
    assert (await here.get(f"/api/referrals/{reference}", secret)).status_code == 200
    assert (await here.post("/api/referrals", form(urn="900101"), secret)).status_code == 403
    assert "Never" not in (await head.get("/tokens")).text
    assert (await head.post(f"/tokens/{kept['id']}/revoke")).status_code == 303
    assert await Tokens(here.pool).find(kept["sha256"]) is None  # a server that knows it asks again soon
    assert "Revoked" in (await head.get("/tokens")).text


async def test_a_token_form_sent_twice_makes_one_token_and_does_not_show_it_again(here: Office) -> None:
    head = await signs_in(here, "headteacher")
    await token_of(head)
    again = await head.post("/tokens/new", {"once": "a", "name": "Arbor", "scopes": ["referrals:read"]})
    assert again.status_code == 303
    assert await here.pool.fetchval("SELECT count(*) FROM api_token") == 1


async def test_a_headteacher_makes_and_revokes_no_token_of_another_school(here: Office) -> None:
    head, other = await signs_in(here, "headteacher"), await signs_in(here, "other-headteacher")
    await token_of(other)
    id = await here.pool.fetchval("SELECT id FROM api_token")
    assert (await head.post(f"/tokens/{id}/revoke")).status_code == 404
    given = {"once": "b", "name": "Arbor", "scopes": ["referrals:read"], "urn": "900401"}
    assert (await head.post("/tokens/new", given)).status_code == 404
    assert "Arbor" not in (await head.get("/tokens")).text


async def test_a_token_without_name_school_or_purpose_is_not_made(here: Office) -> None:
    administrator = await signs_in(here, "administrator")
    answer = await administrator.post("/tokens/new", {"once": "a", "name": "", "urn": "999999"})
    assert answer.status_code == 422
    assert all(f'href="#{field}"' in answer.text for field in ("name", "urn", "scopes"))


@pytest.fixture
async def case(here: Office) -> str:
    """A referral to the communication and autism team."""
    return await here.refer(form())


async def test_a_case_is_restricted_and_opened_again_by_pages(here: Office, case: str) -> None:
    manager = await signs_in(here, "manager")
    await signs_in(here, "team")
    go = await manager.post("/restricted", {"reference": case.lower()})
    assert go.headers["location"] == f"/restricted/{case}"
    page = (await manager.get(f"/restricted/{case}")).text
    assert "Team" in page
    why = {"named": ["team"], "reason": "A colleague's own child.", "do": "restrict"}
    assert (await manager.post(f"/restricted/{case}", {**why, "reason": ""})).status_code == 422
    assert (await manager.post(f"/restricted/{case}", {**why, "named": []})).status_code == 422
    assert (await manager.post(f"/restricted/{case}", why)).status_code == 303
    assert case in (await manager.get("/restricted")).text
    lift = {"reason": "The colleague has left.", "do": "lift"}
    assert (await manager.post(f"/restricted/{case}", lift)).status_code == 303
    assert case not in (await manager.get("/restricted")).text


async def restricted_to(here: Office, reference: str, *named: str) -> str:
    async with here.pool.acquire() as conn:
        referral = await by_reference(conn, reference)
    assert referral is not None
    why = "A colleague's own child."
    await here.running.runner.command(RestrictReferral(referral.id, frozenset(named), why, "manager"))
    return referral.id


async def test_the_glass_is_broken_with_a_reason_recorded_and_looked_into(here: Office, case: str) -> None:
    team, manager = await signs_in(here, "team"), await signs_in(here, "manager")
    id = await restricted_to(here, case, "manager")
    shut = await team.get(f"/referrals/{case}")
    assert (shut.status_code, shut.headers["location"]) == (303, f"/glass/{case}")
    assert (await team.get(f"/glass/{case}")).status_code == 200
    assert (await team.post(f"/glass/{case}", {"reason": "because"})).status_code == 422
    async with here.pool.acquire() as conn:
        assert await to_review(conn) == 0
    broken = await team.post(f"/glass/{case}", {"reason": "The mother is on the telephone now."})
    assert (broken.status_code, broken.headers["location"]) == (303, f"/referrals/{case}")
    logged = await here.pool.fetch("SELECT who, what, subject FROM access_log")
    assert [tuple(row) for row in logged] == [("staff:team", "glass", id)]
    assert (await team.get(f"/referrals/{case}")).status_code == 200
    assert "waits to be looked into" in (await manager.get("/")).text
    listing = (await manager.get("/restricted/glass")).text
    assert "The mother is on the telephone now." in listing
    key = re.search(r'name="glass" value="([^"]+)"', listing)
    assert key
    assert (await manager.post("/restricted/glass", {"glass": key[1]})).status_code == 303
    async with here.pool.acquire() as conn:
        assert await to_review(conn) == 0
    assert (await manager.post("/restricted/glass", {"glass": key[1]})).status_code == 409
    assert (await manager.post("/restricted/glass", {"glass": "nonsense"})).status_code == 422


async def test_no_program_sees_a_restricted_case(here: Office, case: str) -> None:
    other = await here.refer(form(child__upn=upn_of(1)))
    await restricted_to(here, case, (await signs_in(here, "team")).id)
    assert (await here.get(f"/api/referrals/{case}")).status_code == 404
    listed = (await here.get("/api/referrals")).json()["referrals"]
    assert [each["reference"] for each in listed] == [other]
    assert (await here.post(f"/api/referrals/{case}/accept", {}, "team")).status_code == 404


async def test_there_is_no_glass_for_those_whose_work_it_is_not(here: Office, case: str) -> None:
    other, team = await signs_in(here, "other-team"), await signs_in(here, "team")
    assert (await team.get(f"/glass/{case}")).status_code == 404
    await restricted_to(here, case, "team")
    assert (await other.get(f"/glass/{case}")).status_code == 404
    assert (await team.get(f"/glass/{case}")).status_code == 404


async def test_the_record_of_reads_names_who_as_what_and_when(here: Office, case: str) -> None:
    manager, head = await signs_in(here, "manager"), await signs_in(here, "headteacher")
    secret = await token_of(head)
    await here.get(f"/api/referrals/{case}", secret)
    await here.get(f"/api/referrals/{case}", "team")
    found = await manager.post("/access-log", {"reference": case, "of": "child"})
    assert found.headers["location"] == f"/access-log/{case}?of=child"
    page = (await manager.get(f"/access-log/{case}?of=child")).text
    assert "Arbor" in page
    assert "System of Larkspur Primary School" in page
    table = await manager.get(f"/access-log/{case}/csv?of=referral")
    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(table.text.splitlines()))
    assert [(row["who"], row["role"], row["what"]) for row in rows] == [
        ("Manager", "Service manager", "Looked at this record"),
        ("team", "Program", "Read the referral"),
        ("Arbor", "System of Larkspur Primary School", "Read the referral"),
    ]
    assert all(row["referral"] == case for row in rows)


async def test_a_mistyped_reference_is_asked_for_again(here: Office) -> None:
    manager = await signs_in(here, "manager")
    answer = await manager.post("/access-log", {"reference": "nonsense"})
    assert answer.status_code == 422
    assert (await manager.get("/access-log/nonsense")).status_code == 404


async def test_a_headteacher_sees_the_record_of_the_own_school_alone(here: Office, case: str) -> None:
    head, other = await signs_in(here, "headteacher"), await signs_in(here, "other-headteacher")
    assert (await head.get(f"/access-log/{case}")).status_code == 200
    assert (await other.get(f"/access-log/{case}")).status_code == 404
