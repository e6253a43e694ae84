"""The pages of contacts that wait, and of a child that has come to a school."""

import asyncio
import re
from collections import Counter
from html import unescape
from typing import Any

from services.referrals.domain.staff.restricted import RestrictReferral
from tests.referrals.builders import form
from tests.referrals.conftest import Office, Offices
from tests.referrals.people import Colleague, day, joins

UPN = form()["child"]["upn"]
BORN = day("born", 2016, 5, 17)
FIRST = day("on", 2026, 3, 4)
WHY = "The family says that this is not theirs."


async def two_schools(office: Offices) -> tuple[Office, str]:
    """A child whom one school referred, and of whom another has given other contacts; its id."""
    it = await office()
    await it.refer(form())
    await it.refer(form(urn="900002", adults__0__email="else@families.example.org", child__given_name="Will"))
    return it, await it.pool.fetchval("SELECT id FROM person WHERE asks_school = '900001'")


async def senco(it: Office, urn: str = "900001") -> Colleague:
    return await joins(it, f"Senco {urn}", ("school-user", urn))


async def reads(it: Office, who: Colleague, id: str) -> int:
    found = await it.pool.fetchval(
        "SELECT count(*) FROM access_log WHERE who = $1 AND subject = $2", f"staff:{who.id}", id
    )
    return int(found)


def text_of(page: Any) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.text)))


async def test_the_school_finds_what_waits_on_its_page_and_sees_both_sides(office: Offices) -> None:
    it, id = await two_schools(office)
    rowan = await senco(it)
    assert "Contacts that wait for your word" in (await rowan.get("/school")).text
    before = await reads(it, rowan, id)
    said = text_of(await rowan.get(f"/children/{id}/contacts"))
    assert "Given by Foxglove Primary School" in said
    assert "The child Given name Wilf Will" in said
    assert "else@families.example.org" in said
    assert await reads(it, rowan, id) == before + 1
    assert f"/children/{id}/contacts" in (await rowan.get(f"/children/{id}")).text


async def test_a_no_needs_a_reason_and_a_second_answer_finds_nothing(office: Offices) -> None:
    it, id = await two_schools(office)
    rowan = await senco(it)
    path = f"/children/{id}/contacts"
    assert (await rowan.fill(path, said="no")).status_code == 422
    held = await rowan.get(path)
    assert (await rowan.fill(path, said="no", reason=WHY)).status_code == 303
    said = text_of(await rowan.get(path))
    assert "Nothing waits." in said
    assert f"Put aside what Foxglove Primary School gave, by Senco 900001 on 4 March 2026: {WHY}" in said
    old = dict(re.findall(r'name="(referral|seen)" value="([^"]*)"', held.text))
    again = await rowan.send(path, said="yes", **old)
    assert again.status_code == 422
    assert "Somebody has answered this already" in again.text


async def test_a_yes_is_told_to_other_services_and_nothing_was_before(office: Offices) -> None:
    it, id = await two_schools(office)
    told = "SELECT count(*) FROM outbox WHERE topic = 'personal-details.v1'"
    before = await it.pool.fetchval(told)
    basil = await joins(it, "Basil", ("sali-officer", None))
    assert f"/children/{id}/contacts" in (await basil.get("/contacts")).text
    assert (await basil.fill(f"/children/{id}/contacts", said="yes")).status_code == 303
    assert await it.pool.fetchval(told) == before + 2
    assert await it.pool.fetchval("SELECT count(*) FROM person WHERE asks_school IS NOT NULL") == 0


async def test_the_school_that_gave_them_cannot_answer_itself(office: Offices) -> None:
    it, id = await two_schools(office)
    linden = await senco(it, "900002")
    assert (await linden.get(f"/children/{id}/contacts")).status_code == 404
    assert "Contacts that wait" not in (await linden.get("/school")).text


async def test_a_referral_s_page_and_the_child_s_lead_to_each_other(office: Offices) -> None:
    it = await office()
    reference = await it.refer(form())
    rowan = await senco(it)
    page = (await rowan.get(f"/referrals/{reference}")).text
    path = re.search(r'href="(/children/[^"/]+)"', page)
    assert path is not None
    assert f"/referrals/{reference}" in (await rowan.get(path[1])).text


async def test_a_new_school_records_a_move_by_number_and_birth_date(office: Offices) -> None:
    it, id = await two_schools(office)
    linden = await senco(it, "900002")
    arrived = await linden.send("/arrivals", upn=UPN, **BORN, **FIRST)
    assert arrived.status_code == 303, text_of(arrived)
    assert await it.pool.fetchval("SELECT count(*) FROM referral WHERE urn = '900002'") == 2
    assert await it.pool.fetchval("SELECT state -> 'details' ->> 'school' FROM person WHERE id = $1", id) == (
        "900002"
    )
    assert await it.pool.fetchval("SELECT count(*) FROM person WHERE asks_school IS NOT NULL") == 0
    assert await reads(it, linden, id) > 0


