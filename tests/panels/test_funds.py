"""Local high needs funding: what may be agreed, and what each area's fund has left."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.decision import Refused
from chassis.service import Running
from chassis.testing import Bench
from schemas.panels_v1 import DecisionIssued
from services.panels import handlers, learning
from services.panels.app import make_sittings
from services.panels.domain.cases.case import CASE, Case, case_id_of
from services.panels.domain.commands import (
    CompleteCase,
    ConfirmSitting,
    IssueDecision,
    RecordRecommendation,
    ScheduleSitting,
)
from services.panels.domain.day.commands import CorrectDecision
from services.panels.domain.funds import codes_of, financial_year, funds
from services.panels.domain.judged import Funding, Judgement
from services.panels.domain.sittings.arranging import AskAmount
from services.panels.panel_files import read_book
from tests.panels.builders import MONDAY, a_referral_id, a_routed_referral, at
from tests.panels.conftest import House, build, settings
from tests.panels.test_homes import ALTERNATIVES, a_request_for_funding
from tests.panels.test_pages import as_

FOLDER = ALTERNATIVES / "local-high-needs-funding"
BOOK = read_book(FOLDER)
SITTING = "high-needs-dspl7-2026-03-09"
CASE_ID = case_id_of(a_referral_id(1))
BUDGET = 540_000  # of the year that ends in March 2026


def test_a_financial_year_begins_on_the_first_of_april() -> None:
    assert (financial_year(date(2026, 3, 31)), financial_year(date(2026, 4, 1))) == ("2025-26", "2026-27")
    assert financial_year(date(2099, 12, 31)) == "2099-00"


@given(st.dates(date(2020, 1, 1), date(2098, 1, 1)))
def test_every_day_belongs_to_the_year_of_the_day_before_but_the_first_of_april(day: date) -> None:
    same = financial_year(day) == financial_year(day - timedelta(days=1))
    assert same != ((day.month, day.day) == (4, 1))


def a_bench() -> Bench:
    """A bench with a request for 9,000 pounds, before its sitting, which has begun."""
    bench = Bench(handlers.build(BOOK), MONDAY)
    bench.deliver(ScheduleSitting(SITTING))
    bench.deliver(a_request_for_funding())
    bench.deliver(CompleteCase(CASE_ID, papers_complete=True))
    bench.deliver(AskAmount(CASE_ID, 9000))
    bench.deliver(ConfirmSitting(SITTING, (CASE_ID,), ()))
    bench.advance(at("2026-03-09 14:00"))
    return bench


def the_case(bench: Bench) -> Case:
    found = bench.state(CASE, CASE_ID)
    assert found is not None
    return found


def recommend(bench: Bench, funding: Funding | None, outcome: Any = "agreed", **given: Any) -> None:
    fields: dict[str, Any] = {"provision": None, "reasons": "It is needed.", "funding": funding}
    bench.deliver(RecordRecommendation(CASE_ID, SITTING, outcome, **(fields | given)))


def test_funding_is_asked_recommended_and_issued_and_the_fund_has_less() -> None:
    bench = a_bench()
    (before,) = funds(BOOK, ["high-needs-dspl7"], [the_case(bench)], "2025-26", date(2026, 3, 9))
    assert (before.budget, before.asked, before.agreed, before.left, before.waiting) == (
        BUDGET,
        9000,
        0,
        BUDGET,
        1,
    )
    recommend(bench, Funding(gives="both", asked=9000, agreed=6000))
    told = next(
        each for each in bench.deliver(IssueDecision(CASE_ID, "officer")) if isinstance(each, DecisionIssued)
    )
    assert (told.funding, told.amount_asked, told.amount_agreed, told.provision) == ("both", 9000, 6000, None)
    (after,) = funds(BOOK, ["high-needs-dspl7"], [the_case(bench)], "2025-26", date(2026, 3, 9))
    assert (after.asked, after.agreed, after.left, after.decided) == (9000, 6000, BUDGET - 6000, 1)
    assert after.gave == {"both": 1}
    (next_year,) = funds(BOOK, ["high-needs-dspl7"], [the_case(bench)], "2026-27", date(2026, 4, 9))
    assert (next_year.asked, next_year.agreed) == (0, 0)


def test_what_was_refused_counts_as_asked_and_a_fund_may_be_overspent() -> None:
    bench = a_bench()
    recommend(bench, None, "not-agreed")
    bench.deliver(IssueDecision(CASE_ID, "officer"))
    case = the_case(bench)
    (fund,) = funds(BOOK, ["high-needs-dspl7"], [case], "2025-26", date(2026, 3, 9))
    assert (fund.asked, fund.agreed, fund.gave) == (9000, 0, {})
    assert case.decision is not None
    much = case.decision.model_copy(
        update={"funding": Funding(gives="funding", asked=600_000, agreed=600_000)}
    )
    (over,) = funds(
        BOOK, ["high-needs-dspl7"], [case.model_copy(update={"decision": much})], "2025-26", date(2026, 3, 9)
    )
    assert over.left == BUDGET - 600_000


def test_a_decision_that_was_corrected_counts_as_it_holds() -> None:
    bench = a_bench()
    recommend(bench, Funding(gives="both", asked=9000, agreed=6000))
    bench.deliver(IssueDecision(CASE_ID, "officer"))
    mended = Judgement(outcome="not-agreed", reasons="It was another child's.")
    bench.deliver(CorrectDecision(CASE_ID, "officer", mended, "Two cases were mixed up."))
    (fund,) = funds(BOOK, ["high-needs-dspl7"], [the_case(bench)], "2025-26", date(2026, 3, 9))
    assert (fund.asked, fund.agreed, fund.left) == (9000, 0, BUDGET)


def test_a_year_without_a_budget_has_none_left_to_tell() -> None:
    (fund,) = funds(BOOK, ["high-needs-dspl1"], [], "2031-32", date(2026, 3, 9))
    assert (fund.budget, fund.left) == (None, None)


@pytest.mark.parametrize(
    ("funding", "given", "code"),
    [
        (None, {}, "funding-missing"),
        (Funding(gives="funding", asked=9000, agreed=0), {}, "amount-does-not-fit"),
        (Funding(gives="support", asked=9000, agreed=10), {}, "amount-does-not-fit"),
        (Funding(gives="both", asked=9000, agreed=9001), {}, "more-than-asked"),
        (Funding(gives="both", asked=9000, agreed=9000), {"outcome": "not-agreed"}, "funding-not-expected"),
        (None, {"provision": "special-school"}, "provision-not-expected"),
    ],
)
def test_what_does_not_fit_is_refused_and_named(
    funding: Funding | None, given: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        recommend(a_bench(), funding, **given)
    assert [fault.code for fault in refused.value.faults] == [code]


def test_of_two_who_say_at_once_what_is_asked_the_second_looks_again() -> None:
    bench = Bench(handlers.build(BOOK), MONDAY)
    bench.deliver(a_request_for_funding())
    seen = the_case(bench).version
    bench.deliver(AskAmount(CASE_ID, 9000, seen))
    with pytest.raises(Refused, match="changed-meanwhile"):
        bench.deliver(AskAmount(CASE_ID, 4000, seen))
    assert the_case(bench).amount_asked == 9000


def test_a_placement_panel_agrees_to_no_funding_and_nothing_is_asked_of_it() -> None:
    bench = Bench(handlers.build(BOOK), MONDAY)
    bench.deliver(a_routed_referral())
    with pytest.raises(Refused, match="no-funding"):
        bench.deliver(AskAmount(CASE_ID, 9000))


def test_what_is_asked_for_changes_no_more_once_the_case_was_heard() -> None:
    bench = a_bench()
    recommend(bench, Funding(gives="funding", asked=9000, agreed=6000))
    with pytest.raises(Refused, match="case-not-open"):
        bench.deliver(AskAmount(CASE_ID, 4000))
    assert the_case(bench).amount_asked == 9000


def test_the_amounts_come_back_when_the_database_is_lost() -> None:
    bench = a_bench()
    recommend(bench, Funding(gives="funding", asked=9000, agreed=6000))
    issued = next(
        each for each in bench.deliver(IssueDecision(CASE_ID, "x")) if isinstance(each, DecisionIssued)
    )
    rule = learning.build(BOOK).restoring.rules[DecisionIssued]
    again = rule.decide(the_case(bench).model_copy(update={"decision": None}), issued).state
    assert again is not None
    assert again.decision.funding == Funding(gives="funding", asked=9000, agreed=6000)


@pytest.fixture
async def county(database: Callable[..., Awaitable[Any]]) -> House:
    """A service with the nine panels for funding beside the county's own."""
    service = build(settings(folder=FOLDER))
    running = Running(service, await database(service.migrations))
    await make_sittings(BOOK, running)
    return House(running)


