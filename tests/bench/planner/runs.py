"""One question of the benchmark answered: the best plan, how long it took, and two simpler plans beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from time import process_time

from services.panels.planning.first import first_come, one_by_one, urgent_then_due
from services.panels.planning.levels import worth
from services.panels.planning.order import Level
from services.panels.planning.problem import Problem, Whole
from services.panels.planning.solution import Solution
from services.panels.planning.solve import solve
from tests.bench.planner.instances import Kind, question

ASKED: tuple[tuple[Level, str], ...] = (
    ("listed", "listed"),
    ("legal", "legal dates kept"),
    ("wait", "days waited"),
)
HEADINGS = (
    "question",
    "cases x sittings",
    "processor seconds, median",
    "longest",
    "gap left",
    *(f"{words}: best / due date first / first come" for _, words in ASKED),
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
        open_levels = [proof for proof in self.solution.proofs if not proof.proved]
        shares = (max(0.0, each.bound - each.value) / max(1, abs(each.value)) for each in open_levels)
        return max(shares, default=0.0)


def run_of(kind: Kind, seed: int) -> Run:
    """The question of a kind with this seed, answered."""
    problem = question(kind, seed).problem
    len(problem.session_of)
    began = process_time()
    solution = solve(problem)
    return Run(problem, solution, process_time() - began)


def row_of(kind: Kind, runs: Sequence[Run]) -> tuple[str, ...]:
    """What is shown of the runs of a kind, under `HEADINGS`."""
    seconds = [run.seconds for run in runs]
    simpler = [
        (run, one_by_one(run.problem, urgent_then_due), one_by_one(run.problem, first_come)) for run in runs
    ]
    columns = []
    for level, _ in ASKED:
        sums = [0, 0, 0]
        for run, by_due, by_turn in simpler:
            value = worth(run.problem, level) if level != "wait" else waited(run.problem)
            for number, plan in enumerate((run.solution.plan, by_due, by_turn)):
                sums[number] += int(value[plan].sum())
        columns.append(" / ".join(f"{each:,}" for each in sums))
    return (
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
