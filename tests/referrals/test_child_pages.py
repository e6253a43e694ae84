"""A child's page, the search, records that look alike and a move, over a real database."""

import re
from typing import Any

import pytest

from services.referrals import storage
from services.referrals.domain.children.names import likeness
from services.referrals.domain.commands import AcceptReferral, StepReferral
from services.referrals.domain.permissions import Reach
from services.referrals.domain.staff.restricted import RestrictReferral
from services.referrals.storage.children import Within
from tests.referrals.builders import NOW, book, form, referral_id, upn_of
from tests.referrals.conftest import Office, Offices
from tests.referrals.people import Colleague, hidden, joins

EVERYBODY = Within(Reach("nobody", everything=True), NOW)


def child(n: int) -> str:
    return book().ids.child("", upn_of(n))


async def referral_of(office: Office, reference: str) -> Any:
    return await office.pool.fetchrow("SELECT id, child_id FROM referral WHERE reference = $1", reference)


async def boss(office: Office, name: str = "Mo") -> Colleague:
    return await joins(office, name, ("service-manager", None))


async def finds(person: Colleague, words: str) -> list[str]:
    """The ids of the children that a search shows, in order."""
    answer = await person.send("/search", q=words)
    assert answer.status_code == 200, answer.text
    return re.findall(r'href="/children/([0-9a-f-]{36})"', answer.text)


# Search -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "Wilf Hazelden",
        "hazelden wilf",
        "Hazeldon",
        "wilf hazeldne",
        "HAZELDEN",
        "Wílf Häzelden",
        "wilfhazelden",
    ],
)
async def test_a_child_is_found_however_the_name_is_typed(office: Offices, words: str) -> None:
    it = await office()
    await it.refer(form(child__upn=upn_of(1)))
    await it.refer(form(child__upn=upn_of(2), child__given_name="Nell", child__family_name="Brook"))
    assert await finds(await boss(it), words) == [child(1)]


async def test_a_upn_or_a_reference_finds_that_child_alone(office: Offices) -> None:
    it = await office()
    reference = await it.refer(form(child__upn=upn_of(1)))
    await it.refer(form(child__upn=upn_of(2)))
    mo = await boss(it)
    assert await finds(mo, f" {upn_of(2).lower()} ") == [child(2)]
    assert await finds(mo, reference.lower().replace("-", " ")) == [child(1)]


async def test_an_adult_is_not_searched_for(office: Offices) -> None:
    it = await office()
    await it.refer(form(adults__0__family_name="Quillfeather"))
    assert await finds(await boss(it), "Quillfeather") == []


async def test_a_search_shows_nobody_else_s_children(office: Offices) -> None:
    it = await office()
    await it.refer(form(child__upn=upn_of(1)))
    await it.refer(form(urn="900101", child__upn=upn_of(2)), "other-school")
    sam = await joins(it, "Sam", ("school-user", "900001"))
    ann = await joins(it, "Ann", ("team-member", "deaf"))
    ada = await joins(it, "Ada", ("team-member", "communication-autism"))
    olu = await joins(it, "Olu", ("send-officer", "DSPL1"))
    assert await finds(sam, "Wilf Hazelden") == [child(1)]
    assert await finds(sam, upn_of(2)) == []
    assert await finds(ann, "Wilf Hazelden") == []
    assert sorted(await finds(ada, "Wilf Hazelden")) == sorted([child(1), child(2)])
    assert await finds(olu, "Wilf Hazelden") == [child(1)]


async def test_a_restricted_child_is_found_only_by_those_named(office: Offices) -> None:
    it = await office()
    reference = await it.refer(form(child__upn=upn_of(1)))
    mo, ada = await boss(it), await joins(it, "Ada", ("team-member", "communication-autism"))
    id = (await referral_of(it, reference))["id"]
    restrict = RestrictReferral(id, frozenset({ada.id}), "A safeguarding matter at the school.", mo.id)
    await it.running.runner.command(restrict)
    assert await finds(ada, "Wilf") == [child(1)]
    for words in ("Wilf", upn_of(1), reference):
        assert await finds(mo, words) == []
    assert (await mo.get(f"/children/{child(1)}")).status_code == 404
    assert (await ada.get(f"/children/{child(1)}")).status_code == 200