async def test_one_that_fits_by_half_is_answered_like_one_that_does_not_exist(office: Offices) -> None:
    it = await office()
    await it.refer(form())
    linden = await senco(it, "900002")
    wrong_day = await linden.send("/arrivals", upn=UPN, **day("born", 2016, 5, 18), **FIRST)
    unknown = await linden.send("/arrivals", upn="B801200005001", **BORN, **FIRST)
    assert wrong_day.status_code == unknown.status_code == 422
    assert text_of(wrong_day).replace(UPN, "") == text_of(unknown).replace("B801200005001", "")
    assert "Wilf" not in wrong_day.text
    assert await it.pool.fetchval("SELECT count(*) FROM access_log WHERE what = 'child'") == 0


async def test_a_child_all_of_whose_referrals_are_restricted_to_others_is_not_known(office: Offices) -> None:
    it = await office()
    await shuts(it, await it.refer(form()))
    linden = await senco(it, "900002")
    arrived = await linden.send("/arrivals", upn=UPN, **BORN, **FIRST)
    unknown = await linden.send("/arrivals", upn="B801200005001", **BORN, **FIRST)
    assert arrived.status_code == unknown.status_code == 422
    assert text_of(arrived).replace(UPN, "") == text_of(unknown).replace("B801200005001", "")
    assert await it.pool.fetchval("SELECT count(*) FROM referral WHERE urn = '900002'") == 0


async def shuts(it: Office, reference: str) -> None:
    """Restricts a referral to somebody else."""
    named = await joins(it, "Bo", ("team-member", "communication-autism"))
    id = await it.pool.fetchval("SELECT id FROM referral WHERE reference = $1", reference)
    await it.running.runner.command(
        RestrictReferral(id, frozenset({named.id}), "A matter of safety at home.", "m")
    )


async def test_nobody_can_go_through_birth_dates_by_asking_all_at_once(office: Offices) -> None:
    it = await office()
    await it.refer(form())
    linden = await senco(it, "900002")
    days = [day("born", 2016, 6, number) for number in range(1, 31)]
    answers = await asyncio.gather(*(linden.send("/arrivals", upn=UPN, **each, **FIRST) for each in days))
    assert Counter(each.status_code for each in answers) == {422: 10, 429: 20}


async def test_nobody_can_go_through_numbers(office: Offices) -> None:
    it = await office()
    await it.refer(form())
    linden = await senco(it, "900002")
    for _ in range(10):
        assert (await linden.send("/arrivals", upn="B801200005001", **BORN, **FIRST)).status_code == 422
    assert (await linden.send("/arrivals", upn=UPN, **BORN, **FIRST)).status_code == 429
    assert await it.pool.fetchval("SELECT count(*) FROM referral WHERE urn = '900002'") == 0


def shown(page: Any) -> dict[str, str]:
    """What the fields of a form hold, as a browser would send them."""
    text = page.text
    found = dict(
        re.findall(r'<input class="govuk-input[^"]*" id="[^"]*" name="([^"]+)"[^>]*value="([^"]*)"', text)
    )
    found |= dict(re.findall(r'type="radio" value="([^"]*)"[^>]*checked[^>]*name="([^"]*)"', text))
    for radio in re.findall(r"<input[^>]*type=\"radio\"[^>]*>", text):
        if " checked" in radio:
            name, value = re.search(r'name="([^"]*)"', radio), re.search(r'value="([^"]*)"', radio)
            assert name is not None
            assert value is not None
            found[name[1]] = value[1]
    for name, body in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', text, re.S):
        chosen = re.search(r'value="([^"]*)" selected', body)
        found[name] = chosen[1] if chosen else ""
    found |= dict(re.findall(r'<input type="hidden" name="(seen|form)" value="([^"]*)">', text))
    return {name: unescape(value) for name, value in found.items()}


async def test_a_school_changes_a_contact_and_who_is_second_is_told(office: Offices) -> None:
    it = await office()
    reference = await it.refer(form())
    rowan, path = await senco(it), f"/referrals/{reference}/contacts"
    fields = shown(await rowan.get(path))
    assert fields["adults.0.email"] == "ines@families.example.org"
    changed = {**fields, "adults.0.email": "new@families.example.org", "reason": "She has another address."}
    assert (await rowan.send(path, **changed)).status_code == 303
    page = text_of(await rowan.get(f"/referrals/{reference}"))
    assert "new@families.example.org" in page
    assert "She has another address." in page
    late = await rowan.send(path, **{**changed, "form": "", "adults.0.email": "third@families.example.org"})
    assert late.status_code == 409
    assert "Changed while you were writing" in late.text


async def test_a_wrong_address_comes_back_with_all_that_was_typed(office: Offices) -> None:
    it = await office()
    reference = await it.refer(form())
    rowan, path = await senco(it), f"/referrals/{reference}/contacts"
    fields = shown(await rowan.get(path))
    answer = await rowan.send(
        path, **{**fields, "adults.0.email": "no@@address", "reason": "She has another."}
    )
    assert answer.status_code == 422
    assert 'href="#adults.0.email"' in answer.text
    assert "She has another." in answer.text


