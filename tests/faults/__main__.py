"""`python -m tests.faults`: the catalogue of faults against a cluster of three, with a ledger that forgets nothing.

make test-faults                              one seed of each fault
make test-faults SEEDS=10                     ten; stopped and started again it goes on where it was
make test-faults SEED=12 SEEDS=3              the seeds 12, 13 and 14
make test-faults FAULT=kill-after-claim SEED=7    that run again
make test-faults TABLE=1                      the table, from the results so far, into the documentation

What is played by seeds goes into the book that is part of the code (``BOOK``), so that whoever has the code can go
on. A run that is played again, and a few minutes, have a file of their own.
"""

import argparse
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from random import Random

from rich.console import Console

from deploy.local import StackError
from deploy.local.given import KAFKA_VARIABLE, POSTGRES_VARIABLE
from tests.faults import catalogue, report
from tests.faults.fault import FAULTS, Fault
from tests.faults.play import Played, Player
from tests.faults.results import Book, Result
from tests.faults.rig import Rig, cluster_rig

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "tests" / "faults" / "book.jsonl"
PASSING = ROOT / "build" / "faults" / "results.jsonl"
LOGS = ROOT / "build" / "faults" / "logs"
#: What decides how a run ends: not the pages, and not the book.
_CODE = ("chassis", "deploy", "schemas", "services", "tests", ":!tests/faults/book.jsonl")


class Session:
    """Plays what is still to be played, a line on the terminal and one in the book for each run."""

    def __init__(self, arguments: argparse.Namespace, console: Console) -> None:
        self._arguments, self._console = arguments, console
        self._book = Book(arguments.results or book_for(arguments))
        self._codes = revisions(arguments.since)
        self._runs = runs(arguments)
        self._done: set[tuple[str, int]] = set()
        self._end = time.monotonic() + arguments.minutes * 60 if arguments.minutes else float("inf")
        self.failed = 0

    def play(self, rig: Rig) -> None:
        """Until all is played or the time is over."""
        player = Player(rig)
        while time.monotonic() < self._end and (run := self._next()):
            fault, seed = FAULTS[run[0]], run[1]
            began = time.monotonic()
            played = player.play(fault, seed)
            if played.not_run:
                self._console.print(f"[yellow]NOT RUN[/]  {fault.name}: {played.not_run}", soft_wrap=True)
            else:
                result = self._result(fault, seed, played, rig)
                self._book.add(result)
                self._tell(result, time.monotonic() - began)
                if not result.ok:
                    self._tell_what_broke(result, rig)
            player.tidy(fault, played)

    def _next(self) -> tuple[str, int] | None:
        """A run that is named by its seed, or that has a time limit, is played even if it was before."""
        left = [run for run in self._runs if run not in self._done]
        run = next(iter(left), None) if is_again(self._arguments) else self._book.claim(left, self._codes)
        if run:
            self._done.add(run)
        return run

    def _result(self, fault: Fault, seed: int, played: Played, rig: Rig) -> Result:
        findings = played.findings
        return Result(
            fault=fault.name,
            seed=seed,
            code=self._codes[0],
            ok=not played.broken,
            lost=findings.lost,
            doubled=findings.doubled,
            reordered=findings.reordered,
            held=findings.held,
            recovery=round(played.recovery, 1),
            families=played.families,
            reached=played.reached,
            when=datetime.now(UTC).isoformat(timespec="seconds"),
            broken=[_anywhere(sentence, rig) for sentence in played.broken[:20]],
            together=findings.together,
            load=round(os.getloadavg()[0], 1),
        )

    def _tell(self, result: Result, seconds: float) -> None:
        how = "[green]kept[/]" if result.ok else "[bold red]BROKEN[/]"
        self._console.print(
            f"{how:<14} {result.fault:<26} seed {result.seed:<3} {seconds:5.0f} s  {result.families:>3} families"
            f"  held {result.held}  together {result.together}  recovered in {result.recovery:.1f} s"
            f"  [dim]{result.reached}[/]",
            highlight=False,
            soft_wrap=True,
        )

    def _tell_what_broke(self, result: Result, rig: Rig) -> None:
        self.failed += 1
        for sentence in result.broken:
            self._console.print(f"    {sentence}", markup=False, highlight=False, soft_wrap=True)
        again = f"make test-faults FAULT={result.fault} SEED={result.seed}"
        logs = LOGS / f"{result.fault}-{result.seed}-{os.getpid()}"
        shutil.copytree(rig.town.folder, logs, dirs_exist_ok=True)
        self._console.print(f"    again: {again}    logs: {logs}", highlight=False, soft_wrap=True)

    def table(self) -> None:
        """Prints the table of all that is in the book; writes it into the documentation if that was asked for."""
        results = self._book.results()
        self._console.print(report.on_terminal(results))
        if self._arguments.table:
            report.write_into_page(results)


