"""Which panel hears a case: one of them, or none and why."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.panels.domain.homes import Subject, check_homes, home
from services.panels.domain.panel import Panel
from services.panels.domain.remit import Remit
from services.panels.domain.sittings_calendar import BadCalendar, PanelBook
from tests.panels.builders import BOOK

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