@pytest.mark.parametrize("words", ["", "x" * 10_000, "😀", "%", "\u202e"])
async def test_words_that_no_name_can_be_are_answered_with_what_to_do(office: Offices, words: str) -> None:
    answer = await (await boss(await office())).send("/search", q=words)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text


async def test_a_name_in_another_alphabet_is_found_with_an_error_in_it(office: Offices) -> None:
    it = await office()
    await it.refer(form(child__upn=upn_of(1), child__given_name="محمد", child__family_name="عبدالله"))
    assert await finds(await boss(it), "عبدالاه محمد") == [child(1)]


async def test_every_child_that_is_shown_is_recorded_as_read_and_no_words_are_kept(office: Offices) -> None:
    it = await office()
    await it.refer(form(child__upn=upn_of(1)))
    mo = await boss(it)
    await finds(mo, "Hazeldon")
    await mo.get(f"/children/{child(1)}")
    rows = await it.pool.fetch("SELECT who, what, subject FROM access_log")
    assert [tuple(row) for row in rows] == [(f"staff:{mo.id}", "child", child(1))] * 2


def _with_an_error(name: str, at: int, how: str) -> str:
    at %= len(name)
    if how == "left out":
        return name[:at] + name[at + 1 :]
    if how == "doubled":
        return name[:at] + name[at] + name[at:]
    if how == "another":
        return name[:at] + ("q" if name[at] != "q" else "z") + name[at + 1 :]
    return name[:at] + name[at : at + 2][::-1] + name[at + 2 :]


async def test_a_name_with_any_one_typing_error_is_found(office: Offices) -> None:
    it = await office()
    names = [
        ("Wilf", "Hazelden"),
        ("Jon", "Limb"),
        ("Amelia", "Featherstonehaugh"),
        ("Nga", "Anh"),
        ("Zoë", "Okafor"),
    ]
    for n, (first, last) in enumerate(names, 1):
        await it.refer(form(child__upn=upn_of(n), child__given_name=first, child__family_name=last))
    async with it.pool.acquire() as conn, conn.transaction():
        for n, (first, last) in enumerate(names, 1):
            name = f"{first} {last}"
            for how in ("left out", "doubled", "another", "swapped"):
                for at in range(len(name)):
                    words = _with_an_error(name, at, how)
                    found = await storage.children.alike(conn, likeness(words), EVERYBODY)
                    assert child(n) in found, words


async def test_one_word_finds_the_nearest_however_many_resemble_it(office: Offices) -> None:
    it = await office()
    for n, last in enumerate(["Hazelden"] * 4 + ["Hazeldene", "Haselden", "Hazell", "Brook"], 1):
        urn = "900002" if last == "Hazell" else "900001"
        await it.refer(
            form(urn=urn, child__upn=upn_of(n), child__given_name=f"Wilf{n}", child__family_name=last)
        )
    of_the_other_school = Within(Reach("nobody", urns=frozenset({"900002"})), NOW)
    async with it.pool.acquire() as conn, conn.transaction():
        everybody = await storage.children.alike(conn, "hazelden", EVERYBODY)
        assert everybody == [child(n) for n in (1, 2, 3, 4, 5, 7, 6)]
        for most in range(1, 8):
            assert await storage.children.alike(conn, "hazelden", EVERYBODY, most) == everybody[:most]
        # Nearer ones that somebody may not see take nobody's place.
        assert await storage.children.alike(conn, "hazelden", of_the_other_school, 1) == [child(7)]


# The child's page -------------------------------------------------------------------------------------------