def runs(arguments: argparse.Namespace) -> list[tuple[str, int]]:
    """What to play, in order: round by round, each fault with the round's seed."""
    names = arguments.fault or list(FAULTS)
    first = 1 if arguments.seed is None else arguments.seed
    if arguments.minutes:
        names = Random(first).sample(names, len(names))
    count = 1000 if arguments.minutes else arguments.seeds
    return [(name, seed) for seed in range(first, first + count) for name in names]


def is_again(arguments: argparse.Namespace) -> bool:
    """Whether what was played before is to be played again."""
    return arguments.seed is not None and (arguments.seeds == 1 or bool(arguments.minutes))


def book_for(arguments: argparse.Namespace) -> Path:
    """Where the results go, and where the table comes from, unless somebody says."""
    passing = is_again(arguments) or arguments.minutes
    return PASSING if passing and not arguments.table else BOOK


def _anywhere(sentence: str, rig: Rig) -> str:
    """Without the places of this machine."""
    places = (str(rig.folder), str(ROOT), str(Path.home()))
    return reduce(lambda said, place: said.replace(place, "…"), places, sentence)


def revisions(since: str | None) -> list[str]:
    """The revision of this code, and those back to ``since`` whose runs count as well."""
    now = _git("log", "-1", "--format=%h", "--abbrev=10", "--", *_CODE) or "unknown"
    if _git("status", "--porcelain", "--", *_CODE):
        now = f"{now}-dirty"
    if since is None:
        return [now]
    between = _git("rev-list", "--abbrev-commit", "--abbrev=10", f"{since}..HEAD")
    return [now, *between.split(), _git("rev-parse", "--short=10", since)]


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--fault", action="append", choices=sorted(FAULTS), help="only this one (repeatable)")
    parser.add_argument("--seed", type=int, help="play this seed, if alone even if it was played before")
    parser.add_argument(
        "--seeds", type=int, default=1, help="how many seeds of each fault (default 1), from 1 or --seed"
    )
    parser.add_argument("--minutes", type=float, help="stop after so long; faults in an order of the seed's")
    parser.add_argument("--results", type=Path, help="the file of results")
    parser.add_argument("--since", help="runs of revisions back to this one count as well")
    parser.add_argument("--table", action="store_true", help="play nothing; write the table into the page")
    parser.add_argument("--list", action="store_true", help="play nothing; say what the faults are")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs; answers the exit status."""
    arguments, console = _parser().parse_args(argv), Console()
    if arguments.list:
        for each in FAULTS.values():
            console.print(f"{each.name:<28} {each.says}", highlight=False, soft_wrap=True)
        return 0
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what it says of brokers that we killed
    for variable in (KAFKA_VARIABLE, POSTGRES_VARIABLE):
        os.environ.pop(variable, None)  # servers that are given may not be harmed
    for sign in (signal.SIGINT, signal.SIGTERM):  # also where a shell's & has made SIGINT an ignored one
        signal.signal(sign, signal.default_int_handler)
    session = Session(arguments, console)
    try:
        if not arguments.table:
            with tempfile.TemporaryDirectory(prefix="fingerpost-faults-") as folder:
                console.print("[dim]starting three brokers, PostgreSQL and the town")
                with cluster_rig(Path(folder)) as rig:
                    session.play(rig)
    except KeyboardInterrupt:
        console.print("[dim]stopped; the same command goes on from here")
        return 130
    except StackError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    session.table()
    return 1 if session.failed else 0


if __name__ == "__main__":
    assert catalogue.MODULES
    sys.exit(main())
