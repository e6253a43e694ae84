"""What the demo says of the plan: counted from what was accepted, beside first come, first served."""

from typing import Any

from deploy.demo.month import read_month
from deploy.demo.planned import Planned, as_figures, first_come_first_served

MONTH = read_month("2026-03")
FIRST, SECOND = MONTH.sittings[:2]


def a_case(n: int, due_on: str = "2026-04-20", **given: Any) -> dict[str, Any]:
    opened = f"2026-02-{n:02}T09:00:00+00:00"
    return {
        "case_id": f"case-{n}", "panel": "placement", "area": "DSPL1", "phase": "primary", "need": "ASD",
        "provision": None, "urgent": False, "due_on": due_on, "opened_at": opened, "complete_at": opened,
    } | given  # fmt: skip


def plan(how: str = "proved", sentence: str = "Best.") -> dict[str, Any]:
    return {"how": how, "sentence": sentence}


def test_plans_moves_and_proofs_are_counted_as_they_were_accepted() -> None:
    planned = Planned()
    planned.saw(plan(), {"listed": ["a"], "moved": ["b"], "unlisted": []})
    planned.saw(plan("not-proved", "The proof ended."), {"listed": [], "moved": [], "unlisted": ["c"]})
    known = as_figures(planned, MONTH.sittings)
    assert (known["plans_accepted"], known["plans_proved"], known["moves"]) == (2, 1, 2)
    assert known["not_proved"] == ["The proof ended."]


def test_first_come_first_served_gives_each_case_in_its_turn_the_first_free_place() -> None:
    planned = Planned()
    for n in range(1, 14):
        planned.heard(a_case(n), FIRST.sits_on)
    days = {each.case.case_id: each.sits_on for each in first_come_first_served(planned, MONTH.sittings)}
    assert [days[f"case-{n}"] for n in (1, 12, 13)] == [FIRST.sits_on, FIRST.sits_on, SECOND.sits_on]


def test_the_plan_is_seen_to_keep_a_date_that_first_come_first_served_would_miss() -> None:
    planned = Planned()
    for n in range(1, 13):
        planned.heard(a_case(n), FIRST.sits_on if n > 1 else SECOND.sits_on)
    planned.heard(a_case(13, due_on=FIRST.sits_on.isoformat()), FIRST.sits_on)
    known = as_figures(planned, MONTH.sittings)
    assert known["by_the_plan"]["legal_dates_kept"] == 13
    assert known["first_come_first_served"]["legal_dates_kept"] == 12


def test_a_case_that_is_heard_a_second_time_counts_by_the_first() -> None:
    planned = Planned()
    planned.heard(a_case(1), FIRST.sits_on)
    planned.heard(a_case(1), SECOND.sits_on)
    planned.heard(a_case(2), None)
    known = as_figures(planned, MONTH.sittings)
    assert (known["cases"], known["by_the_plan"]["heard"]) == (2, 1)


def test_a_place_that_a_case_took_a_second_time_is_free_for_neither() -> None:
    planned = Planned()
    for n in range(1, 13):
        planned.heard(a_case(n), SECOND.sits_on if n > 1 else FIRST.sits_on)
    planned.heard(a_case(1), FIRST.sits_on)
    simple = first_come_first_served(planned, MONTH.sittings)
    assert sum(each.sits_on == FIRST.sits_on for each in simple) == 11