async def test_the_page_shows_the_rung_the_way_there_and_who_has_what(office: Offices) -> None:
    it = await office()
    reference = await it.refer(form(child__upn=upn_of(1)))
    row = await referral_of(it, reference)
    await it.running.runner.command(AcceptReferral(row["id"], by="t"))
    step = StepReferral(
        row["id"], referral_id(7), row["child_id"], "up", "outreach", "More is needed.", by="t"
    )
    await it.running.runner.command(step)
    page = (await (await boss(it)).get(f"/children/{child(1)}")).text
    assert "Wilf Hazelden" in page
    assert "<title>A child&#39;s support" in page or "<title>A child's support" in page
    assert re.search(r"Now: <strong>SEN support in school", page)
    assert "Asked for, waits for an answer" in page
    assert "Outreach from a special school" in page
    assert reference in page
    assert "Ines Hazelden" in page


async def test_a_school_sees_its_own_childs_page_and_another_gets_nothing(office: Offices) -> None:
    it = await office()
    await it.refer(form(child__upn=upn_of(1)))
    sam = await joins(it, "Sam", ("school-user", "900001"))
    tim = await joins(it, "Tim", ("school-user", "900101"))
    assert (await sam.get(f"/children/{child(1)}")).status_code == 200
    assert (await tim.get(f"/children/{child(1)}")).status_code == 404
    assert (await tim.get(f"/children/{child(1)}/move")).status_code == 404


# Records that look alike ------------------------------------------------------------------------------------


async def pairs(person: Colleague) -> set[tuple[str, ...]]:
    page = (await person.get("/duplicates")).text
    return set(re.findall(r'href="/duplicates/([0-9a-f-]{36})/([0-9a-f-]{36})"', page))


async def twice(office: Office) -> tuple[str, str]:
    """One child with a UPN, and again without: the ids of both records."""
    await office.refer(form(child__upn=upn_of(1)))
    reference = await office.refer(
        form(
            child__upn=...,
            child__no_upn_reason="not-yet-assigned",
            child__given_name="Hazelden",
            child__family_name="Wilf",
        )
    )
    return child(1), (await referral_of(office, reference))["child_id"]


async def test_a_child_with_and_without_a_upn_is_brought_to_somebody_and_merged_and_separated(
    office: Offices,
) -> None:
    it = await office()
    kept, other = await twice(it)
    mo = await boss(it)
    assert await pairs(mo) == {(kept, other)}
    at = f"/duplicates/{kept}/{other}"
    assert (await mo.get(at)).text.count(">Differs<") >= 3
    before = (await mo.get(f"/children/{other}")).text
    done = await mo.fill(at, did="merge", reason="The school told us by telephone.")
    assert done.headers["location"] == f"/children/{kept}"
    assert await pairs(mo) == set()
    moved = await mo.get(f"/children/{other}")
    assert moved.headers["location"] == f"/children/{kept}"
    assert (await mo.get(f"/children/{kept}")).text.count('class="fp-row"') == 2
    assert await finds(mo, "Wilf Hazelden") == [kept]
    await mo.fill(at, reason="They are cousins after all.")
    await mo.get(f"/children/{kept}")  # shows once that it is done
    assert (await mo.get(f"/children/{other}")).text == before
    assert sorted(await finds(mo, "Wilf Hazelden")) == sorted([kept, other])


async def test_twins_and_two_permanent_numbers_are_brought_to_nobody(office: Offices) -> None:
    it = await office()
    await it.refer(form(child__upn=upn_of(1)))
    await it.refer(form(child__upn=upn_of(2)))
    await it.refer(form(child__upn=..., child__no_upn_reason="not-yet-assigned", child__given_name="Wanda"))
    assert await pairs(await boss(it)) == set()


async def test_a_temporary_number_followed_by_a_permanent_one_is(office: Offices) -> None:
    it = await office()
    await it.refer(form(child__upn="Z91940002301A"))
    await it.refer(form(child__upn=upn_of(2)))
    temporary = book().ids.child("", "Z91940002301A")
    assert await pairs(await boss(it)) == {(child(2), temporary)}


async def test_who_was_kept_apart_is_asked_about_no_more(office: Offices) -> None:
    it = await office()
    kept, other = await twice(it)
    mo = await boss(it)
    await mo.fill(f"/duplicates/{kept}/{other}", did="apart", reason="Cousins: the school is sure.")
    assert await pairs(mo) == set()


