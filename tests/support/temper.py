"""The tempers of a mail server: what it does to its clients when it is not well, switched while it runs."""

import random
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

Temper = Literal[
    "well",
    "slow",  # takes its time over every message
    "busy-at-connect",  # 421 instead of a greeting
    "busy-in-session",  # 421 to MAIL, and hangs up
    "puts-off",  # 451 after the content
    "greylists",  # 450 to the first try of each recipient
    "hangs",  # accepts the message and never says so
    "drops",  # accepts the message and hangs up before it says so
    "dead",  # refuses connections
]


@dataclass
class Moods:
    """The present temper, and how often each was felt by a client. Safe to use from several threads.

    ``share`` of those who could feel it do; ``dice`` decides which, so that a seed repeats it.
    """

    temper: Temper = "well"
    share: float = 1.0
    dice: random.Random = field(default_factory=random.Random)
    felt: Counter[str] = field(default_factory=Counter)
    _seen: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def become(self, temper: Temper, share: float = 1.0, dice: random.Random | None = None) -> None:
        """From now on the server has this temper; whom it greylisted before, it has forgotten."""
        with self._lock:
            self.temper, self.share, self.dice = temper, share, dice or self.dice
            self._seen.clear()

    def strikes(self, temper: Temper) -> bool:
        """Whether this client is to feel ``temper`` now; counts it if so."""
        with self._lock:
            struck = self.temper == temper and self.dice.random() < self.share
            self.felt.update([temper] if struck else [])
            return struck

    def greylists(self, recipient: str) -> bool:
        """Whether this is the recipient's first try with a server that greylists."""
        with self._lock:
            first = self.temper == "greylists" and recipient not in self._seen
            self._seen.add(recipient)
            self.felt.update(["greylists"] if first else [])
            return first
