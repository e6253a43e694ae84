"""What follows from a panel's day, by pages: decisions, corrections, chair's action, what was escalated."""

from datetime import date

import pytest

from schemas.staff_v1 import ReferralRestricted
from services.panels import waiting_lists
from services.panels.domain.commands import (
    CompleteCase,
    ConfirmSitting,
    DeferCase,
    IssueDecision,
    WithdrawCase,
)
from services.panels.domain.day.commands import AnswerEscalation, AskChair
from services.panels.web.day import deciding
from tests.panels.builders import MONDAY, THURSDAY_5_MARCH, a_referral_id, a_routed_referral, an_ask, at
from tests.panels.conftest import House
from tests.panels.test_day_pages import AGREED, DAY, SIGN, a_day, hidden, records, the_case, the_id, where
from tests.panels.test_pages import ROLES, as_, case_path

CORRECT, ASK, ACTION, ESCALATED = (
    f"{case_path()}/{code}" for code in ("correct", "ask-chair", "chair-action", "escalated")
)
OTHERWISE = {"outcome": "not-agreed", "reasons": "Her school can meet her needs."}
WHY = {"why": "The wrong minutes were typed."}


async def heard(house: House, count: int = 1) -> None:
    """So many cases that wait for a decision."""
    await a_day(house, count)
    tom = await as_(house, "tom")
    for n in range(1, count + 1):
        await records(tom, n)


async def urgent(house: House) -> None:
    await house.hear(a_routed_referral(placement=an_ask(urgent=True)))


async def escalated(house: House) -> None:
    """One case that two sittings deferred."""
    await a_day(house, 1)
    command = house.running.runner.command
    twice = DeferCase(
        the_id(1), THURSDAY_5_MARCH, ("health-advice",), "health", date(2026, 4, 1), "None yet."
    )
    await command(twice)
    await command(CompleteCase(the_id(1), papers_complete=True))
    again = "placement-2026-03-17"
    await command(ConfirmSitting(again, (the_id(1),)))
    await house.step(at("2026-03-17 10:00"))
    await command(
        DeferCase(the_id(1), again, ("health-advice",), "health", date(2026, 4, 1), "Still none.", True)
    )


async def test_an_officer_issues_as_recommended_what_they_tick_and_nothing_else(house: House) -> None:
    await heard(house, 3)
    officer = await as_(house, "officer")
    page = (await officer.get("/decisions")).text
    assert page.count("Agreed: a special school") == 3
    ticked = [f"{the_id(n)}:{(await the_case(house, n)).version}" for n in (1, 3)]
    assert where(await officer.post("/decisions", case=ticked)) == (303, "/decisions")
    assert [(await the_case(house, n)).status for n in (1, 2, 3)] == ["decided", "heard", "decided"]
    assert "2 decisions are issued." in (await officer.get("/decisions")).text
    nothing = await officer.post("/decisions")
    assert nothing.status_code == 422
    assert "Choose at least one case." in nothing.text
    again = await officer.post("/decisions", case=ticked)
    assert "2 of them were decided, or taken back, meanwhile, and left the list." in again.text
    assert again.text.count("left the list") == 2  # in the summary and beside the field


async def test_what_changed_since_it_was_looked_at_is_not_issued_and_holds_up_no_other(house: House) -> None:
    await heard(house, 3)
    officer = await as_(house, "officer")
    ticked = [f"{the_id(n)}:{(await the_case(house, n)).version}" for n in (1, 2, 3)]
    await records(await as_(house, "max"), 1, reasons="Written anew.")
    await house.running.runner.command(WithdrawCase(the_id(2), "family-asked"))
    answer = await officer.post("/decisions", case=ticked)
    assert answer.status_code == 422
    assert "1 decision is issued. The rest is not." in answer.text
    assert "Somebody else was quicker" in answer.text
    assert [(await the_case(house, n)).status for n in (1, 2, 3)] == ["heard", "withdrawn", "decided"]


async def test_a_decision_is_not_issued_over_a_recommendation_that_nobody_saw(house: House) -> None:
    await heard(house)
    officer = await as_(house, "officer")
    held = await hidden(officer, case_path(), "seen")
    await records(await as_(house, "tom"), 1, reasons="Written anew.")
    late = await officer.post(f"{case_path()}/decision", **held, **{"as": "recommended"})
    assert late.status_code == 422
    assert (await the_case(house)).status == "heard"


async def test_behind_many_restricted_ones_the_others_are_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "_MOST", 2)
    await heard(house, 5)
    for n in (1, 2, 3):
        await house.hear(
            ReferralRestricted(referral_id=a_referral_id(n), named=("max",), restricted_at=MONDAY)
        )
    page = (await (await as_(house, "officer")).get("/decisions")).text
    assert page.count("Agreed: a special school") == 2


