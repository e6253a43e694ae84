"""A case is deferred or withdrawn by pages: what each form asks, and what it does when somebody was quicker."""

import re
from typing import Any

import httpx2
import pytest

from services.panels import storage
from services.panels.domain.cases.case import Case, case_id_of
from services.panels.domain.commands import CompleteCase, ConfirmSitting, WithdrawCase
from tests.panels.builders import THURSDAY_5_MARCH, a_referral_id, a_routed_referral, at
from tests.panels.conftest import House
from tests.panels.test_pages import ROLES, Visitor, as_, case_path

CASE_ID = case_id_of(a_referral_id())
DEFER, WITHDRAW = f"{case_path()}/defer", f"{case_path()}/withdraw"
DAY = {"next_on-day": "20", "next_on-month": "3", "next_on-year": "2026"}
DEFERRAL: dict[str, Any] = {
    "missing": ["health-advice", "school-report"],
    "owner": "health",
    "reason": "The panel cannot tell what she needs in class.",
    **DAY,
}


async def before_its_panel(house: House) -> None:
    """One case on the batch of a sitting that has begun."""
    await house.hear(a_routed_referral())
    await house.running.runner.command(ConfirmSitting(THURSDAY_5_MARCH, (CASE_ID,)))
    await house.step(at("2026-03-05 10:00"))


async def the_case(house: House) -> Case:
    async with house.pool.acquire() as conn:
        (case,) = await storage.cases_by_id(conn, [CASE_ID])
    return case


async def opened(visitor: Visitor, path: str) -> dict[str, str]:
    """The hidden fields of a form that was opened: which form it is, and the case as it was then."""
    page = await visitor.get(path)
    assert page.status_code == 200, page.text
    return {name: re.search(rf'name="{name}" value="([^"]*)"', page.text)[1] for name in ("seen", "form")}  # type: ignore[index]


