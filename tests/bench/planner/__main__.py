"""`python -m tests.bench.planner`: plans of several sizes, each beside first come, first served and due date first.

Prints for each kind of question the time to the proved best plan, the largest gap that was left, and what the two
plans made by taking one case after the other reach at the levels that people ask about. Nothing is asserted.
"""

import argparse

from rich.console import Console
from rich.table import Table

from tests.bench.planner import page
from tests.bench.planner.instances import Kind
from tests.bench.planner.runs import HEADINGS, Run, row_of, run_of

KINDS = (
    Kind("half a year", 400, 48),
    Kind("a year", 5_000, 96),
    Kind("backlog", 400, 48, backlog=True),
    Kind("minutes as scarce as seats", 400, 48, room=1.0),
)
LARGE = (Kind("half a year, large", 1_000, 48), Kind("a year, large", 10_000, 96))
#: How the cost grows: ever more cases for the sittings of a year.
GROWTH = (*(Kind("growth", cases, 96) for cases in (100, 200, 500, 1_000, 2_000)), KINDS[1], LARGE[1])


def main() -> None:
    """Runs the kinds that are asked for, one seed after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.planner", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="questions of each kind")
    parser.add_argument("--large", action="store_true", help="1,000 and 10,000 cases as well: minutes")
    parser.add_argument("--only", help="kinds whose name contains this")
    parser.add_argument(
        "--page", action="store_true", help="also write docs/planner.md, with how cost grows: minutes"
    )
    asked = parser.parse_args()
    console = Console(width=140)
    kinds = [kind for kind in (*KINDS, *(LARGE if asked.large else ())) if (asked.only or "") in kind.name]
    rows = [row_of(kind, _runs(console, kind, asked.seeds)) for kind in kinds]
    table = Table(title="The best plan, proved, and two others on the same questions")
    for number, heading in enumerate(HEADINGS):
        table.add_column(heading, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)
    if asked.page:
        growth = {kind.cases: _runs(console, kind, asked.seeds) for kind in GROWTH}
        page.write(
            rows, {cases: [run.seconds for run in runs] for cases, runs in growth.items()}, asked.seeds
        )


def _runs(console: Console, kind: Kind, seeds: int) -> list[Run]:
    runs = []
    for seed in range(seeds):
        asked = f"{kind.cases:,} cases and {kind.sittings} sittings, {seed + 1} of {seeds}"
        with console.status(f"{kind.name}: {asked}"):
            runs.append(run_of(kind, seed))
    return runs


if __name__ == "__main__":
    main()
