"""Tables that a spreadsheet opens."""

import csv
import io
from collections.abc import Iterable, Sequence


def csv_table(rows: Iterable[Sequence[object]]) -> str:
    """The rows as CSV; no cell is ever a formula."""
    text = io.StringIO()
    csv.writer(text).writerows([_inert(str(cell)) for cell in row] for row in rows)
    return text.getvalue()


def _inert(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
