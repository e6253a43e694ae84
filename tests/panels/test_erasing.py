"""A child who was erased has no case any more; the sittings that had it go on, and late facts bring nothing back."""

import json

from schemas.erasure_v1 import PersonErased
from services.panels.domain.cases.case import case_id_of
from services.panels.domain.commands import ConfirmSitting
from services.panels.domain.placing.placement import placement_id_of_referral
from services.panels.domain.sittings.arranging import SeatMembers, StandAside
from tests.panels.builders import MONDAY, THURSDAY_5_MARCH, a_routed_referral
from tests.panels.conftest import House
from tests.panels.test_arranged import a_member
from tests.panels.test_pages import SITTING, as_, case_path
from tests.panels.test_seating import HELD

FIRST = a_routed_referral(1)
ERASED = PersonErased(
    erasure_id="e-1", person_ids=(FIRST.child_id,), referral_ids=(FIRST.referral_id,),
    ground="objection-upheld", erased_at=MONDAY,
)  # fmt: skip


async def test_the_case_is_gone_and_the_sitting_that_had_it_can_still_be_read(house: House) -> None:
    await house.hear(FIRST, a_routed_referral(2, reference="7Q2M-XR3T-0YBJ"))
    tom = await as_(house, "tom")
    await tom.post(SITTING, case=case_path(1).removeprefix("/cases/"), seen="")
    assert FIRST.reference in (await tom.get(SITTING)).text
    await house.hear(ERASED)
    assert await house.pool.fetchval("SELECT count(*) FROM placement_case") == 1
    page = await tom.get(SITTING)
    assert page.status_code == 200
    assert FIRST.reference not in page.text
    assert (await tom.get(case_path(1))).status_code == 404
    for path in ("/sittings", "/cases", "/at-risk", "/plan"):
        assert (await tom.get(path)).status_code in (200, 303, 307), path


async def test_what_was_published_is_taken_back_and_the_other_services_are_answered(house: House) -> None:
    await house.hear(FIRST)
    await house.hear(ERASED)
    rows = await house.pool.fetch("SELECT topic, payload, headers::text AS h FROM outbox ORDER BY seq")
    assert [row["topic"] for row in rows if row["payload"] is None] == ["case-papers.v1"]
    answers = [json.loads(row["payload"]) for row in rows if "person.erased-from-panels.v1" in row["h"]]
    assert [each["erasure_id"] for each in answers] == ["e-1"]


async def test_what_members_said_of_their_interest_in_the_case_goes_with_it(house: House) -> None:
    other = a_routed_referral(2, reference="7Q2M-XR3T-0YBJ")
    await house.hear(FIRST, other)
    cases = [case_id_of(each.referral_id) for each in (FIRST, other)]
    ask = house.running.runner.command
    await ask(ConfirmSitting(THURSDAY_5_MARCH, tuple(cases)))
    await a_member(house, "carol", "chair")
    await a_member(house, "henry", "panel-member")
    await ask(SeatMembers(THURSDAY_5_MARCH, HELD))
    for case_id, words in zip(cases, ("Its grandmother.", "A neighbour."), strict=True):
        await ask(StandAside(THURSDAY_5_MARCH, "henry", case_id, "declared-interest", words))
    await house.hear(ERASED)
    kept = await house.pool.fetchval("SELECT state::text FROM sitting WHERE id = $1", THURSDAY_5_MARCH)
    assert ("Its grandmother." in kept, "A neighbour." in kept) == (False, True)
    taken_back = "SELECT key FROM outbox WHERE topic = 'case-papers.v1' AND payload IS NULL"
    assert THURSDAY_5_MARCH in {row["key"] for row in await house.pool.fetch(taken_back)}
    waiting = (
        "SELECT count(*) FROM outbox WHERE topic = 'case-papers.v1' AND key = $1 AND payload IS NOT NULL"
    )
    assert await house.pool.fetchval(waiting, THURSDAY_5_MARCH) == 0, (
        "what waits to be published holds them too"
    )
    await ask(StandAside(THURSDAY_5_MARCH, "henry", cases[1], "declared-interest", "Next door."))
    assert "Next door." in await house.pool.fetchval(
        "SELECT state::text FROM sitting WHERE id = $1", THURSDAY_5_MARCH
    )


async def test_nothing_falls_due_any_more_for_the_case_or_its_way_to_a_place(house: House) -> None:
    other = a_routed_referral(2, reference="7Q2M-XR3T-0YBJ")
    await house.hear(FIRST, other)
    for kind, id_of in (("case", case_id_of), ("placement", placement_id_of_referral)):
        for each in (FIRST, other):
            due = "INSERT INTO due_work (kind, id, what, at) VALUES ($1, $2, 'starts', $3)"
            await house.pool.execute(due, kind, id_of(each.referral_id), MONDAY)
    await house.hear(ERASED)
    left = await house.pool.fetch("SELECT id FROM due_work WHERE kind IN ('case', 'placement') ORDER BY kind")
    assert [row["id"] for row in left] == [
        case_id_of(other.referral_id),
        placement_id_of_referral(other.referral_id),
    ]


async def test_a_case_that_is_heard_of_only_afterwards_is_not_opened(house: House) -> None:
    await house.hear(ERASED)
    await house.hear(FIRST)
    assert await house.pool.fetchval("SELECT count(*) FROM placement_case") == 0
    assert await house.pool.fetchval("SELECT count(*) FROM due_work WHERE kind = 'case'") == 0
