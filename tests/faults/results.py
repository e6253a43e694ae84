"""The book of runs: one JSON line each, so that a session can be stopped, resumed, and shared by several rigs."""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Result:
    """One run. ``code`` is the revision that ran, ``reached`` what was done to whom, ``when`` an instant.

    ``together`` are the messages that went within another one. ``load`` is the machine's, over the last minute of the
    run; None where nobody looked. Nothing tells of the machine itself: the book is part of the code.
    """

    fault: str
    seed: int
    code: str
    ok: bool
    lost: int
    doubled: int
    reordered: int
    held: int
    recovery: float
    families: int
    reached: str
    when: str
    broken: list[str] = field(default_factory=list)
    load: float | None = None
    together: int = 0


class Book:
    """A file of results. Several processes may write to it at the same time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._claims = path.with_suffix(".claims")
        path.parent.mkdir(parents=True, exist_ok=True)

    def results(self, codes: Iterable[str] | None = None) -> list[Result]:
        """Every run of these revisions (or of all), the latest of each fault and seed, in order."""
        wanted = None if codes is None else set(codes)
        found: dict[tuple[str, int], Result] = {}
        for line in self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []:
            result = Result(**json.loads(line))
            if wanted is None or result.code in wanted:
                found[result.fault, result.seed] = result
        return sorted(found.values(), key=lambda result: (result.fault, result.seed))

    def add(self, result: Result) -> None:
        """Appends one run; what was claimed for it is free again."""
        with self._locked() as claims, self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(result)) + "\n")
            claims.pop(_name(result.fault, result.seed), None)

    def claim(self, runs: Sequence[tuple[str, int]], codes: Iterable[str]) -> tuple[str, int] | None:
        """The first of ``runs`` that is neither in the book for these revisions nor claimed by another process."""
        with self._locked() as claims:
            done = {(result.fault, result.seed) for result in self.results(codes)}
            for run in runs:
                if run not in done and _name(*run) not in claims:
                    claims[_name(*run)] = os.getpid()
                    return run
        return None

    @contextmanager
    def _locked(self) -> Iterator[dict[str, int]]:
        """The claims of living processes, written back at the end."""
        with self._claims.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            claims = {name: pid for name, pid in json.loads(file.read() or "{}").items() if _lives(pid)}
            yield claims
            file.truncate(0)
            file.write(json.dumps(claims))
            file.flush()


def _name(fault: str, seed: int) -> str:
    return f"{fault} {seed}"


def _lives(pid: int) -> bool:
    return pid != os.getpid() and psutil.pid_exists(pid)
