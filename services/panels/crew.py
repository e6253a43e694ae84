"""Processes that share a simulation, one piece after the other, and show how far they are."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

import typer

from services.panels.simulation.comparing import Scenario, enough_for, outcome_of
from services.panels.simulation.measures import Outcome


@dataclass(frozen=True)
class Crew:
    """So many processes; with one worker, or one piece of work, this process does it itself."""

    workers: int

    def outcomes(self, scenarios: Sequence[Scenario]) -> list[list[Outcome]]:
        """The figures of every configuration of every scenario, in their order."""
        pieces = [(each, c) for each in scenarios for c in range(len(each.configurations))]
        done = iter(self._shared(outcome_of, pieces, "Simulated"))
        return [[next(done) for _ in each.configurations] for each in scenarios]

    def enough(self, scenarios: Sequence[Scenario]) -> list[list[int | None]]:
        """How many places a month are enough for each configuration of each of them."""
        return self._shared(enough_for, [(each,) for each in scenarios], "Searched")

    def _shared(self, work: Callable[..., Any], pieces: Sequence[tuple[Any, ...]], what: str) -> list[Any]:
        errors = typer.get_text_stream("stderr")
        with typer.progressbar(length=len(pieces), label=what, file=errors) as shown:
            if self.workers == 1 or len(pieces) == 1:
                results = []
                for piece in pieces:
                    results.append(work(*piece))
                    shown.update(1)
                return results
            with ProcessPoolExecutor(self.workers) as pool:
                futures = [pool.submit(work, *piece) for piece in pieces]
                for _ in as_completed(futures):
                    shown.update(1)
                return [future.result() for future in futures]