async def test_a_restricted_recommendation_is_in_no_list_of_whoever_is_not_named(house: House) -> None:
    await heard(house)
    await house.hear(ReferralRestricted(referral_id=a_referral_id(), named=("max",), restricted_at=MONDAY))
    officer = await as_(house, "officer")
    assert the_id(1) not in (await officer.get("/decisions")).text
    forced = await officer.post("/decisions", case=f"{the_id(1)}:{(await the_case(house)).version}")
    assert forced.status_code == 422
    assert (await the_case(house)).status == "heard"


async def test_that_an_officer_read_the_recommendations_is_recorded(house: House) -> None:
    await heard(house, 2)
    await house.pool.execute("DELETE FROM access_log")
    await (await as_(house, "officer")).get("/decisions")
    rows = await house.pool.fetch("SELECT who, what, subject FROM access_log ORDER BY subject")
    assert [tuple(row) for row in rows] == sorted(("staff:officer", "case", the_id(n)) for n in (1, 2))


async def test_an_issued_decision_is_corrected_and_both_are_shown(house: House) -> None:
    await heard(house)
    await house.running.runner.command(IssueDecision(the_id(1), "officer"))
    officer = await as_(house, "officer")
    assert CORRECT in (await officer.get(case_path())).text
    held = await hidden(officer, CORRECT, "seen")
    without = await officer.post(CORRECT, **held, **OTHERWISE)
    assert without.status_code == 422
    assert "Write what the mistake was." in without.text
    assert where(await officer.post(CORRECT, **held, **OTHERWISE, **WHY)) == (303, case_path())
    page = (await officer.get(case_path())).text
    for words in (AGREED["reasons"], OTHERWISE["reasons"], WHY["why"], "did not agree to the placement"):
        assert words in page
    late = await officer.post(CORRECT, **held, **AGREED, **WHY)
    assert late.status_code == 422
    said = [kind for key, _, kind in await house.said() if key == the_id(1)]
    assert said.count("decision.issued.v1") == said.count("decision.corrected.v1") == 1


async def test_a_recommendation_is_corrected_by_a_chair_once_it_is_signed_off(house: House) -> None:
    await heard(house)
    cora = await as_(house, "cora")
    assert where(await cora.get(CORRECT)) == (303, f"{case_path()}?late=yes")
    await cora.post(SIGN, **await hidden(cora, SIGN, "seen"))
    officer = await as_(house, "officer")
    assert (await officer.get(CORRECT)).status_code == 403
    done = await cora.post(CORRECT, **await hidden(cora, CORRECT, "seen"), **OTHERWISE, **WHY)
    assert where(done) == (303, case_path())
    case = await the_case(house)
    assert case.recommendation is not None
    assert (case.recommendation.outcome, len(case.corrections)) == ("not-agreed", 1)


async def test_an_urgent_case_goes_from_the_co_ordinator_to_a_chair_and_to_the_next_agenda(
    house: House,
) -> None:
    await urgent(house)
    tom, cora = await as_(house, "tom"), await as_(house, "cora")
    assert ASK in (await tom.get(case_path())).text
    held = await hidden(tom, ASK, "seen")
    assert (await tom.post(ASK, **held)).status_code == 422
    assert where(await tom.post(ASK, **held, why="She has no school.")) == (303, case_path())
    assert "She has no school." in (await cora.get("/chair-actions")).text
    held = await hidden(cora, ACTION, "seen")
    nothing = await cora.post(ACTION, **held)
    assert "Choose whether it can wait." in nothing.text
    done = await cora.post(ACTION, **held, answer="agreed", **AGREED)
    assert where(done) == (303, "/chair-actions")
    assert (await the_case(house)).status == "heard"
    assert "No case waits for a chair." in (await cora.get("/chair-actions")).text
    shown = {n: (await tom.get(f"/sittings/placement-2026-02-{n}/day")).text for n in ("03", "05")}
    assert "She has no school." in shown["03"]  # the next sitting is told
    assert "She has no school." not in shown["05"]
    assert "She has no school." in (await tom.get("/sittings/placement-2026-02-03")).text
    await house.hear(a_routed_referral(2))
    await house.running.runner.command(ConfirmSitting("placement-2026-02-10", (the_id(2),)))
    await house.step(at("2026-02-10 12:00"))
    assert "She has no school." in (await tom.get("/sittings/placement-2026-02-10/day")).text
    assert "She has no school." not in (await tom.get("/sittings/placement-2026-02-12/day")).text


