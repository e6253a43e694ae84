"""The minutes of a sitting and the sheet of its decisions: what stands in them, and who has them."""

from datetime import date
from typing import Any

from chassis.typesetting.printable import printable
from chassis.typesetting.setter import pdf
from services.panels.documents import TEMPLATES
from services.panels.documents.minutes import decisions, minutes
from services.panels.documents.pack import Seated
from services.panels.domain.commands import DeferCase, WithdrawCase
from services.panels.domain.day.commands import (
    AgreeChairAction,
    CorrectDecision,
    CorrectRecommendation,
    SignSitting,
)
from services.panels.domain.judged import Judgement
from services.panels.domain.sittings.members import Aside
from tests.panels.builders import MONDAY, THURSDAY_5_MARCH, PanelsBench, at
from tests.panels.conftest import House
from tests.panels.test_chairs_action import AGREED, asked
from tests.panels.test_day_pages import a_day, records, the_id, with_members
from tests.panels.test_pages import as_
from tests.support.reading import Document

MINUTES, DECISIONS = (f"/sittings/{THURSDAY_5_MARCH}/{each}.pdf" for each in ("minutes", "decisions"))
SEATS = [Seated("ann", "Ann Ash", "chair", "yes"), Seated("bo", "Bo Birch", "head", "no")]
NAMES = {"ann": "Ann Ash", "bo": "Bo Birch", "chair": "Ann Ash"}
OTHER = Judgement(outcome="not-agreed", provision=None, reasons="The school can meet her needs.")


def a_sitting() -> PanelsBench:
    """A sitting with three cases: one agreed, from which Bo stood aside, one deferred, one withdrawn."""
    bench = PanelsBench()
    first, second, third = bench.open_cases(3)
    bench.confirm(first, second, third)
    bench.advance(at("2026-03-05 10:00"))
    bench.hear(first)
    bench.deliver(
        DeferCase(second, THURSDAY_5_MARCH, ("health-advice",), "health", date(2026, 3, 20), "No advice yet.")
    )
    bench.deliver(WithdrawCase(third, "family-asked"))
    return bench


def the_minutes(bench: PanelsBench, *told: Any) -> Document:
    aside = Aside(staff_id="bo", case_id=bench.case(1).case_id, why="current-school")
    sitting = bench.sitting().model_copy(update={"aside": (aside,)})
    cases = [bench.case(n) for n in (1, 2, 3)]
    data = minutes("A council", "The panel", sitting, SEATS, cases, told, NAMES, MONDAY)
    return Document(pdf(TEMPLATES / "minutes.typ", printable(data), MONDAY))


def the_decisions(bench: PanelsBench) -> Document:
    cases = [bench.case(n) for n in (1, 2, 3)]
    data = decisions("A council", "The panel", bench.sitting(), cases, MONDAY)
    return Document(pdf(TEMPLATES / "decisions.typ", printable(data), MONDAY))


def test_the_minutes_say_who_was_there_who_stood_aside_and_what_came_of_each_case() -> None:
    made = the_minutes(a_sitting())
    assert made.claims_pdf_ua
    assert made.unmarked_pages() == []
    for words in (
        "Head Bo Birch Not there", "Bo Birch stood aside: from the child’s school.",
        "The panel recommends: agreed, a special school.", "Needs a small class.",
        "Deferred. Missing: health advice. The health service brings it by 20 March 2026.", "No advice yet.",
        "Withdrawn: the family asked for it.", "Draft. No chair has signed this sitting off.",
    ):  # fmt: skip
        assert words in made.text, words


