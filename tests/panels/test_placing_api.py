"""After the panel, by programs: the whole way, what is refused, and what is not for them."""

from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from schemas.directory_v1 import SettingListed
from schemas.staff_v1 import ReferralRestricted
from tests.panels.builders import MONDAY, a_referral_id, at
from tests.panels.conftest import DEPUTY, House
from tests.panels.placing import CENTRE, ELM, OAK, STARTS_ON
from tests.panels.test_pages import as_
from tests.panels.test_placing_pages import ANSWER, ID, agreed, school

WAY = f"/placements/{ID}"
OFFER = {"setting": OAK, "kind": "special-school", "starts_on": str(STARTS_ON), "reply_by": "2026-03-20"}


async def done(house: House, path: str, body: Any, **given: Any) -> Any:
    answer = await house.post(path, body, **given)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def problem(house: House, path: str, body: Any, **given: Any) -> tuple[int, str]:
    answer = await house.post(path, body, **given)
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


async def test_a_program_goes_the_whole_way(house: House) -> None:
    await agreed(house)
    counted = await done(house, f"/places/{OAK}/special-school", {"number": 1})
    assert counted == {"places_id": f"{OAK}:special-school", "number": 1, "beyond": 0, "seen": 1}
    asked = await done(house, f"{WAY}/consultations", {"setting": OAK, "seen": 1})
    assert asked["answer_by"] == "2026-03-20"
    async with school(house) as head:
        await head.post(asked["link"].replace("http://here", ""), data=ANSWER)
    found = await house.get(WAY)
    assert found["consultations"][0]["answer"]["can_meet"] == "yes"
    assert (found["child"]["given_name"], found["story"]["by"]) == ("Wren", None)
    offered = await done(house, f"{WAY}/offer", OFFER | {"seen": found["seen"]})
    taken = {"accepted_by": "young-person", "accepted_on": "2026-03-05", "seen": offered["seen"]}
    accepted = await done(house, f"{WAY}/accept", taken)
    await done(house, f"{WAY}/confirm", {"starts_on": str(STARTS_ON), "seen": accepted["seen"]})
    await house.step(at("2026-04-14 08:00"))
    await done(house, f"{WAY}/start", {"started_on": str(STARTS_ON)})
    (places,) = (await house.get("/places"))["places"]
    assert (places["in_use"], places["free"], places["name"]) == (1, 0, "Oak School, Hitchin")
    over = await done(house, f"{WAY}/end", {"reason": "moved-on", "ended_on": "2026-04-14"})
    assert over["state"] == "ended"
    (one,) = (await house.get("/placements", state="ended"))["placements"]
    assert (one["placement_id"], one["days_waited"]) == (ID, (STARTS_ON - date(2026, 3, 5)).days)
    assert (await house.get("/placements", state="awaiting"))["placements"] == []


async def test_a_school_that_nobody_knows_is_not_asked(house: House) -> None:
    await agreed(house)
    assert await problem(house, f"{WAY}/consultations", {"setting": "000000"}) == (422, "unknown-setting")
    assert (await house.get(WAY))["consultations"] == []


async def test_places_are_counted_and_offered_only_at_settings_that_somebody_knows(house: House) -> None:
    await agreed(house)
    unknown = (422, "unknown-setting")
    assert await problem(house, "/places/000000/special-school", {"number": 3}) == unknown
    assert await problem(house, f"{WAY}/offer", OFFER | {"setting": "000000", "because": "So."}) == unknown
    assert (await house.get("/places"))["places"] == []
    by_hand = SettingListed(entry="setting:HX0001", urn="HX0001", name="New", town="Ware", area="DSPL3")
    await house.hear(by_hand)
    for setting, kind in (("HX0001", "special-school"), (CENTRE, CENTRE)):
        await done(house, f"/places/{setting}/{kind}", {"number": 3})


async def test_a_start_before_the_settled_day_asks_for_a_second_yes(house: House) -> None:
    await agreed(house)
    await done(house, f"{WAY}/offer", OFFER | {"because": "The tribunal named it."})
    await done(house, f"{WAY}/accept", {"accepted_by": "young-person", "accepted_on": "2026-03-05"})
    await done(house, f"{WAY}/confirm", {"starts_on": str(STARTS_ON)})
    today = {"started_on": "2026-03-05"}
    assert await problem(house, f"{WAY}/start", today) == (409, "before-the-first-day")
    ehc = await as_(house, "ehc")
    typed = {"started_on-day": "5", "started_on-month": "3", "started_on-year": "2026"}
    page = await ehc.post(f"{WAY}/start", **typed)
    assert (page.status_code, 'href="#early"' in page.text) == (422, True)
    assert (await done(house, f"{WAY}/start", today | {"early": True}))["state"] == "started"


