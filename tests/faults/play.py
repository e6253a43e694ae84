"""One run: a fault under load, then good weather, a bounded drain, and the oracle's word on every promise."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from random import Random
from threading import Event

from tests.faults.fault import Fault, NotBroughtAbout, NotPossibleHere
from tests.faults.load import Pace
from tests.faults.oracle import Findings, examine
from tests.faults.rig import Rig

#: A ledger of more families than this makes the oracle slow: then a new town is built.
MOST_FAMILIES = 2000


@dataclass
class Played:
    """What came of one run. ``recovery`` are the seconds from good weather to nothing left to do.

    ``not_run`` says why this machine does not allow the fault, where that is so.
    """

    reached: str = ""
    families: int = 0
    recovery: float = 0.0
    findings: Findings = field(default_factory=Findings)
    not_run: str = ""

    @property
    def broken(self) -> list[str]:
        """A sentence for each promise that was not kept."""
        return self.findings.broken


class Player:
    """Plays faults one after the other in the same town, until it is spoilt."""

    def __init__(self, rig: Rig, oracle: Callable[..., Findings] = examine) -> None:
        self._rig, self._oracle, self._before = rig, oracle, Findings()

    def play(self, fault: Fault, seed: int, pace: Pace | None = None) -> Played:
        """One run, which the seed decides. Never raises for what a service did wrong."""
        rig, chance = self._rig, Random(f"{fault.name} {seed}")
        self._in_its_town(fault)
        played, before = Played(), len(rig.ledger.families)
        try:
            self._act(fault, chance, pace or _pace(chance), played)
            began = time.monotonic()
            rig.drain()
            played.recovery += time.monotonic() - began
            found = self._oracle(rig.town, rig.ledger, rig.sink, rig.notify.by_reference())
            played.findings, self._before = _since(self._before, found), found
        except NotPossibleHere as error:
            played.not_run = str(error)
        except NotBroughtAbout as error:
            played.findings.complain("not brought about", str(error))
        except Exception as error:  # whatever it was, the promise that this run was to prove is not proven
            played.findings.complain("A5", f"{type(error).__name__}: {error}")
        played.families = len(rig.ledger.families) - before
        if played.findings.held and not fault.holds:
            played.findings.complain("A2", f"{played.findings.held} messages are held without need")
        return played

    def _in_its_town(self, fault: Fault) -> None:
        """A new town, where this one tells its families by another provider than the fault is about."""
        if fault.by_notify != self._rig.by_notify:
            self._rig.fresh(fault.by_notify)
            self._before = Findings()

    def _act(self, fault: Fault, chance: Random, pace: Pace, played: Played) -> None:
        over = Event()
        with ThreadPoolExecutor(1) as beside:
            loading = beside.submit(self._rig.load.run, pace, over.is_set)
            try:
                time.sleep(chance.uniform(0.2, 1.5))
                played.reached = fault.act(self._rig, chance)
            except KeyboardInterrupt:
                self._rig.clear_weather()  # so that the load comes to its end
                raise
            except Exception:
                self._rig.heal()
                raise
            finally:
                over.set()
            self._rig.heal()
            began = time.monotonic()
            loading.result()
            played.recovery = time.monotonic() - began

    def tidy(self, fault: Fault, played: Played) -> None:
        """A new town, where this run left one that cannot serve the next."""
        if played.broken or fault.spoils or len(self._rig.ledger.families) > MOST_FAMILIES:
            self._rig.fresh()
            self._before = Findings()


def _since(before: Findings, found: Findings) -> Findings:
    """What was found, with those messages only that were not held or told together ``before``."""
    return replace(found, held=found.held - before.held, together=found.together - before.together)


def _pace(chance: Random) -> Pace:
    return Pace(
        families=chance.randint(12, 36),
        threads=chance.randint(3, 7),
        rest_seconds=chance.uniform(0.4, 2.0),
        submits=chance.choice((4, 5, 7)),
    )
