"""The clients' own ledger: what was asked, how it was answered, and what each family must therefore be told.

It is held against what the mail server accepted and what the databases hold, never against the services' own
counters. Comparisons are of exact multisets.
"""

import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal
from uuid import uuid4

import httpx2

from tests.support.in_clear import IN_CLEAR

#: ``ok``: acknowledged. ``fail``: certainly not done. ``indeterminate``: sent, and no answer came back.
Outcome = Literal["ok", "fail", "indeterminate"]
PAUSE_SECONDS = 0.1


@dataclass
class Operation:
    """One write that a client asked for, over all of its attempts."""

    path: str
    key: str = field(default_factory=lambda: str(uuid4()))
    outcome: Outcome = "fail"
    attempts: int = 0
    status: int | None = None
    answer: dict[str, Any] = field(default_factory=dict)


@dataclass
class Family:
    """What one family must be told: of each fact at least and at most so many messages."""

    recipient: str
    referral_id: str | None = None
    reference: str | None = None
    at_least: Counter[str] = field(default_factory=Counter)
    at_most: Counter[str] = field(default_factory=Counter)

    @property
    def acknowledged(self) -> bool:
        """Whether somebody was told that its referral was taken."""
        return self.referral_id is not None or bool(self.at_least["referral.routed"])

    def expect(self, fact: str, outcome: Outcome = "ok") -> None:
        """One more message, if the write behind it was done; perhaps one more, if nobody knows."""
        self.at_least[fact] += outcome == "ok"
        self.at_most[fact] += outcome != "fail"


class Ledger:
    """All operations and families of a run. Safe to use from several threads.

    ``odd`` are streams (topic, key) that a fault made up on the topics, ``forged`` the ids of events that it
    wrote into real ones: of neither does any promise speak.
    """

    def __init__(self) -> None:
        self.odd: set[tuple[str, str]] = set()
        self.forged: set[str] = set()
        self.operations: list[Operation] = []
        self.families: list[Family] = []
        self._lock = threading.Lock()

    def operation(self, path: str) -> Operation:
        """A new operation, with an idempotency key of its own."""
        made = Operation(path)
        with self._lock:
            self.operations.append(made)
        return made

    def family(self, recipient: str) -> Family:
        """A new family."""
        made = Family(recipient)
        with self._lock:
            self.families.append(made)
        return made

    def outcomes(self) -> Counter[Outcome]:
        """How many operations ended how."""
        return Counter(each.outcome for each in self.operations)


class Client:
    """Asks by HTTP, and asks again under the same idempotency key while no answer comes."""

    def __init__(self, ledger: Ledger, base: str, headers: Mapping[str, str], deaf: int = 0) -> None:
        """``deaf``: so many answers to each write are lost on their way to it."""
        self._ledger, self._base, self._headers, self._deaf = ledger, base, dict(headers), deaf
        self._https = [httpx2.Client(timeout=20, verify=IN_CLEAR) for _ in range(2)]
        #: Where each write is asked for at the same moment, on a connection of its own; None for once only.
        self.twice_at: str | None = None

    def ask(self, path: str, body: object, *, patience: float = 60.0, tries: int = 10**6) -> Operation:
        """One write, tried up to ``tries`` times within ``patience`` seconds; it is in the ledger from the start."""
        done = self._ledger.operation(path)
        end = time.monotonic() + patience
        while done.attempts < tries and time.monotonic() < end:
            if self._attempt(done, body):
                break
            time.sleep(PAUSE_SECONDS)
        return done

    def _attempt(self, done: Operation, body: object) -> bool:
        """One attempt; answers whether the operation is over."""
        done.attempts += 1
        ask = partial(self._post, done, body)
        if self.twice_at is None:
            return self._heard(done, ask(self._https[0], self._base))
        with ThreadPoolExecutor(2) as threads:
            both = list(threads.map(ask, self._https, (self._base, self.twice_at)))
        return sum(self._heard(done, answer) for answer in both) > 0  # both are heard

    def _post(
        self, done: Operation, body: object, http: httpx2.Client, base: str
    ) -> httpx2.Response | httpx2.TransportError:
        headers = {**self._headers, "Idempotency-Key": done.key}
        try:
            return http.post(base + done.path, json=body, headers=headers)
        except httpx2.TransportError as error:
            return error

    def _heard(self, done: Operation, answer: httpx2.Response | httpx2.TransportError) -> bool:
        """Whether this ends it. The answers to one request are the same, or somebody is told so."""
        if isinstance(answer, httpx2.ConnectError | httpx2.ConnectTimeout):
            return False  # nothing was sent
        if isinstance(answer, httpx2.TransportError):
            return self._unsure(done)
        done.status = answer.status_code
        if answer.status_code >= 500 or done.attempts <= self._deaf:
            return self._unsure(done)
        if answer.is_success:
            found = answer.json()
            twofold = done.answer not in ({}, found)
            done.outcome, done.answer = "ok", {"refused": [done.answer, found]} if twofold else found
        else:
            done.answer = {"refused": answer.json()}
        return True

    @staticmethod
    def _unsure(done: Operation) -> bool:
        """It may have been done; another connection may know."""
        done.outcome = "indeterminate" if done.outcome == "fail" else done.outcome
        return False


def compared(expected: Counter[Any], found: Counter[Any]) -> tuple[Counter[Any], Counter[Any]]:
    """What is missing from ``found``, and what it holds beyond ``expected``; both empty where they are equal."""
    return expected - found, found - expected
