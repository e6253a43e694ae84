"""Which panel hears a case: one of them, or none and why."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.testing import Bench
from schemas.panels_v1 import CaseOpened, CaseRehomed
from schemas.referrals_v1 import ReferralRoutedV2
from services.panels import handlers
from services.panels.app import rehome_cases
from services.panels.domain.cases.case import CASE, Case, case_id_of
from services.panels.domain.cases.homes import Subject, check_homes, home, misplaced
from services.panels.domain.commands import RehomeCase
from services.panels.domain.panels.panel import Panel
from services.panels.domain.panels.remit import Remit
from services.panels.domain.panels.sittings_calendar import BadCalendar, PanelBook
from services.panels.panel_files import PANELS, read_book
from tests.panels.builders import BOOK, MONDAY, a_referral_id, a_routed_referral, an_ask
from tests.panels.conftest import House
from tests.panels.test_pages import as_, case_path

PANEL = BOOK.panels[0]
TODAY = date(2026, 3, 5)
A_CHILD = Subject("DSPL7", "primary", "ASD", "special-school")
PHASES = ("early-years", "primary", "secondary", "post-16")


def a_panel(code: str, **remit: Any) -> Panel:
    return PANEL.model_copy(update={"code": code, "name": code, "remit": Remit.model_validate(remit)})


def a_book(*panels: Panel) -> PanelBook:
    return PanelBook(panels, BOOK.working)


def test_the_panel_that_was_named_hears_what_is_within_its_remit() -> None:
    found = home(BOOK, "placement", "placement", A_CHILD, TODAY)
    assert (found.panel, found.why_not) == (PANEL, "")


def test_where_the_county_has_a_panel_for_each_phase_the_phase_decides_and_not_the_name_it_was_sent_to() -> (
    None
):
    book = a_book(
        a_panel("younger", phases=["early-years", "primary"]), a_panel("older", phases=["secondary"])
    )
    found = home(book, "placement", "placement", A_CHILD, TODAY)
    assert found.panel is not None
    assert found.panel.code == "younger"


def test_a_case_that_no_panel_hears_has_a_reason() -> None:
    book = a_book(a_panel("younger", phases=["primary"]), a_panel("older", phases=["secondary"]))
    nobody = home(book, "placement", "placement", Subject("DSPL7", "post-16", "ASD", None), TODAY)
    assert nobody.panel is None
    assert nobody.why_not == (
        "None of the 2 panels that sit hears such a case: "
        "area DSPL7, phase post-16, need ASD, provision not known."
    )


def test_before_any_panel_sits_the_reason_says_so() -> None:
    assert (
        "No panel of this kind sits"
        in home(BOOK, "placement", "placement", A_CHILD, date(2020, 1, 1)).why_not
    )


def test_two_panels_with_a_case_in_common_are_refused_by_name() -> None:
    one, other = a_panel("north", areas=["DSPL1", "DSPL2"]), a_panel("young", phases=["early-years"])
    with pytest.raises(
        BadCalendar, match="north and young would both hear a case of area DSPL1, phase early-years"
    ):
        check_homes([one, other])


def test_two_panels_that_hear_all_are_refused() -> None:
    with pytest.raises(BadCalendar, match="would both hear any case from 2024-01-01 on"):
        check_homes([a_panel("one"), a_panel("other")])


def test_panels_of_two_kinds_or_of_two_times_may_have_the_same_remit() -> None:
    over = PANEL.model_copy(update={"code": "former", "effective_to": date(2025, 12, 31)})
    later = PANEL.model_copy(update={"code": "latter", "effective_from": date(2026, 1, 1)})
    funding = PANEL.model_copy(update={"code": "funding", "kind": "high-needs-funding"})
    check_homes([over, later, funding])


remits = st.fixed_dictionaries(
    {},
    optional={
        "phases": st.sets(st.sampled_from(PHASES), min_size=1),
        "areas": st.sets(st.sampled_from(["DSPL1", "DSPL2"]), min_size=1),
    },
)


@given(remits, remits)
def test_what_passes_the_check_has_at_most_one_home(one: dict[str, Any], other: dict[str, Any]) -> None:
    panels = [a_panel("one", **one), a_panel("other", **other)]
    heard_twice = [
        (area, phase)
        for area in ("DSPL1", "DSPL2", "DSPL3")
        for phase in PHASES
        if all(panel.remit.objection(area, phase, "ASD", None) is None for panel in panels)  # type: ignore[arg-type]
    ]
    try:
        check_homes(panels)
    except BadCalendar:
        assert heard_twice
    else:
        assert not heard_twice


ALTERNATIVES = PANELS / "alternatives"


@pytest.mark.parametrize(
    ("folder", "panels", "a_month"),
    [
        ("by-quadrant", 4, 8),
        ("by-phase", 3, 8),
        ("one-a-month", 1, 1),
        ("twelve-a-month", 1, 12),
        ("local-high-needs-funding", 10, 17),
    ],
)
def test_every_shipped_alternative_can_be_used_and_leaves_no_placement_without_a_panel(
    folder: str, panels: int, a_month: int
) -> None:
    book = read_book(ALTERNATIVES / folder)
    assert len(book.codes) == panels
    assert sum(len(book.month(code, 2026, 3)) for code in book.codes) == a_month
    for phase in PHASES:
        for n in range(1, 10):
            about = Subject(f"DSPL{n}", phase, "ASD", None)  # type: ignore[arg-type]
            assert home(book, "placement", "placement", about, TODAY).panel is not None


def the_case(bench: Bench, n: int = 1) -> Case:
    found = bench.state(CASE, case_id_of(a_referral_id(n)))
    assert found is not None
    return found


def test_a_referral_to_the_placement_panel_waits_for_the_panel_of_its_quadrant() -> None:
    bench = Bench(handlers.build(read_book(ALTERNATIVES / "by-quadrant")), MONDAY)
    (told,) = bench.deliver(a_routed_referral(area="DSPL7"))
    assert isinstance(told, CaseOpened)
    assert told.panel == the_case(bench).panel == "placement-west"


def test_a_case_that_no_panel_hears_stands_in_a_list_until_a_panel_does() -> None:
    bench = Bench(handlers.build(a_book(a_panel("younger", phases=["early-years"]))), MONDAY)
    bench.deliver(a_routed_referral())
    assert the_case(bench).no_panel == "younger: the panel does not hear cases of this phase (primary)."
    bench.go_on_with(handlers.build(BOOK))
    assert bench.deliver(RehomeCase(the_case(bench).case_id)) == []
    assert (the_case(bench).panel, the_case(bench).no_panel) == ("placement", "")


def test_when_the_panels_change_what_waits_goes_to_the_panel_that_hears_it_and_what_is_listed_stays() -> None:
    bench = Bench(handlers.build(BOOK), MONDAY)
    bench.deliver(a_routed_referral(1, phase="secondary"))
    by_phase = read_book(ALTERNATIVES / "by-phase")
    bench.go_on_with(handlers.build(by_phase))
    (told,) = bench.deliver(RehomeCase(the_case(bench).case_id))
    assert isinstance(told, CaseRehomed)
    assert (told.from_panel, told.panel) == ("placement", "placement-secondary")
    assert the_case(bench).status == "queued"
    assert bench.deliver(RehomeCase(the_case(bench).case_id)) == []
    listed = the_case(bench).model_copy(update={"status": "listed", "panel": "placement"})
    assert not misplaced(by_phase, listed, TODAY)


def a_request_for_funding(n: int = 1, **changes: Any) -> ReferralRoutedV2:
    fields = a_routed_referral(n).model_dump() | {
        "destination_kind": "high-needs-funding",
        "destination": "high-needs-dspl7",
        "placement": None,
    }
    return ReferralRoutedV2(**(fields | changes))


def test_a_request_for_funding_waits_for_the_panel_of_its_area_by_the_day_that_was_promised() -> None:
    bench = Bench(handlers.build(read_book(ALTERNATIVES / "local-high-needs-funding")), MONDAY)
    bench.deliver(a_request_for_funding())
    case = the_case(bench)
    assert (case.kind, case.panel, case.due_on) == (
        "high-needs-funding",
        "high-needs-dspl7",
        date(2026, 3, 2),
    )
    assert case.missing == ("school-report",)


def test_where_no_panel_for_funding_sits_its_request_is_in_the_list_of_those_that_nobody_hears() -> None:
    bench = Bench(handlers.build(BOOK), MONDAY)
    bench.deliver(a_request_for_funding())
    assert "No panel of this kind sits" in the_case(bench).no_panel


async def test_what_no_panel_hears_is_seen_with_its_reason_by_whoever_works_with_panels(house: House) -> None:
    await house.hear(a_request_for_funding(), a_routed_referral(2, placement=an_ask()))
    tom = await as_(house, "tom")
    page = (await tom.get("/cases/no-panel")).text
    assert "No panel of this kind sits" in page
    assert case_path(1) in page
    assert case_path(2) not in page
    assert "and no panel hears it" in (await tom.get(case_path(1))).text
    (listed,) = (await house.get("/unheard"))["cases"]
    assert listed["no_panel"].startswith("No panel of this kind sits")
    assert (await (await as_(house, "school")).get("/cases/no-panel")).status_code == 403
    await rehome_cases(BOOK, house.running)
    assert len((await house.get("/unheard"))["cases"]) == 1