def where(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.headers.get("location", "")


async def test_a_case_that_cannot_be_judged_yet_is_deferred_with_all_that_the_family_will_ask(
    house: House,
) -> None:
    await before_its_panel(house)
    tom = await as_(house, "tom")
    assert f'href="{DEFER}"' in (await tom.get(case_path())).text
    assert where(await tom.post(DEFER, **await opened(tom, DEFER), **DEFERRAL)) == (303, case_path())
    case = await the_case(house)
    assert case.status == "deferred"
    (deferral,) = case.deferrals
    assert deferral.missing == ("health-advice", "school-report")
    assert (deferral.owner, deferral.next_on.isoformat()) == ("health", "2026-03-20")
    page = (await tom.get(case_path())).text
    assert "The panel cannot tell what she needs in class." in page
    assert "the health service brings what was missing" in page


@pytest.mark.parametrize(
    ("left_out", "says"),
    [
        ({"missing": []}, "Choose what is missing."),
        ({"owner": ""}, "Choose who brings it."),
        ({"reason": " "}, "Write why the panel cannot recommend yet."),
        ({"next_on-day": ""}, "There is no such day"),
        (dict.fromkeys(DAY, ""), "Give the day on which the panel looks at it again."),
        ({"next_on-day": "5"}, "give one after today"),
        ({"next_on-year": "2062"}, "This day lies too far ahead"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_deferral_lacks_nothing(house: House, left_out: dict[str, Any], says: str) -> None:
    await before_its_panel(house)
    tom = await as_(house, "tom")
    answer = await tom.post(DEFER, **await opened(tom, DEFER), **{**DEFERRAL, **left_out})
    assert answer.status_code == 422
    assert says in answer.text
    if "reason" not in left_out:
        assert DEFERRAL["reason"] in answer.text  # nothing that was written is lost
    assert (await the_case(house)).status == "listed"


async def test_a_second_deferral_by_a_page_says_that_it_was_escalated(house: House) -> None:
    await before_its_panel(house)
    tom = await as_(house, "tom")
    await tom.post(DEFER, **await opened(tom, DEFER), **DEFERRAL)
    await house.running.runner.command(CompleteCase(CASE_ID, papers_complete=True))
    await house.running.runner.command(ConfirmSitting("placement-2026-03-17", (CASE_ID,)))
    await house.step(at("2026-03-17 10:00"))
    held = await opened(tom, DEFER)
    refused = await tom.post(DEFER, **held, **DEFERRAL)
    assert refused.status_code == 422
    assert 'href="#escalated"' in refused.text
    assert where(await tom.post(DEFER, **held, **DEFERRAL, escalated="yes")) == (303, case_path())
    assert [each.escalated for each in (await the_case(house)).deferrals] == [False, True]


async def test_a_case_is_withdrawn_with_its_reason(house: House) -> None:
    await house.hear(a_routed_referral())
    tom = await as_(house, "tom")
    held = await opened(tom, WITHDRAW)
    without = await tom.post(WITHDRAW, **held)
    assert without.status_code == 422
    assert "Choose why the case is withdrawn." in without.text
    assert where(await tom.post(WITHDRAW, **held, reason="moved-away")) == (303, case_path())
    case = await the_case(house)
    assert case.withdrawal is not None
    assert (case.status, case.withdrawal.reason) == ("withdrawn", "moved-away")
    assert "because the child has moved away" in (await tom.get(case_path())).text


@pytest.mark.parametrize(("path", "filled"), [(DEFER, DEFERRAL), (WITHDRAW, {"reason": "needs-met"})])
async def test_a_form_sent_twice_is_done_once(house: House, path: str, filled: dict[str, Any]) -> None:
    await before_its_panel(house)
    tom = await as_(house, "tom")
    held = await opened(tom, path)
    first = where(await tom.post(path, **held, **filled))
    said = await house.said()
    assert where(await tom.post(path, **held, **filled)) == first == (303, case_path())
    changed = await tom.post(path, **held, **{**filled, "reason": "sent-in-error"})
    assert where(changed) == (303, f"{case_path()}?late=yes")
    assert await house.said() == said


async def test_whoever_comes_too_late_is_told_what_became_of_the_case(house: House) -> None:
    await house.hear(a_routed_referral())
    tom, max_ = await as_(house, "tom"), await as_(house, "max")
    held = await opened(tom, WITHDRAW)
    await house.running.runner.command(ConfirmSitting(THURSDAY_5_MARCH, (CASE_ID,)))
    late = await tom.post(WITHDRAW, **held, reason="needs-met")
    assert late.status_code == 422
    assert "the case is listed by now" in late.text
    assert (await the_case(house)).status == "listed"
    again = await opened(max_, WITHDRAW)
    await house.running.runner.command(WithdrawCase(CASE_ID, "family-asked"))
    gone = await max_.post(WITHDRAW, **again, reason="needs-met")
    assert where(gone) == (303, f"{case_path()}?late=yes")
    shown = await max_.get(f"{case_path()}?late=yes")
    assert "cannot be done with this case as it is now" in shown.text
    assert "because the family asked for it" in shown.text


@pytest.mark.parametrize("path", [DEFER, WITHDRAW])
async def test_going_back_to_a_form_that_is_over_leads_to_the_case(house: House, path: str) -> None:
    await before_its_panel(house)
    await house.running.runner.command(WithdrawCase(CASE_ID, "family-asked"))
    tom = await as_(house, "tom")
    assert where(await tom.get(path)) == (303, f"{case_path()}?late=yes")
    page = (await tom.get(case_path())).text
    assert path not in page


async def test_a_case_is_not_deferred_before_its_panel_sits(house: House) -> None:
    await house.hear(a_routed_referral())
    tom = await as_(house, "tom")
    assert where(await tom.get(DEFER)) == (303, f"{case_path()}?late=yes")
    page = (await tom.get(case_path())).text
    assert DEFER not in page
    assert WITHDRAW in page


@pytest.mark.parametrize("path", [DEFER, WITHDRAW])
@pytest.mark.parametrize("name", ROLES)
async def test_only_a_co_ordinator_of_the_panel_takes_a_case_out(house: House, name: str, path: str) -> None:
    await before_its_panel(house)
    visitor = await as_(house, name)
    may = name in ("tom", "max")
    assert (await visitor.get(path)).status_code == (200 if may else 403)
    assert (await visitor.post(path)).status_code == (422 if may else 403)
    if may:
        visitor.csrf = "of-somebody-else"
        assert (await visitor.post(path)).status_code == 403


async def test_reading_the_form_is_recorded(house: House) -> None:
    await house.hear(a_routed_referral())
    await (await as_(house, "tom")).get(WITHDRAW)
    row = await house.pool.fetchrow("SELECT who, what, subject FROM access_log")
    assert tuple(row or ()) == ("staff:tom", "case", CASE_ID)
