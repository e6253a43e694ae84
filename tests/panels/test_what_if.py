"""The page "What if?": who may open it, what it answers, and what it says of what it cannot do."""

import asyncio
import re
from threading import Event
from typing import Any

import httpx2
import pytest

from schemas.staff_v1 import ReferralRestricted
from services.panels.scenarios import Ask, as_it_is
from services.panels.simulation.demand import Assumed
from services.panels.simulation.figures import AUTHORITIES
from services.panels.web.trying.trial import MOST, Answer, Trial, tried
from tests.panels import test_pages
from tests.panels.builders import MONDAY, a_referral_id, a_routed_referral
from tests.panels.conftest import House
from tests.panels.test_pages import Visitor, as_

LUTON = "821"
FORM: dict[str, Any] = {
    "demand": "published", "authority": LUTON, "panels": ["as it is"], "numbers": "1", "years": "1", "by": "rule",
    "seed": "1", "cases_per_request": "30", "incomplete": "25", "deferred": "8",
}  # fmt: skip


@pytest.fixture
async def manager(house: House, monkeypatch: pytest.MonkeyPatch) -> Visitor:
    """A service manager who has signed in."""
    monkeypatch.setitem(test_pages.ROLES, "mona", "service-manager")
    return await as_(house, "mona")


async def post(who: Visitor, **changes: Any) -> httpx2.Response:
    return await who.post("/what-if", **(FORM | changes))


async def test_a_service_manager_opens_it_and_nobody_else(house: House, manager: Visitor) -> None:
    assert (await manager.get("/what-if")).status_code == 200
    assert "What if?" in (await manager.get("/")).text
    for name in ("tom", "officer", "ehc", "member", "school"):
        visitor = await as_(house, name)
        assert (await visitor.get("/what-if")).status_code == 403
        assert (await visitor.post("/what-if", **FORM)).status_code == 403


async def test_the_authority_of_the_service_and_what_is_tried_most_are_chosen_already(
    manager: Visitor,
) -> None:
    page = (await manager.get("/what-if")).text
    assert re.search(r'<option value="919"[^>]*selected', page)
    assert re.search(r'value="as it is" checked', page)


async def test_it_answers_with_charts_their_tables_and_what_was_assumed(manager: Visitor) -> None:
    page = (await post(manager, numbers="1, 1-8", years="2", enough="yes")).text
    assert page.count("<svg") == 3
    for words in (
        "one sitting a month, 8 from",
        "Open Government Licence v3.0",
        "Assumed: 5% of cases are urgent",
        "a fast rule",
        "the backlog stops growing at",
        "The same as a table: cases that wait, week by week",
        "--authority 821",
    ):
        assert words in page


async def test_all_figures_are_saved_as_csv(manager: Visitor) -> None:
    answer = await post(manager, **{"as": "csv"})
    assert answer.headers["content-disposition"] == 'attachment; filename="what-if.csv"'
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "configuration,figure,week_ending,value"
    assert {line.split(",")[0] for line in lines[1:]} == {"as it is", "one sitting a month"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"authority": "000"}, "Choose an authority."),
        ({"years": "4"}, "Choose how many years are played."),
        ({"numbers": "1, many"}, "Write sittings a month as numbers from 1 to 16"),
        ({"panels": [], "numbers": ""}, "Choose panels, or write numbers of sittings a month."),
        ({"deferred": "101"}, "Write a whole number from 0 to 100."),
        ({"cases_per_request": "0"}, "Write a whole number from 1 to 100."),
        ({"seed": "first"}, "Write a whole number from 0 to 999,999."),
        ({"demand": "queue", "enough": "yes"}, "The search needs published demand"),
        ({"demand": "luck"}, "Choose whose cases are played."),
    ],
)
async def test_what_is_wrong_is_said_beside_its_field_and_nothing_that_was_typed_is_lost(
    manager: Visitor, wrong: dict[str, Any], said: str
) -> None:
    answer = await post(manager, **wrong)
    assert answer.status_code == 422
    assert said in answer.text
    assert "<svg" not in answer.text
    if "authority" not in wrong:
        assert re.search(r'<option value="821"[^>]*selected', answer.text)


async def test_what_takes_too_long_is_refused_with_the_command_that_does_it(manager: Visitor) -> None:
    answer = await post(
        manager, authority="881", years="3", by="planner", numbers="1,2,3,4", deferred="20", enough="yes"
    )
    assert answer.status_code == 422
    assert "This takes too long for a page. Run it instead: python -m services.panels simulate" in answer.text
    for words in (
        "--authority 881",
        "--years 3",
        "--panels as-it-is --sittings 1,2,3,4",
        "--by planner",
        "--enough",
        "--assume deferred=0.2",
    ):
        assert words in answer.text


async def test_one_is_tried_at_a_time_and_another_is_told_so(
    manager: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = Event(), Event()

    def slowly(*given: Any) -> Answer:
        begun.set()
        assert go_on.wait(30)
        return tried(*given)

    monkeypatch.setattr("services.panels.web.trying.what_if.tried", slowly)
    first = asyncio.create_task(post(manager))
    assert await asyncio.to_thread(begun.wait, 30)
    second = await post(manager)
    assert second.status_code == 503
    assert "Somebody else is trying something just now." in second.text
    assert re.search(r'<option value="821"[^>]*selected', second.text)
    go_on.set()
    assert (await first).status_code == 200
    assert (await post(manager)).status_code == 200


async def test_a_queue_that_is_too_long_for_a_page_is_refused_with_its_command(
    house: House, manager: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.panels.web.trying.trial.MOST", 3)
    await house.hear(*(a_routed_referral(n) for n in (1, 2)))
    answer = await post(manager, demand="queue")
    assert answer.status_code == 422
    assert (
        "This takes too long for a page. Run it instead: python -m services.panels simulate --queue"
        in answer.text
    )


async def test_the_real_queue_is_replayed_without_cases_that_are_shut_to_whoever_asks(
    house: House, manager: Visitor
) -> None:
    empty = await post(manager, demand="queue")
    assert (empty.status_code, "There is no case to replay yet." in empty.text) == (422, True)
    await house.hear(*(a_routed_referral(n) for n in (1, 2, 3)))
    await house.hear(ReferralRestricted(referral_id=a_referral_id(3), named=("tom",), restricted_at=MONDAY))
    page = (await post(manager, demand="queue")).text
    assert "The real queue, 2 cases as they came, from 2 February 2026" in page
    reads = await house.pool.fetch("SELECT who, what, subject FROM access_log WHERE what = 'what-if'")
    assert [tuple(row) for row in reads] == [("staff:mona", "what-if", "queue")] * 2


def test_the_default_question_of_every_authority_is_small_enough_for_the_page() -> None:
    ask, books = Ask(MONDAY.date(), assumed=Assumed()), [as_it_is()] * 3
    for authority in AUTHORITIES.values():
        assert Trial("published", authority, ask, books, [], "1,12", enough=True).cost() <= MOST