async def test_the_funds_are_seen_by_those_of_the_panel_and_a_recommendation_is_recorded_by_form(
    county: House,
) -> None:
    await county.hear(a_request_for_funding())
    tom, path = await as_(county, "tom"), f"/cases/{CASE_ID}/funding"
    assert "Write whole pounds" in (await tom.post(path, act="amount", amount="lots")).text
    assert (await tom.post(path, act="amount", amount="9000")).status_code == 303
    await county.post(f"/cases/{CASE_ID}/complete", {"papers_complete": True})
    await county.post(f"/sittings/{SITTING}/confirm", {"case_ids": [CASE_ID]})
    await county.step(at("2026-03-09 14:00"))
    page = (await tom.get(path)).text
    assert "In 2025-26 the fund has £540,000 left of £540,000." in page
    unsaid = (await tom.post(path, act="recommend")).text
    assert "Choose what the panel recommends." in unsaid
    assert "Write the reasons" in unsaid
    day = f"/sittings/{SITTING}/day"
    assert "£9,000 is asked of the fund" in (await tom.get(day)).text
    one = (await tom.get(f"{day}/1")).text
    assert "£9,000 is asked of the fund. " in one
    assert f'href="{path}"' in one
    fields = {"gives": "both", "agreed": "6000", "reasons": "It is needed."}
    assert (await tom.post(path, act="recommend", **fields)).status_code == 303
    said = "Agreed: funding and support, £6,000 of £9,000"
    assert said in (await tom.get(day)).text
    assert said in (await (await as_(county, "officer")).get("/decisions")).text
    decided = await county.post(f"/cases/{CASE_ID}/decision", {}, role="officer")
    assert decided.status_code == 200, decided.text
    assert "Funds in 2025-26" in (await tom.get("/funds?year=zz")).text
    shown = (await tom.get("/funds?year=2025-26")).text
    assert "£534,000" in shown
    assert "1 with funding and support" in shown
    assert "None of your panels" in (await (await as_(county, "max", scope="placement")).get("/funds")).text
    assert (await (await as_(county, "school")).get("/funds")).status_code == 403
    assert (await (await as_(county, "officer")).get(path)).status_code == 403


async def test_programs_ask_recommend_and_read_the_funds(county: House) -> None:
    await county.hear(a_request_for_funding(), a_routed_referral(2))
    assert (await county.post(f"/cases/{CASE_ID}/amount", {"amount": 9000})).json()["amount_asked"] == 9000
    for wrong in (0, True, "9000", 9000.5):
        assert (await county.post(f"/cases/{CASE_ID}/amount", {"amount": wrong})).status_code == 422
    other = case_id_of(a_referral_id(2))
    assert (await county.post(f"/cases/{other}/amount", {"amount": 9000})).status_code == 409
    body = {"sitting_id": SITTING, "outcome": "agreed", "gives": "funding", "asked": 9000, "agreed": 6000}
    early = await county.post(f"/cases/{CASE_ID}/funding", body | {"reasons": "x"})
    assert early.status_code == 409
    found = await county.get("/funds", year="2025-26")
    mine = next(each for each in found["funds"] if each["panel"] == "high-needs-dspl7")
    assert (len(found["funds"]), mine["asked"], mine["left"]) == (9, 9000, BUDGET)
    assert codes_of(BOOK) == [each["panel"] for each in found["funds"]]
