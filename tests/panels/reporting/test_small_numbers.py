"""Small numbers are kept back, and nobody computes them from what is published."""

import highspy
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.panels.reporting.small_numbers import THRESHOLD, TOTAL, Published, published, with_totals

TABLES = st.integers(1, 4).flatmap(
    lambda columns: st.lists(
        st.lists(st.integers(0, 12), min_size=columns, max_size=columns), min_size=1, max_size=5
    )
)


def least_and_most(table: Published, cell: tuple[int, int]) -> tuple[float, float]:
    """What somebody with a solver learns of a cell from the table as it is published."""
    places = list(table.cells)
    found = []
    for sign in (1.0, -1.0):
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.setOptionValue("output_flag", False)
        for place in places:
            shown = table.cells[place]
            solver.addVar(shown or 0, highspy.kHighsInf if shown is None else shown)
        for line in [*range(table.rows), TOTAL]:
            row = [(places.index((line, c)), 1.0) for c in range(table.columns)]
            _sums(solver, row, places.index((line, TOTAL)))
        for line in [*range(table.columns), TOTAL]:
            column = [(places.index((r, line)), 1.0) for r in range(table.rows)]
            _sums(solver, column, places.index((TOTAL, line)))
        solver.changeColCost(places.index(cell), sign)
        solver.run()
        unbounded = solver.getModelStatus() != highspy.HighsModelStatus.kOptimal
        found.append(sign * float("inf") * -1 if unbounded else sign * solver.getObjectiveValue())
    return found[0], found[1]


def _sums(solver: highspy.Highs, parts: list[tuple[int, float]], total: int) -> None:
    indices = [index for index, _ in parts] + [total]
    solver.addRow(0, 0, len(indices), indices, [value for _, value in parts] + [-1.0])


def kept_back(table: Published) -> list[tuple[int, int]]:
    return [cell for cell, shown in table.cells.items() if shown is None]


@given(TABLES)
@example([[3, 8], [9, 10]])
@example([[0, 0], [0, 0]])
@example([[4]])
@example([[1, 20, 20], [20, 20, 20], [20, 20, 20]])
@settings(max_examples=60, deadline=None)
def test_no_number_that_is_kept_back_can_be_computed_by_a_solver(counts: list[list[int]]) -> None:
    table = published(counts)
    for cell in kept_back(table):
        least, most = least_and_most(table, cell)
        assert most - least >= 1 - 1e-6, (cell, counts)


@given(TABLES)
@settings(max_examples=200, deadline=None)
def test_no_small_number_is_published_and_what_is_published_is_true(counts: list[list[int]]) -> None:
    table, real = published(counts), with_totals(counts)
    for cell, shown in table.cells.items():
        assert shown is None or shown == real[cell] >= THRESHOLD


def test_a_table_without_a_row_tells_nothing() -> None:
    assert published([]).row(TOTAL) == [None]


def test_a_table_of_large_numbers_is_published_whole() -> None:
    assert kept_back(published([[5, 50], [6, 7]])) == []


def test_one_small_number_takes_three_others_with_it() -> None:
    table = published([[3, 40, 50], [20, 60, 70], [80, 90, 30]])
    assert len(kept_back(table)) == 4
    assert table.row(0)[0] is None
    assert table.row(TOTAL) == [103, 190, 150, 443]


@pytest.mark.parametrize("counts", [[[2, 9]], [[2], [9]], [[3]]])
def test_a_total_is_kept_back_too_where_nothing_else_hides_a_cell(counts: list[list[int]]) -> None:
    assert any(TOTAL in cell for cell in kept_back(published(counts)))
