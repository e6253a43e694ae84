"""Which cases are at risk of their date, how they are sorted, and what is said of each."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.staff_v1 import ReferralRestricted
from services.panels.domain.at_risk import DANGERS, Risk, Room, at_risk
from services.panels.domain.cases.case import Case
from services.panels.domain.sittings.sitting import Sitting
from tests.panels.builders import (
    BOOK,
    MONDAY,
    PanelsBench,
    a_referral_id,
    a_routed_referral,
    an_ask,
    at,
)
from tests.panels.conftest import House
from tests.panels.test_pages import as_

LONG_AGO = date(2025, 9, 14)  # + 20 weeks = 1 February 2026, the day before MONDAY


def a_case(request_received: date = date(2025, 12, 15)) -> Case:
    """A queued case; its request came on 15 December 2025 and is due on 4 May 2026 unless said otherwise."""
    bench = PanelsBench()
    asked = an_ask(request_received=request_received, draft_served=None)
    bench.deliver(a_routed_referral(placement=asked))
    return bench.case()


def rooms(*days: str, free: int = 3) -> list[Room]:
    """Sittings of the placement panel on these days, each with free places."""
    return [Room(_sitting(date.fromisoformat(day)), free) for day in days]


def _sitting(day: date) -> Sitting:
    slot = BOOK.slot(f"placement-{day}")
    assert slot is not None
    return Sitting(
        sitting_id=slot.sitting_id,
        panel=slot.panel,
        sits_on=slot.sits_on,
        sits_at=slot.sits_at,
        papers_close_at=slot.papers_close_at,
        confirm_by=slot.confirm_by,
        capacity=12,
    )


def the_risk(case: Case, ahead: list[Room], now: datetime = MONDAY) -> Risk:
    (risk,) = at_risk([case], ahead, BOOK, now)
    return risk


def test_a_case_with_time_and_a_sitting_is_not_at_risk() -> None:
    assert at_risk([a_case()], rooms("2026-03-05"), BOOK, MONDAY) == []


def test_a_legal_date_that_has_passed_is_the_worst() -> None:
    risk = the_risk(a_case(LONG_AGO), rooms("2026-03-05"))
    assert (risk.danger, risk.by) == ("past", date(2026, 2, 1))
    assert risk.sentence == (
        "Its legal date, 1 February 2026, passed 1 working day ago. "
        "The first that could hear it is the sitting of Thursday 5 March 2026."
    )


def test_a_date_that_no_sitting_left_can_keep_says_which_is_the_first_that_could_hear_it() -> None:
    risk = the_risk(a_case(date(2025, 10, 10)), rooms("2026-03-05", "2026-03-10"))  # due on 27 February
    assert (risk.danger, risk.first and risk.first.sits_on) == ("unreachable", date(2026, 3, 5))
    assert risk.sentence == (
        "No sitting that is left can keep its legal date, 27 February 2026. "
        "The first that could hear it is the sitting of Thursday 5 March 2026."
    )


@pytest.mark.parametrize("ahead", [[], rooms("2026-03-05", free=0)])
def test_without_any_sitting_with_room_it_says_so(ahead: list[Room]) -> None:
    assert the_risk(a_case(), ahead).sentence.endswith("No sitting that is planned can hear it.")


def test_less_than_ten_working_days_and_no_sitting_is_a_warning() -> None:
    received = date(2025, 10, 20)  # due on Monday 9 March
    nine_left, ten_left = at("2026-02-24 09:00"), at("2026-02-23 09:00")
    case = a_case(received)
    assert at_risk([case], rooms("2026-03-05"), BOOK, ten_left) == []
    risk = the_risk(case, rooms("2026-03-05"), nine_left)
    assert (risk.danger, risk.days_left) == ("soon", 9)
    assert "9 working days are left, and it is on no sitting" in risk.sentence


def test_a_listed_case_is_at_risk_only_if_its_sitting_comes_after_its_date() -> None:
    bench = PanelsBench()
    asked = [
        an_ask(request_received=day, draft_served=None) for day in (date(2025, 10, 10), date(2025, 12, 15))
    ]
    for n, ask in enumerate(asked, 1):
        bench.deliver(a_routed_referral(n, placement=ask))
    bench.confirm(bench.case(1).case_id, bench.case(2).case_id)
    (risk,) = at_risk([bench.case(1), bench.case(2)], rooms("2026-02-17"), BOOK, MONDAY)
    assert (risk.danger, risk.case.case_id) == ("missed", bench.case(1).case_id)
    assert risk.sentence == (
        "It is listed for Thursday 5 March 2026, after its legal date, 27 February 2026. "
        "The sitting of Tuesday 17 February 2026 could keep it."
    )


def test_a_case_without_statutory_dates_is_never_in_time() -> None:
    bench = PanelsBench()
    bench.deliver(a_routed_referral(placement=an_ask(request_received=None)))
    risk = the_risk(bench.case(), rooms("2026-03-05"))
    assert (risk.danger, risk.by) == ("unknown", None)


def test_papers_that_are_still_missing_can_only_come_in_time_for_a_sitting_whose_papers_are_open() -> None:
    bench = PanelsBench()
    ask = an_ask(request_received=date(2025, 10, 20), draft_served=None, papers_complete=False)  # due 9 March
    bench.deliver(a_routed_referral(placement=ask))
    after_closing = at("2026-02-26 18:00")  # papers for 5 March closed at 17:00
    risk = the_risk(bench.case(), rooms("2026-03-05", "2026-03-12"), after_closing)
    assert (risk.danger, risk.first and risk.first.sits_on) == ("unreachable", date(2026, 3, 12))


def test_an_urgent_case_is_at_risk_by_the_day_on_which_it_cannot_wait_any_longer() -> None:
    bench = PanelsBench()
    bench.deliver(a_routed_referral(placement=an_ask(urgent=True, need_by=date(2026, 2, 11))))
    risk = the_risk(bench.case(), rooms("2026-03-05"))
    assert risk.danger == "unreachable"
    assert risk.sentence.startswith("No sitting that is left can keep the day by which it is urgent")


def test_a_case_that_was_heard_is_at_risk_once_its_date_has_passed_without_a_decision() -> None:
    bench = PanelsBench()
    bench.a_heard_case()
    assert at_risk([bench.case()], [], BOOK, at("2026-05-04 12:00")) == []
    assert "not issued yet" in the_risk(bench.case(), [], at("2026-05-05 12:00")).sentence


def test_what_has_ended_is_not_at_risk() -> None:
    bench = PanelsBench()
    case_id = bench.a_heard_case()
    bench.decide(case_id)
    assert at_risk([bench.case()], [], BOOK, at("2027-01-01 12:00")) == []


@given(
    st.lists(st.dates(date(2025, 8, 1), date(2026, 3, 1)), min_size=1, max_size=8),
    st.integers(0, 60),
)
def test_they_are_sorted_by_how_bad_it_is_and_then_by_date(received: list[date], days: int) -> None:
    now = MONDAY + timedelta(days=days)
    template = a_case()
    cases = [
        template.model_copy(
            update={
                "case_id": f"case-{n}",
                "dates": template.dates.model_copy(update={"request_received": day}),
                "due_on": day + timedelta(weeks=20),
            }
        )
        for n, day in enumerate(received)
    ]
    found = at_risk(cases, rooms("2026-03-05", "2026-03-17", "2026-04-02"), BOOK, now)
    order = [(DANGERS.index(risk.danger), risk.by) for risk in found]
    assert order == sorted(order)
    assert {risk.case.case_id for risk in found if risk.danger == "past"} == {
        case.case_id for case in cases if case.due_on and case.due_on < now.date()
    }


async def test_the_page_and_the_api_show_the_worst_first_and_nothing_that_is_restricted(house: House) -> None:
    near = an_ask(request_received=date(2025, 9, 22), draft_served=None)  # due on 9 February
    gone = an_ask(request_received=LONG_AGO, draft_served=None)
    await house.hear(
        a_routed_referral(1, placement=near, reference="NEAR-ONE"),
        a_routed_referral(2, placement=gone, reference="GONE-ONE"),
        a_routed_referral(3, reference="FINE-ONE"),
        a_routed_referral(4, placement=gone, reference="SHUT-ONE"),
        ReferralRestricted(referral_id=a_referral_id(4), named=("max",), restricted_at=MONDAY),
    )
    told = await house.get("/at-risk")
    assert [(each["reference"], each["danger"]) for each in told["at_risk"]] == [
        ("GONE-ONE", "past"),
        ("NEAR-ONE", "unreachable"),
    ]
    assert told["counts"] == {"past": 1, "missed": 0, "unreachable": 1, "soon": 0, "unknown": 0}
    assert (await house.get("/at-risk", panel="another"))["at_risk"] == []
    page = (await (await as_(house, "tom")).get("/at-risk")).text
    assert page.index("The date has passed") < page.index("GONE-ONE") < page.index("NEAR-ONE")
    assert "FINE-ONE" not in page
    assert "SHUT-ONE" not in page
    assert "SHUT-ONE" in (await (await as_(house, "max")).get("/at-risk")).text
    start = (await (await as_(house, "tom")).get("/")).text
    assert "Cases at risk" in start
