"""The planner's benchmark asks the same questions again, and its plans are proved."""

import re

from services.panels.planning.first import first_come, one_by_one
from services.panels.planning.levels import worth
from tests.bench.planner import page
from tests.bench.planner.instances import Kind, question
from tests.bench.planner.runs import row_of, run_of, waited

SMALL = Kind("small", 40, 8)
GROWTH = {100: [0.1], 1_000: [0.5, 1.0]}


def test_a_seed_gives_the_same_question_again() -> None:
    assert question(SMALL, 3) == question(SMALL, 3)
    assert question(SMALL, 3) != question(SMALL, 4)


def test_its_questions_are_hard_in_every_way_that_panels_know() -> None:
    asked = question(Kind("larger", 300, 16), 1)
    assert sum(sitting.capacity for sitting in asked.sittings) < len(asked.cases)
    assert any(case.siblings for case in asked.cases)
    assert any(case.urgent for case in asked.cases)
    assert any(case.told for case in asked.cases)
    assert any(sitting.without_quorum for sitting in asked.sittings)
    assert len({sitting.remit.phases == "all" for sitting in asked.sittings}) == 2


def test_a_run_is_proved_and_lists_at_least_as_many_as_first_come_first_served() -> None:
    run = run_of(SMALL, 0)
    assert run.gap == 0
    listed, simple = worth(run.problem, "listed"), one_by_one(run.problem, first_come)
    assert listed[run.solution.plan].sum() >= listed[simple].sum()
    assert (waited(run.problem) >= 0).any()


def test_its_page_is_made_of_what_was_measured_and_of_nothing_else() -> None:
    made = page.filled(page.PAGE.read_text(encoding="utf-8"), [row_of(SMALL, [run_of(SMALL, 0)])], GROWTH, 1)
    assert "| small | 40 x 8 |" in made
    assert re.search(r"\| 1,000 \| 0\.75 \| 1\.00 \|", made)
    assert "Not measured yet" not in made


def test_its_chart_says_in_words_what_it_shows() -> None:
    assert "100 cases: 0.10 seconds; 1,000 cases: 0.75 seconds" in page.chart(GROWTH)
