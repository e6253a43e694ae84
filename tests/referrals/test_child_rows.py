"""Which children each question finds: all records of one, who has turned, whose contacts wait, who resembles whom."""

from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from chassis.storage import Stored
from schemas.personal_v1 import PersonDetails
from services.referrals import storage
from services.referrals.domain.children.aliases import Alias
from services.referrals.domain.children.persons import Person
from services.referrals.domain.permissions import Reach
from services.referrals.domain.staff.restricted import Glass, Restriction
from services.referrals.storage import children
from services.referrals.storage.children import ALIASES, Within
from services.referrals.storage.referrals import PERSONS
from services.referrals.storage.staff import RESTRICTIONS
from tests.referrals.builders import NOW, form
from tests.referrals.conftest import Offices

BORN = date(2010, 5, 17)
HOUR = timedelta(hours=1)


@pytest.fixture
async def families(office: Offices) -> "Families":
    it = await office()
    reference = await it.refer(form())
    async with it.pool.acquire() as conn:
        example = await storage.by_reference(conn, reference)
    await it.pool.execute("TRUNCATE referral, person CASCADE")
    return Families(it.pool, example)


class Families:
    """Puts children there, each with a referral of its own."""

    def __init__(self, pool: asyncpg.Pool, example: Any) -> None:
        self.pool, self._example = pool, example

    async def put(self, id: str, referral: dict[str, Any] | None = None, **given: Any) -> None:
        usual = {"relation": "child", "given_name": "Wilf", "family_name": "Hazelden", "born": BORN}
        own = {"may_be_told": False, "email": "wilf@families.example.org"}
        person = Person(details=PersonDetails(**{"person_id": id, **usual, **own, **given}))
        await PERSONS.insert(self.pool, [Stored(id, 1, 0, person)])
        about = {"id": f"r-{id}", "reference": f"r-{id}", "child_id": id, "urn": "900001", **(referral or {})}
        state = self._example.model_copy(update=about)
        await storage.REFERRALS.insert(self.pool, [Stored(state.id, 1, 0, state)])

    async def join(self, **into: str | None) -> None:
        await ALIASES.insert(self.pool, [Stored(id, 1, 0, Alias(into=kept)) for id, kept in into.items()])

    async def restrict(self, id: str, restriction: Restriction) -> None:
        await RESTRICTIONS.insert(self.pool, [Stored(f"r-{id}", 1, 0, restriction)])

    async def found(self, reach: Reach, *ids: str) -> list[str]:
        async with self.pool.acquire() as conn:
            return sorted(await children.known(conn, ids, Within(reach, NOW)))


async def test_whoever_has_turned_has_a_contact_of_their_own_is_not_told_yet_and_has_a_referral_open(
    families: Families,
) -> None:
    await families.put("turned")
    await families.put("by phone", email=None, phone="07700 900456")
    await families.put("younger", born=BORN + timedelta(days=1))
    await families.put("adult", relation="mother")
    await families.put("told", may_be_told=True)
    await families.put("died", died_at=NOW)
    await families.put("without contact", email=None)
    await families.put("withdrawn", {"status": "withdrawn"})
    await families.put("closed", {"status": "closed"})
    async with families.pool.acquire() as conn:
        found = await children.turned(conn, BORN)
    assert found == [("by phone", ("r-by phone",)), ("turned", ("r-turned",))]


async def test_all_records_of_a_child_are_found_from_each_of_them_the_kept_one_first(
    families: Families,
) -> None:
    await families.join(merged="kept", earlier="merged", separated=None)
    async with families.pool.acquire() as conn:
        for id in ("kept", "merged", "earlier"):
            assert await children.records_of(conn, id) == ["kept", "merged", "earlier"], id
        assert await children.records_of(conn, "separated") == ["separated"]


async def test_contacts_that_wait_are_shown_to_the_child_s_own_school(families: Families) -> None:
    for id, urn in (("mine", "900001"), ("other", "900002"), ("none", None)):
        await families.put(id)
        await families.pool.execute("UPDATE person SET asks_school = $2 WHERE id = $1", id, urn)
    async with families.pool.acquire() as conn:
        assert list(await children.asking(conn, {"900001"})) == ["mine"]
        assert sorted(await children.asking(conn, None)) == ["mine", "other"]


async def test_a_restricted_child_is_found_by_those_named_and_while_a_glass_is_broken(
    families: Families,
) -> None:
    def broken(staff_id: str, until: timedelta) -> Glass:
        return Glass(staff_id=staff_id, at=NOW - HOUR, until=NOW + until, reason="So that she is met.")

    everything = [Reach(who, everything=True) for who in ("me", "you")]
    for id, restriction in {
        "named": Restriction(named=frozenset({"me"})),
        "broken": Restriction(named=frozenset({"other"}), glasses=(broken("me", HOUR),)),
        "whole again": Restriction(named=frozenset({"other"}), glasses=(broken("me", -HOUR),)),
        "lifted": Restriction(glasses=(broken("other", HOUR),)),
    }.items():
        await families.put(id)
        await families.restrict(id, restriction)
    every = ("named", "broken", "whole again", "lifted")
    assert [await families.found(reach, *every) for reach in everything] == [
        ["broken", "lifted", "named"],
        ["lifted"],
    ]


@pytest.mark.parametrize(
    "reach",
    [
        Reach("me", urns=frozenset({"900002"})),
        Reach("me", areas=frozenset({"DSPL9"})),
        Reach("me", destinations=frozenset({"outreach-9"})),
        Reach("me", kinds=frozenset({"outreach"})),
        Reach("me", assigned=frozenset({"me"})),
        Reach("me", patches=frozenset({("DSPL9", "outreach")})),
    ],
    ids=["urns", "areas", "destinations", "kinds", "assigned", "patches"],
)
async def test_a_child_is_found_by_a_referral_within_reach_of_any_of_its_records(
    families: Families, reach: Reach
) -> None:
    within = {
        "urn": "900002", "area": "DSPL9", "destination": "outreach-9", "destination_kind": "outreach",
        "assigned_to": "me",
    }  # fmt: skip
    await families.put("within", within)
    await families.put("without")
    await families.put("kept")
    await families.put("merged", within)
    await families.join(merged="kept")
    assert await families.found(reach, "within", "without", "kept") == ["kept", "within"]


async def test_records_are_a_pair_unless_they_were_kept_apart_or_are_one_already(families: Families) -> None:
    for id, upn in (("permanent", "A919400023001"), ("none", None), ("apart", None), ("merged", None)):
        await families.put(id, upn=upn)
    await families.put("of another day", upn=None, born=BORN + timedelta(days=1))
    apart = Alias(apart=frozenset({"permanent", "none"}))
    await ALIASES.insert(families.pool, [Stored("apart", 1, 0, apart)])
    await families.join(merged="permanent")
    async with families.pool.acquire() as conn:
        found = await children.likely_pairs(conn)
    assert [(pair.kept, pair.other) for pair in found] == [("permanent", "none")]


async def test_two_permanent_numbers_are_two_children(families: Families) -> None:
    for id, upn in (("one", "A919400023001"), ("other", "A919400023002")):
        await families.put(id, upn=upn)
    async with families.pool.acquire() as conn:
        assert await children.likely_pairs(conn) == []
