"""Each guard taken out in turn, in all services: the suite has to go red, or it would prove nothing.

    python -m tests.faults.guards                 every guard; a line in the book for each
    python -m tests.faults.guards --guard claims  this one
    python -m tests.faults.guards --table         the table, from the book, into the documentation

For each guard the faults are played that it is there for, seed after seed, until a promise is broken.
"""

import argparse
import json
import logging
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.local.given import KAFKA_VARIABLE, POSTGRES_VARIABLE
from deploy.local.services import NAMES
from tests.faults import catalogue, report
from tests.faults.fault import FAULTS
from tests.faults.load import Pace
from tests.faults.mutants import mutated
from tests.faults.play import Player
from tests.faults.rig import Rig, cluster_rig

BOOK = Path(__file__).with_name("guards.jsonl")
MARKS = ("<!-- guards: written by `python -m tests.faults.guards --table` -->", "<!-- guards: end -->")
SEEDS = 4
#: With an odd number, so that every second submission is sent twice.
PACE = Pace(families=25, threads=5, rest_seconds=0.5, submits=5)


@dataclass(frozen=True)
class Guard:
    """A mutant's name, what it lacks, and the faults that should find it out."""

    mutant: str
    says: str
    faults: tuple[str, ...]


GUARDS = (
    Guard("versions", "only the next version of a stream is applied", ("forked-version", "read-again")),
    Guard("submissions", "a submission is known again by its source and id", ("kill-after-commit",)),
    Guard("order", "the relay publishes in the order of the outbox", ("kill-after-commit",)),
    Guard("claims", "a claim is committed before anything is sent", ("kill-after-provider-yes",)),
    Guard(
        "answers",
        "the answer to a request is kept under its key",
        ("kill-after-commit", "postgresql-unanswered"),
    ),
    Guard("positions", "a position moves in the transaction that applies the records", ("kill-mid-records",)),
    Guard(
        "marks", "what is published is noted after Kafka has it, not before", ("cluster-gone", "kafka-cut")
    ),
    Guard("doubts", "a message of which nobody knows is held, not sent again", ("provider-hangs",)),
    Guard("fence", "a relay that another one has overtaken is refused by the broker", ("relay-overtaken",)),
    Guard("backups", "a service with an older database refuses to write", ("restored-from-a-backup",)),
)


@dataclass(frozen=True)
class Outcome:
    """What came of taking one guard out; ``fault`` is None if nothing noticed."""

    mutant: str
    fault: str | None
    seed: int
    how: str


def tried(rig: Rig, guard: Guard) -> Outcome:
    """Plays until a promise is broken, in a fresh town whose services lack the guard."""
    for seed in range(1, SEEDS + 1):
        for name in guard.faults:
            rig.fresh()
            with ExitStack() as mutants:
                for service in NAMES:
                    mutants.enter_context(mutated(rig.town, service, guard.mutant)).start()
                broken = Player(rig).play(FAULTS[name], seed, PACE).broken
            real = [each for each in broken if not each.startswith("not brought about")]
            if real:
                return Outcome(
                    guard.mutant, name, seed, min(real)
                )  # what the oracle says of effects (A1) comes first
    return Outcome(guard.mutant, None, 0, "")


def rows(outcomes: Sequence[Outcome]) -> list[str]:
    """The table in Markdown, in the order of the guards, the latest outcome of each."""
    latest = {each.mutant: each for each in outcomes}
    lines = ["| guard removed | caught by | how |", "|---|---|---|"]
    for guard in GUARDS:
        if found := latest.get(guard.mutant):
            caught = f"{found.fault}, seed {found.seed}" if found.fault else "**nothing**"
            lines.append(f"| {guard.says} | {caught} | {found.how.replace('|', '/')} |")
    return lines


def outcomes(book: Path) -> list[Outcome]:
    """What the book holds."""
    lines = book.read_text(encoding="utf-8").splitlines() if book.exists() else []
    return [Outcome(**json.loads(line)) for line in lines]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs; answers the exit status: 1 if a guard could be taken out unnoticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.guards")
    parser.add_argument("--guard", action="append", choices=[guard.mutant for guard in GUARDS])
    parser.add_argument("--book", type=Path, default=BOOK, help="the file of outcomes")
    parser.add_argument("--table", action="store_true", help="play nothing; write the table into the page")
    arguments = parser.parse_args(argv)
    if arguments.table:
        report.write_between(MARKS, "\n".join(rows(outcomes(arguments.book))))
        return 0
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    for variable in (KAFKA_VARIABLE, POSTGRES_VARIABLE):
        os.environ.pop(variable, None)  # servers that are given may not be harmed
    unnoticed = 0
    arguments.book.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fingerpost-guards-") as folder, cluster_rig(Path(folder)) as rig:
        for guard in GUARDS:
            if not arguments.guard or guard.mutant in arguments.guard:
                outcome = tried(rig, guard)
                unnoticed += outcome.fault is None
                print(
                    f"{guard.mutant:<12} {outcome.fault or 'NOTHING'} seed {outcome.seed}: {outcome.how}",
                    flush=True,
                )
                with arguments.book.open("a", encoding="utf-8") as book:
                    book.write(json.dumps(asdict(outcome)) + "\n")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    assert catalogue.MODULES
    sys.exit(main())
