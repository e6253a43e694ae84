"""`python -m tests.bench.planner`: plans of several sizes, each beside first come, first served and due date first.

Prints for each kind of question the time to the proved best plan, the largest gap that was left, and what the two
plans made by taking one case after the other reach at the levels that people ask about. Nothing is asserted.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from rich.console import Console
from rich.table import Table

from services.panels.planning.first import first_come, one_by_one, urgent_then_due
from services.panels.planning.levels import worth
from services.panels.planning.order import Level
from services.panels.planning.problem import Problem, Whole
from services.panels.planning.solution import Solution
from services.panels.planning.solve import solve
from tests.bench.planner.instances import Kind, question

KINDS = (
    Kind("half a year", 400, 48),
    Kind("a year", 5_000, 96),
    Kind("backlog", 400, 48, backlog=True),
    Kind("minutes as scarce as seats", 400, 48, room=1.0),
)
LARGE = (Kind("half a year, large", 1_000, 48), Kind("a year, large", 10_000, 96))
ASKED: tuple[tuple[Level, str], ...] = (
    ("listed", "listed"),
    ("legal", "legal dates kept"),
    ("wait", "days waited"),
)


@dataclass(frozen=True, slots=True)
class Run:
    """One question, its best plan, and how long that took."""

    problem: Problem
    solution: Solution
    seconds: float

    @property
    def gap(self) -> float:
        """The largest share by which any level could still be better."""
        return max(
            (
                max(0.0, p.bound - p.value) / max(1, abs(p.value))
                for p in self.solution.proofs
                if not p.proved
            ),
            default=0.0,
        )


def main() -> None:
    """Runs the kinds that are asked for, one seed after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.planner", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="questions of each kind")
    parser.add_argument("--large", action="store_true", help="1,000 and 10,000 cases as well: minutes")
    parser.add_argument("--only", help="kinds whose name contains this")
    asked = parser.parse_args()
    console = Console(width=140)
    kinds = [kind for kind in (*KINDS, *(LARGE if asked.large else ())) if (asked.only or "") in kind.name]
    table = _table()
    for kind in kinds:
        runs: list[Run] = []
        for seed in range(asked.seeds):
            with console.status(
                f"{kind.name}: {kind.cases:,} cases and {kind.sittings} sittings, {seed + 1} of {asked.seeds}"
            ):
                runs.append(run_of(kind, seed))
        _add(table, kind, runs)
    console.print(table)


def run_of(kind: Kind, seed: int) -> Run:
    problem = question(kind, seed).problem
    len(problem.session_of)
    began = perf_counter()
    solution = solve(problem)
    return Run(problem, solution, perf_counter() - began)


def _table() -> Table:
    table = Table(title="The best plan, proved, and two others on the same questions")
    for heading in ("question", "cases x sittings", "seconds, median", "longest", "gap left"):
        table.add_column(heading, justify="left" if heading == "question" else "right")
    for _, words in ASKED:
        table.add_column(f"{words}: best / due date first / first come", justify="right")
    return table


def _add(table: Table, kind: Kind, runs: Sequence[Run]) -> None:
    seconds = [run.seconds for run in runs]
    others = [
        (run, one_by_one(run.problem, urgent_then_due), one_by_one(run.problem, first_come)) for run in runs
    ]
    columns = []
    for level, _ in ASKED:
        sums = [0, 0, 0]
        for run, by_due, by_turn in others:
            value = worth(run.problem, level) if level != "wait" else waited(run.problem)
            for number, plan in enumerate((run.solution.plan, by_due, by_turn)):
                sums[number] += int(value[plan].sum())
        columns.append(" / ".join(f"{each:,}" for each in sums))
    table.add_row(
        kind.name,
        f"{kind.cases:,} x {kind.sittings}",
        f"{median(seconds):.2f}",
        f"{max(seconds):.2f}",
        f"{max(run.gap for run in runs):.2%}",
        *columns,
    )


def waited(problem: Problem) -> Whole:
    """Days from a block's first referral to its sitting, for each of its cases."""
    received: list[int] = [block.received for block in problem.blocks]
    days: Whole = (
        problem.days[problem.session_of] - [received[b] for b in problem.block_of]
    ) * problem.sizes[problem.block_of]
    return days


if __name__ == "__main__":
    main()