async def test_a_chair_lets_it_wait_and_says_why(house: House) -> None:
    await urgent(house)
    await house.running.runner.command(AskChair(the_id(1), "tom", "She has no school."))
    cora = await as_(house, "cora")
    held = await hidden(cora, ACTION, "seen")
    wordless = await cora.post(ACTION, **held, answer="declined")
    assert wordless.status_code == 422
    done = await cora.post(ACTION, **held, answer="declined", reasons="The sitting is tomorrow.")
    assert where(done) == (303, "/chair-actions")
    page = (await (await as_(house, "tom")).get(case_path())).text
    assert "The sitting is tomorrow." in page
    assert ASK in page


async def test_an_escalated_deferral_stands_in_the_list_until_it_is_answered(house: House) -> None:
    await escalated(house)
    mona = await as_(house, "mona")
    assert the_id(1) in (await mona.get("/escalated")).text
    held = await hidden(mona, ESCALATED, "seen")
    assert (await mona.post(ESCALATED, **held)).status_code == 422
    done = await mona.post(ESCALATED, **held, words="Health writes it by Friday.")
    assert where(done) == (303, "/escalated")
    assert "Nothing waits for your answer." in (await mona.get("/escalated")).text
    assert "Health writes it by Friday." in (await mona.get(case_path())).text
    assert where(await mona.get(ESCALATED)) == (303, f"{case_path()}?late=yes")


async def test_a_deferred_case_comes_back_to_a_sitting_and_its_second_deferral_goes_to_the_manager(
    house: House,
) -> None:
    await a_day(house, 1)
    tom, mona = await as_(house, "tom"), await as_(house, "mona")
    defer = f"{case_path()}/defer?day=1"
    deferral = {"missing": "health-advice", "owner": "health", "reason": "None yet.",
                "next_on-day": "20", "next_on-month": "3", "next_on-year": "2026"}  # fmt: skip
    assert where(await tom.post(defer, **await hidden(tom, defer, "seen", "form"), **deferral)) == (303, DAY)
    await house.running.runner.command(CompleteCase(the_id(1), papers_complete=True))
    again = "placement-2026-03-17"
    assert the_id(1) in (await tom.get("/cases")).text  # it waits for a sitting again
    await house.running.runner.command(ConfirmSitting(again, (the_id(1),)))
    await house.step(at("2026-03-17 10:00"))
    assert "it was deferred before" in (await tom.get(f"/sittings/{again}/day/1")).text
    held = await hidden(tom, defer, "seen", "form")
    assert (await tom.post(defer, **held, **deferral)).status_code == 422
    done = await tom.post(defer, **held, **deferral, escalated="yes")
    assert where(done) == (303, f"/sittings/{again}/day")
    assert the_id(1) in (await mona.get("/escalated")).text
    assert "It waits for an answer." in (await tom.get(case_path())).text


async def test_whoever_has_something_to_answer_sees_so_on_the_start_page(house: House) -> None:
    await urgent(house)
    await house.running.runner.command(AskChair(the_id(1), "tom", "She has no school."))
    shown = {name: (await (await as_(house, name)).get("/")).text for name in ("cora", "mona", "officer")}
    assert "Chair’s action" in shown["cora"]
    assert "Escalated" in shown["mona"]
    assert 'href="/decisions"' in shown["officer"]
    assert "/chair-actions" not in shown["mona"] + shown["officer"]
    async with house.pool.acquire() as conn:
        assert len(await waiting_lists.waiting_for(conn, "chair", ["placement"])) == 1
        assert await waiting_lists.waiting_for(conn, "chair", ["another"]) == []
        assert await waiting_lists.waiting_for(conn, "manager", None) == []


WHO = {
    "/decisions": {"officer"},
    "/chair-actions": {"cora"},
    "/escalated": {"mona"},
    ASK: {"tom", "max"},
    ACTION: {"cora"},
    ESCALATED: {"mona"},
}


@pytest.mark.parametrize("name", sorted(ROLES))
async def test_each_role_opens_its_own_pages_alone(house: House, name: str) -> None:
    await urgent(house)
    visitor = await as_(house, name)
    for path, who in WHO.items():
        answers = [await visitor.get(path)]
        if path not in ("/chair-actions", "/escalated"):  # these are only read
            answers.append(await visitor.post(path))
        for answer in answers:
            assert (answer.status_code == 403) == (name not in who), (path, answer.status_code)


async def test_an_answer_that_somebody_else_gave_first_is_not_overwritten(house: House) -> None:
    await escalated(house)
    mona = await as_(house, "mona")
    held = await hidden(mona, ESCALATED, "seen")
    await house.running.runner.command(AnswerEscalation(the_id(1), "another", "Done already."))
    late = await mona.post(ESCALATED, **held, words="Mine.")
    assert where(late) == (303, f"{case_path()}?late=yes")
    answered = (await the_case(house)).deferrals[-1].answered
    assert answered is not None
    assert answered.words == "Done already."
