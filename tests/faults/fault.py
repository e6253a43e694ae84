"""What a fault is, and the list of all: each module of `tests.faults.catalogue` adds its own."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.faults.rig import Rig

#: Brings the fault about while the load runs, and answers in a few words what was done to whom. The generator
#: decides everything that is left to chance. Raises NotBroughtAbout if the fault did not really happen.
Act = Callable[["Rig", Random], str]


class NotPossibleHere(Exception):
    """This machine does not allow the fault; the text says what it lacks. The run counts as not made."""


class NotBroughtAbout(AssertionError):
    """The fault did not happen, so the run proves nothing."""


@dataclass(frozen=True)
class Fault:
    """One way in which the world goes wrong. ``says`` is one sentence about it.

    ``cluster``: needs three brokers of our own and wires. ``spoils``: the town cannot be used afterwards.
    ``holds``: messages may be held for a person because of it. ``by_notify``: needs a town that tells its families by
    GOV.UK Notify.
    """

    name: str
    says: str
    act: Act
    cluster: bool = True
    spoils: bool = False
    holds: bool = True
    by_notify: bool = False


FAULTS: dict[str, Fault] = {}


def fault(
    name: str,
    says: str,
    *,
    cluster: bool = True,
    spoils: bool = False,
    holds: bool = True,
    by_notify: bool = False,
) -> Callable[[Act], Act]:
    """Decorates the function that brings the fault ``name`` about."""

    def register(act: Act) -> Act:
        assert name not in FAULTS, f"two faults are called {name}"
        FAULTS[name] = Fault(name, says, act, cluster, spoils, holds, by_notify)
        return act

    return register


def happened(it: object, what: str) -> None:
    """Raises NotBroughtAbout unless ``it`` is true: the proof that the fault was real."""
    if not it:
        raise NotBroughtAbout(what)


def wait_until(it: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    """Waits for what proves the fault. Raises NotBroughtAbout after ``seconds``."""
    end = time.monotonic() + seconds
    while not it():
        if time.monotonic() > end:
            raise NotBroughtAbout(f"{what}: not after {seconds:.0f} s")
        time.sleep(0.05)