async def test_whoever_sends_the_merge_twice_or_without_a_reason_is_told(office: Offices) -> None:
    it = await office()
    kept, other = await twice(it)
    mo = await boss(it)
    bare = await mo.send(f"/duplicates/{kept}/{other}")
    assert bare.status_code == 422
    assert "Write how you know." in bare.text
    assert "Choose what these two records are." in bare.text
    given = {"did": "merge", "reason": "The school told us by telephone."}
    assert (await mo.send(f"/duplicates/{kept}/{other}", **given)).status_code == 303
    assert (await mo.send(f"/duplicates/{kept}/{other}", **given)).status_code == 422


async def test_a_restricted_record_is_merged_by_those_named_only(office: Offices) -> None:
    it = await office()
    kept, other = await twice(it)
    mo, my = await boss(it), await boss(it, "My")
    id = await it.pool.fetchval("SELECT id FROM referral WHERE child_id = $1", other)
    await it.running.runner.command(RestrictReferral(id, frozenset({my.id}), "A safeguarding matter.", my.id))
    assert await pairs(mo) == set()
    assert (await mo.get(f"/duplicates/{kept}/{other}")).status_code == 404
    assert await pairs(my) == {(kept, other)}


# A move -----------------------------------------------------------------------------------------------------


async def test_the_new_school_sees_what_is_open_and_the_former_what_it_sent(office: Offices) -> None:
    it = await office()
    reference = await it.refer(form(child__upn=upn_of(1)))
    sam = await joins(it, "Sam", ("school-user", "900001"))
    tim = await joins(it, "Tim", ("school-user", "900101"))
    days = {"on-day": "9", "on-month": "3", "on-year": "2026"}
    answer = await sam.fill(f"/children/{child(1)}/move", urn=" 900101 ", **days)
    assert (answer.status_code, answer.headers["location"]) == (303, "/school")
    assert "9 March 2026" in (await sam.get("/school")).text
    assert (await tim.get(f"/referrals/{reference}")).status_code == 200
    assert (await sam.get(f"/referrals/{reference}")).status_code == 200
    page = (await tim.get(f"/children/{child(1)}")).text
    assert "until 9 March 2026" in page


async def test_of_a_restricted_referral_that_goes_along_nothing_is_said(office: Offices) -> None:
    it = await office()
    await it.refer(form(child__upn=upn_of(1)))
    other = await it.refer(form(child__upn=upn_of(1), narrative="About something else."))
    id = await it.pool.fetchval("SELECT id FROM referral WHERE reference = $1", other)
    ada = await joins(it, "Ada", ("team-member", "communication-autism"))
    await it.running.runner.command(RestrictReferral(id, frozenset({ada.id}), "A safeguarding matter.", "m"))
    sam = await joins(it, "Sam", ("school-user", "900001"))
    days = {"on-day": "9", "on-month": "3", "on-year": "2026"}
    await sam.fill(f"/children/{child(1)}/move", urn="900101", **days)
    assert "One open referral went to" in (await sam.get("/school")).text
    assert await it.pool.fetchval("SELECT count(*) FROM referral WHERE urn = '900101'") == 2


async def test_a_school_that_is_none_and_a_day_that_is_none_are_said_beside_their_fields(
    office: Offices,
) -> None:
    it = await office()
    await it.refer(form(child__upn=upn_of(1)))
    sam = await joins(it, "Sam", ("school-user", "900001"))
    at = f"/children/{child(1)}/move"
    nothing = await sam.send(at)
    assert nothing.status_code == 422
    assert "Write the number (URN) of the new school." in nothing.text
    wrong = await sam.send(at, urn="111111", **{"on-day": "1", "on-month": "4", "on-year": "2026"})
    assert wrong.status_code == 422
    assert "No school or setting in the register" in wrong.text


async def test_a_team_cannot_move_a_child(office: Offices) -> None:
    it = await office()
    await it.refer(form(child__upn=upn_of(1)))
    ada = await joins(it, "Ada", ("team-member", "communication-autism"))
    assert (await ada.get(f"/children/{child(1)}/move")).status_code == 403
    assert hidden((await ada.get(f"/children/{child(1)}")).text) == {}