def test_signed_minutes_name_the_chair_and_a_later_correction_stands_beside_what_was_said() -> None:
    bench = a_sitting()
    bench.deliver(SignSitting(THURSDAY_5_MARCH, "chair", bench.sitting().case_ids))
    assert "Signed off: by Ann Ash at 10:00 on Thursday 5 March 2026" in the_minutes(bench).text
    bench.deliver(CorrectRecommendation(bench.case(1).case_id, "chair", OTHER, "Written down wrongly."))
    text = the_minutes(bench).text
    assert "Draft." not in text
    assert (
        "Corrected on 5 March 2026 from “agreed, a special school” to “not agreed”: Written down wrongly."
        in text
    )


def test_chair_s_action_since_the_last_sitting_is_told() -> None:
    bench, case_id = asked()
    bench.deliver(AgreeChairAction(case_id, "chair", AGREED))
    text = the_minutes(a_sitting(), bench.case(1)).text
    assert (
        "settled by Ann Ash on 2 February 2026: Out of school since Monday. Agreed, a special school." in text
    )


def test_the_sheet_tells_what_was_recommended_apart_from_what_was_decided() -> None:
    bench = a_sitting()
    before = the_decisions(bench).text
    assert "Agreed, a special school Not issued yet" in before
    assert "Not issued yet: 1." in before
    bench.deliver(SignSitting(THURSDAY_5_MARCH, "chair", bench.sitting().case_ids))
    bench.decide(bench.case(1).case_id, outcome="not-agreed", reasons="The school can meet her needs.")
    after = the_decisions(bench)
    assert "Agreed, a special school Not agreed 5 March 2026" in after.text
    assert after.claims_pdf_ua
    mended = Judgement(outcome="agreed", provision="special-school", reasons="It cannot.")
    bench.deliver(CorrectDecision(bench.case(1).case_id, "officer", mended, "The wrong box."))
    assert "Corrections" in the_decisions(bench).text


async def test_minutes_are_given_once_the_sitting_was_held_and_without_what_one_stood_aside_for(
    house: House,
) -> None:
    early = await (await as_(house, "tom")).get(MINUTES)
    assert (early.status_code, "has not been held" in early.text) == (409, True)
    await a_day(house, 2)
    await with_members(house, ("member", "head"), ("cora", "chair"), ("erin", "educational-psychologist"))
    tom, member = await as_(house, "tom"), await as_(house, "member")
    for number in (1, 2):
        assert (await records(tom, number, reasons=f"Because of {number}.")).status_code == 303
    await house.pool.execute(
        "UPDATE sitting SET state = jsonb_set(state::jsonb, '{aside}', jsonb_build_array(jsonb_build_object("
        "'staff_id', 'member', 'case_id', $1::text, 'why', 'declared-interest')))::json WHERE id = $2",
        the_id(1),
        THURSDAY_5_MARCH,
    )
    whole, part = [Document((await each.get(MINUTES)).content).text for each in (tom, member)]
    assert "Because of 1." in whole
    assert "Member stood aside" in whole
    assert "Because of 1." not in part
    assert "Because of 2." in part
    assert "Not issued yet" in Document((await tom.get(DECISIONS)).content).text
    read = await house.pool.fetch(
        "SELECT subject FROM access_log WHERE who = 'staff:member' AND what = 'minutes'"
    )
    assert {row["subject"] for row in read} == {THURSDAY_5_MARCH, the_id(2)}
    school = await as_(house, "school")
    assert [(await school.get(path)).status_code for path in (MINUTES, DECISIONS)] == [403, 403]


def test_who_brings_what_is_missing_keeps_the_capitals_of_their_office() -> None:
    bench = PanelsBench()
    (case,) = bench.open_cases(1)
    bench.confirm(case)
    bench.advance(at("2026-03-05 10:00"))
    bench.deliver(
        DeferCase(
            case, THURSDAY_5_MARCH, ("family-views",), "ehc-co-ordinator", date(2026, 3, 20), "Not asked."
        )
    )
    data = minutes("A council", "The panel", bench.sitting(), SEATS, [bench.case(1)], (), NAMES, MONDAY)
    assert "The EHC co-ordinator brings it by 20 March 2026." in str(printable(data))
