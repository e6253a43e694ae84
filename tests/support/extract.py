"""Makes files like the national register's establishment extract, of any size, order of columns and encoding."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

#: The columns that matter, where the extract has them; all others are filled up around them.
NEEDED = (
    "URN",
    "LA (code)",
    "EstablishmentName",
    "TypeOfEstablishment (name)",
    "EstablishmentStatus (name)",
    "CloseDate",
    "PhaseOfEducation (name)",
    "Town",
)
WIDTH = 135
_PHASES = ("Primary", "Secondary", "Nursery", "All-through", "16 plus", "Not applicable")
_TOWNS = ("Hitchin", "St Albans", "Bishop's Stortford", "Watford", "Ware", "Hatfield")


def header(width: int = WIDTH) -> list[str]:
    """Column names, the needed ones spread among others."""
    others = [f"Column {n} (name)" for n in range(width - len(NEEDED))]
    names = [*others]
    for place, name in enumerate(NEEDED):
        names.insert(place * (width // len(NEEDED)), name)
    return names


def school(number: int, **changed: str) -> dict[str, str]:
    """The cells of the nth establishment; one in seventy is in authority 919."""
    ours = number % 70 == 0
    cells = {
        "URN": str(100_000 + number),
        "LA (code)": "919" if ours else str(200 + number % 600),
        "EstablishmentName": f"St Loÿ's Père School {number}",
        "TypeOfEstablishment (name)": "Community special school" if number % 30 == 0 else "Academy converter",
        "EstablishmentStatus (name)": "Closed" if number % 2 else "Open",
        "CloseDate": f"{1 + number % 28:02}-08-2019" if number % 2 else "",
        "PhaseOfEducation (name)": _PHASES[number % len(_PHASES)],
        "Town": _TOWNS[number % len(_TOWNS)] if ours else "London",
    }
    return {**cells, **changed}


def write(
    path: Path,
    schools: Iterable[dict[str, str]],
    names: Sequence[str] | None = None,
    encoding: str = "cp1252",
) -> Path:
    """Writes the schools under these columns; cells that are not theirs hold filling."""
    columns = list(names or header())
    with path.open("w", newline="", encoding=encoding) as file:
        out = csv.writer(file)
        out.writerow(columns)
        for each in schools:
            out.writerow([each.get(name, "Not applicable") for name in columns])
    return path


def text(schools: Iterable[dict[str, str]], names: Sequence[str]) -> str:
    """The same as text."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows([each.get(name, "x") for name in names] for each in schools)
    return out.getvalue()
