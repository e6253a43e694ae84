"""The same form twice through the API: a likely duplicate is named, and taken only where its sender says so."""

import asyncio
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referrals.domain.children.names import likeness
from services.referrals.domain.intake.repeats import SameChild
from services.referrals.domain.staff.restricted import RestrictReferral
from services.referrals.storage import repeats
from tests.referrals.builders import form, upn_of
from tests.referrals.conftest import Office, Offices, submission
from tests.referrals.people import joins


async def taken(here: Office, given: Any, who: str = "school") -> None:
    answer = await here.post("/api/referrals", given, who)
    assert answer.status_code == 202, answer.text


async def referrals(here: Office) -> int:
    return int(await here.pool.fetchval("SELECT count(*) FROM referral"))


def named(answer: Any) -> list[str]:
    document = answer.json()
    assert (answer.status_code, document["code"]) == (409, "likely-duplicate"), answer.text
    return [each["message"] for each in document["errors"]]


async def test_the_same_child_to_the_same_destination_names_the_earlier_reference(office: Offices) -> None:
    here = await office()
    reference = await here.refer(form())
    answer = await here.post("/api/referrals", form(narrative="We ask once more."))
    assert named(answer) == [f"Look at {reference}."]
    assert await referrals(here) == 1


async def test_it_is_taken_where_the_sender_says_to_continue(office: Offices) -> None:
    here = await office()
    await here.refer(form())
    for _ in range(2):
        answer = await here.post("/api/referrals?duplicate=continue", form())
        assert answer.status_code == 202, answer.text
    assert await referrals(here) == 3


async def test_another_word_than_continue_is_a_mistake(office: Offices) -> None:
    answer = await (await office()).post("/api/referrals?duplicate=yes", form())
    assert (answer.status_code, answer.json()["code"]) == (422, "duplicate-unknown")


@pytest.mark.parametrize("key", [False, True])
async def test_fifty_at_once_are_one_referral(office: Offices, key: bool) -> None:
    here = await office()
    keys = [f"key-{n}" if key else None for n in range(50)]
    answers = await asyncio.gather(*(here.post("/api/referrals", form(), key=each) for each in keys))
    taken = {each.json()["reference"] for each in answers if each.status_code == 202}
    assert len(taken) == 1
    refused = [named(each) for each in answers if each.status_code != 202]
    assert all(each == [f"Look at {taken.copy().pop()}."] for each in refused)
    assert await referrals(here) == 1


async def test_a_key_gets_its_own_answer_again(office: Offices) -> None:
    here = await office()
    first, again = [await here.post("/api/referrals", form(), key="one") for _ in range(2)]
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()


async def test_a_child_without_a_number_is_known_by_its_names_and_birth_date(office: Offices) -> None:
    here = await office()
    reference = await here.refer(without_number())
    typed = without_number()
    typed["child"] |= {"given_name": "WILF", "family_name": "Házelden"}
    assert named(await here.post("/api/referrals", typed)) == [f"Look at {reference}."]


async def test_a_temporary_number_is_known_again_by_the_names(office: Offices) -> None:
    here = await office()
    reference = await here.refer(form(child__upn="Z91940002301A"))
    assert named(await here.post("/api/referrals", form())) == [f"Look at {reference}."]


async def test_two_children_of_one_name_with_numbers_of_their_own_are_two(office: Offices) -> None:
    here = await office()
    await here.refer(form())
    await taken(here, form(child__upn=upn_of(1)))


def without_number() -> dict[str, Any]:
    made = form(child__upn=...)
    made["child"]["no_upn_reason"] = "not-yet-assigned"
    return made


@pytest.mark.parametrize(
    "other",
    [
        form(urn="900002"),
        form(child__upn=upn_of(1), child__born="2015-01-02"),
        form(asks_for="ehc-needs-assessment"),
    ],
    ids=["another school", "another child", "another destination"],
)
async def test_what_differs_is_no_duplicate(office: Offices, other: Any) -> None:
    here = await office()
    await here.refer(form())
    await taken(here, other)


async def test_what_was_withdrawn_is_not_repeated(office: Offices) -> None:
    here = await office()
    reference = await here.refer(form())
    await here.post(f"/api/referrals/{reference}/withdraw", {"reason": "sent-in-error"})
    await taken(here, form(narrative="Now with the right words."))


async def test_nobody_learns_of_a_restricted_referral_or_of_another_schools(office: Offices) -> None:
    here = await office()
    await here.refer(form())
    id = await here.pool.fetchval("SELECT id FROM referral")
    manager = await joins(here, "Mo Ash", ("service-manager", None))
    restrict = RestrictReferral(id, frozenset({manager.id}), "The child of a colleague.", manager.id)
    await here.running.runner.command(restrict)
    await taken(here, form(narrative="We ask once more."))
    await taken(here, form(urn="900101"), "other-school")


async def test_an_event_is_taken_as_before(office: Offices) -> None:
    here = await office()
    await here.refer(form())
    await here.applies(submission(form(), "17"))
    assert "submission.accepted.v1" in await here.said()


async def test_the_openapi_document_says_how_to_continue(office: Offices) -> None:
    document = (await (await office()).get("/openapi.json")).json()
    (asked,) = [
        each
        for each in document["paths"]["/api/referrals"]["post"]["parameters"]
        if each["name"] == "duplicate"
    ]
    assert asked["schema"] == {"type": "string", "enum": ["continue"]}


@given(st.lists(st.text(max_size=20), max_size=3), st.dates(), st.none() | st.just("U919400026001"))
def test_a_child_is_read_from_the_id_that_names_it(names: list[str], born: date, upn: str | None) -> None:
    child = SameChild("own-id", "EY1001", "child-id", born, upn, likeness(*names))
    assert SameChild.read(child.ref.id) == child


async def test_two_forms_of_one_batch_are_told_apart_by_what_was_there_before(office: Offices) -> None:
    here = await office()
    earlier = await here.refer(form())
    again, other = await asyncio.gather(
        here.post("/api/referrals", form(narrative="We ask once more.")),
        here.post("/api/referrals", form(child__upn=upn_of(1))),
    )
    assert named(again) == [f"Look at {earlier}."]
    assert other.status_code == 202, other.text


# As a population of twins: all born on one day, and a name tells nobody apart.
_YEAR_GROUP = """
INSERT INTO person (id, version, said, state, born, likeness)
SELECT id || n, version, said, state, born, likeness FROM person, generate_series(1, 2000) n WHERE born IS NOT NULL
"""


async def test_the_look_goes_by_the_child_however_little_the_planner_knows_of_the_tables(
    office: Offices,
) -> None:
    """A school's referrals may be thousands, and a prepared plan is as old as its connection."""
    here = await office()
    await here.refer(form())
    async with here.pool.acquire() as conn, conn.transaction():
        await conn.execute(_YEAR_GROUP)
        await conn.execute("ANALYZE person")
        await conn.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await conn.execute(f"PREPARE look AS {repeats._REPEATED}")
        plan = await conn.fetch(f"EXPLAIN EXECUTE look({', '.join(['NULL'] * 8)})")
        await conn.execute("DEALLOCATE look")
    lines = "\n".join(row[0] for row in plan)
    assert "referral_by_child" in lines
    assert "referral_by_school" not in lines
    assert "person_alike" in lines