async def test_a_link_is_said_once_also_to_who_asks_twice_with_the_same_key(house: House) -> None:
    await agreed(house)
    first = await done(house, f"{WAY}/consultations", {"setting": OAK}, key="k")
    again = await done(house, f"{WAY}/consultations", {"setting": OAK}, key="k")
    assert first["link"].startswith("http://here/consultations/")
    assert again == first | {"link": None}
    consultation = first["consultation_id"]
    reminded = await done(house, f"{WAY}/consultations/{consultation}/remind", {})
    assert reminded["link"] not in (None, first["link"])
    kept = str(await house.pool.fetch("SELECT * FROM once"))
    assert first["link"].rpartition("/")[2] not in kept


async def test_one_key_of_two_callers_or_at_two_addresses_is_two_requests(house: House) -> None:
    await agreed(house)
    offer = OFFER | {"because": "The tribunal named it."}
    await done(house, f"{WAY}/offer", offer, key="k")
    assert await problem(house, f"{WAY}/offer", offer, role=DEPUTY, key="k") == (409, "not-now")
    for setting in (OAK, ELM):
        counted = await done(house, f"/places/{setting}/special-school", {"number": 1}, key="k")
        assert counted["places_id"] == f"{setting}:special-school"


async def test_each_no_has_its_status_and_its_code(house: House) -> None:
    await agreed(house)
    assert await problem(house, f"{WAY}/offer", OFFER) == (409, "school-not-agreed")
    because = {"because": "The tribunal named it."}
    await done(house, f"{WAY}/offer", OFFER | because)
    assert await problem(house, f"{WAY}/offer", OFFER | because) == (409, "not-now")
    assert await problem(house, f"{WAY}/accept", {"accepted_by": "x", "accepted_on": "2026-03-05"}) == (
        422,
        "invalid",
    )
    assert (await problem(house, f"{WAY}/decline", {"reason": "family-declined", "seen": 0}))[
        1
    ] == "changed-meanwhile"
    assert (await problem(house, "/placements/nobody/end", {"reason": "returned", "ended_on": "2026-03-05"}))[
        0
    ] == 404
    assert (await problem(house, f"{WAY}/consultations/none/remind", {}))[0] in (404, 409)
    assert (await problem(house, f"/places/{ELM}/other", {"number": 1}, role="reader"))[0] == 403
    await done(house, f"{WAY}/decline", {"reason": "setting-cannot"})
    assert (await problem(house, f"{WAY}/consultations/none/remind", {}))[0] == 404


async def test_a_list_goes_on_by_pages_and_a_restricted_child_is_on_none(house: House) -> None:
    await agreed(house)
    page = await house.get("/placements", limit="1", area="DSPL7", short="false")
    assert page["next"].startswith("/api/placements?limit=1&area=DSPL7&short=false&after=2026-03-05")
    following = await house.get("/placements", **dict(parse_qsl(urlsplit(page["next"]).query)))
    assert (following["placements"], following["next"]) == ([], None)
    await house.hear(ReferralRestricted(referral_id=a_referral_id(), named=("tom",), restricted_at=MONDAY))
    assert (await house.get("/placements"))["placements"] == []
    for act, body in (("offer", OFFER), ("end", {"reason": "returned", "ended_on": "2026-03-05"})):
        assert (await problem(house, f"{WAY}/{act}", body))[0] == 404


async def test_reading_a_placement_is_recorded(house: House) -> None:
    await agreed(house)
    await house.get(WAY)
    row = await house.pool.fetchrow("SELECT who, what, subject FROM access_log")
    assert tuple(row or ()) == ("reader", "placement", ID)


async def test_the_lists_are_files_without_a_name_and_taking_them_is_recorded(house: House) -> None:
    await agreed(house)
    await done(house, f"/places/{OAK}/special-school", {"number": 3})
    await house.pool.execute("DELETE FROM access_log")
    ehc = await as_(house, "ehc")
    page = (await ehc.get("/placements?format=csv")).text.removeprefix("\ufeff").splitlines()
    heads, row = (line.split(",") for line in page)
    assert dict(zip(heads, row, strict=False))["State"] == "awaiting"
    assert "Wren" not in "".join(page)
    (read,) = await house.pool.fetch("SELECT who, what, subject FROM access_log")
    assert tuple(read) == ("staff:ehc", "placement", ID)
    for name, words in (("placements", "awaiting"), ("places", "Oak School, Hitchin")):
        async with house.as_("reader") as program:
            assert words in (await program.get(f"/lists/{name}")).text
    assert (await ehc.get("/places?format=xlsx")).content.startswith(b"PK")
    await house.hear(ReferralRestricted(referral_id=a_referral_id(), named=("tom",), restricted_at=MONDAY))
    assert "awaiting" not in (await ehc.get("/placements?format=csv")).text
