"""What of a table of counts may be published: small numbers are kept back, and so many others that none is given away.

A table with its totals is a network: each cell leads from its row to its column, each total back. Numbers that are
kept back can be shifted around any circle of such cells without a published number changing. A cell that lies on no
such circle can be computed from what is published; so further cells are kept back until each lies on one. Known is
also that no count is below nothing.

Source: D. Gusfield, A graph theoretic approach to statistical data security, SIAM Journal on Computing 17 (1988).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

#: Counts below this are not published.
THRESHOLD = 5
#: The place of a total, in a row or a column.
TOTAL = -1
Cell = tuple[int, int]
#: A row or a column, by its number.
Line = tuple[str, int]
Counts = Mapping[Cell, int]


@dataclass(frozen=True, slots=True)
class Published:
    """A table as it may be shown: each cell's count, or None where it is kept back. `TOTAL` stands for all."""

    rows: int
    columns: int
    cells: Mapping[Cell, int | None]

    def row(self, row: int) -> list[int | None]:
        """The cells of a row, or of all rows for `TOTAL`, its total last."""
        return [self.cells[row, column] for column in (*range(self.columns), TOTAL)]


def published(counts: Sequence[Sequence[int]], threshold: int = THRESHOLD) -> Published:
    """The table with its totals and without what must not be known. ``counts``: rows of equal length, none negative."""
    if not counts:
        return Published(0, 0, {(TOTAL, TOTAL): None})
    cells = with_totals(counts)
    hidden = {cell for cell, count in cells.items() if count < threshold}
    for cell in sorted(hidden):
        hidden |= set(_circle(cells, hidden, cell))
    columns = len(counts[0]) if counts else 0
    shown = {cell: None if cell in hidden else count for cell, count in cells.items()}
    return Published(len(counts), columns, shown)


def with_totals(counts: Sequence[Sequence[int]]) -> dict[Cell, int]:
    """Every cell, those of the totals included."""
    cells = {(r, c): count for r, row in enumerate(counts) for c, count in enumerate(row)}
    columns = range(len(counts[0]) if counts else 0)
    cells |= {(r, TOTAL): sum(row) for r, row in enumerate(counts)}
    cells |= {(TOTAL, c): sum(row[c] for row in counts) for c in columns}
    cells[TOTAL, TOTAL] = sum(map(sum, counts))
    return cells


def _circle(cells: Counts, hidden: set[Cell], cell: Cell) -> list[Cell]:
    """The cells of the circle through this one that keeps least back that is not kept back anyway.

    There always is one: the cell, the totals of its row and its column, and the total of all may grow together.
    """
    ways = [_way_around(cells, hidden, cell, grows=True)]
    if cells[cell] > 0:
        ways.append(_way_around(cells, hidden, cell, grows=False))
    return min(ways)[1]


def _way_around(cells: Counts, hidden: set[Cell], cell: Cell, grows: bool) -> tuple[int, list[Cell]]:
    """The cheapest way on which others make good for one more, or one less, in this cell: its price, its cells."""
    end, start = _ends(cell, grows)
    settled: set[Line] = set()
    waiting: list[tuple[int, Line, list[Cell]]] = [(0, start, [])]
    while waiting:
        price, here, way = heappop(waiting)
        if here == end:
            return price, way
        if here in settled:
            continue
        settled.add(here)
        for other in _around(cells, here):
            up = _ends(other, True)[0] == here
            if other == cell or (not up and cells[other] == 0):  # no count is below nothing
                continue
            heappush(waiting, (price + _price(cells, hidden, other), _ends(other, up)[1], [*way, other]))
    raise AssertionError("every cell lies on a circle with its totals")


def _around(cells: Counts, line: Line) -> list[Cell]:
    """The cells of a row or a column."""
    axis = 0 if line[0] == "row" else 1
    return [cell for cell in cells if cell[axis] == line[1]]


def _ends(cell: Cell, grows: bool) -> tuple[Line, Line]:
    """From which line of the table to which one more, or one less, in a cell leads; in a total it leads back."""
    row, column = ("row", cell[0]), ("column", cell[1])
    onward = grows == ((cell[0] == TOTAL) == (cell[1] == TOTAL))
    return (row, column) if onward else (column, row)


def _price(cells: Counts, hidden: set[Cell], cell: Cell) -> int:
    """What it costs readers to lose a cell: a total far more than any other, a large count more than a small one."""
    if cell in hidden:
        return 0
    most = cells[TOTAL, TOTAL] + 1
    return (1000 if TOTAL in cell else 1) * most * 4 + cells[cell]