async def test_a_program_changes_contacts_too(office: Offices) -> None:
    it = await office()
    reference = await it.refer(form())
    contacts = {"adults": [{**form()["adults"][0], "email": "new@families.example.org"}]}
    body = {"reason": "She has another address.", "contacts": contacts}
    answer = await it.post(f"/api/referrals/{reference}/amend", body)
    assert answer.status_code == 200, answer.text
    assert (
        await it.pool.fetchval(
            "SELECT count(*) FROM person WHERE state -> 'details' ->> 'email' = 'new@families.example.org'"
        )
        == 1
    )


async def test_a_former_school_goes_on_seeing_what_it_sent_as_it_was_and_nothing_that_came_after(
    office: Offices,
) -> None:
    it = await office()
    reference = await it.refer(form())
    id = await it.pool.fetchval("SELECT child_id FROM referral WHERE reference = $1", reference)
    rowan, linden, other = [await senco(it, urn) for urn in ("900001", "900002", "900101")]
    assert (await linden.send("/arrivals", upn=UPN, **BORN, **FIRST)).status_code == 303
    child = {"primary_need": "ASD", "asks_for": "advice", "sen_provision": "K"}
    words = {"narrative": "A new story altogether.", "reason": "He is settled here now."}
    changed = await linden.fill(f"/referrals/{reference}/amend", **child, **words)
    assert changed.status_code == 303, text_of(changed)
    seen = await rowan.get(f"/referrals/{reference}")
    assert seen.status_code == 200
    assert "visual timetable" in seen.text
    assert "You see it as it was on Wednesday 4 March 2026" in text_of(seen)
    for later in (
        "A new story",
        "settled here",
        "What you can do",
        "While it waits",
        "Foxglove",
        f"/children/{id}",
    ):
        assert later not in seen.text, later
    assert "A new story" in (await linden.get(f"/referrals/{reference}")).text
    assert reference in (await rowan.get("/school")).text
    assert "gone to another school" not in (await linden.get("/school")).text
    for path in ("amend", "withdraw", "answer", "evidence"):
        assert (await rowan.get(f"/referrals/{reference}/{path}")).status_code == 404, path
        assert (await rowan.send(f"/referrals/{reference}/{path}")).status_code == 404, path
    assert (await rowan.get(f"/children/{id}")).status_code == 404
    assert (await other.get(f"/referrals/{reference}")).status_code == 404
    read = await it.pool.fetchval(
        "SELECT count(*) FROM access_log WHERE who = $1 AND what = 'referral'", f"staff:{rowan.id}"
    )
    assert read == 1


async def test_a_former_school_s_program_sees_the_same(office: Offices) -> None:
    it = await office()
    reference = await it.refer(form())
    linden = await senco(it, "900101")
    assert (await linden.send("/arrivals", upn=UPN, **BORN, **FIRST)).status_code == 303
    words = {"narrative": "A new story altogether.", "reason": "He is settled here now."}
    child = {"primary_need": "ASD", "asks_for": "advice", "sen_provision": "K"}
    assert (await linden.fill(f"/referrals/{reference}/amend", **child, **words)).status_code == 303
    seen = (await it.get(f"/api/referrals/{reference}", "school")).json()
    now = (await it.get(f"/api/referrals/{reference}", "other-school")).json()
    assert (seen["left_on"], now["left_on"]) == ("2026-03-04", None)
    assert (seen["urn"], now["urn"]) == ("900001", "900101")
    assert "settled here" not in str(seen)
    assert "settled here" in str(now)
    assert all(each["id"] is None for each in seen["evidence"])
    gone = [await it.get("/api/former-referrals", token) for token in ("school", "other-school", "team")]
    assert [each.json()["referrals"] for each in gone] == [
        [{"reference": reference, "left_on": "2026-03-04"}],
        [],
        [],
    ]
    assert (await it.get(f"/api/referrals/{reference}/files", "school")).status_code == 404
    assert await it.pool.fetchval("SELECT count(*) FROM access_log WHERE who = 'school'") == 1


async def test_what_is_restricted_opens_to_nobody_of_a_former_school(office: Offices) -> None:
    it = await office()
    reference = await it.refer(form())
    rowan, linden = [await senco(it, urn) for urn in ("900001", "900002")]
    assert (await linden.send("/arrivals", upn=UPN, **BORN, **FIRST)).status_code == 303
    id = await it.pool.fetchval("SELECT id FROM referral WHERE reference = $1", reference)
    await it.running.runner.command(RestrictReferral(id, frozenset({linden.id}), "It must be so.", "x"))
    assert (await rowan.get(f"/referrals/{reference}")).status_code == 404
    assert reference not in (await rowan.get("/school")).text
    assert (await it.get(f"/api/referrals/{reference}", "school")).status_code == 404
    assert (await it.get("/api/former-referrals", "school")).json() == {"referrals": []}
