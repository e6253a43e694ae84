"""Receipts as GOV.UK Notify sends them of its own accord: most at once, some late, some never."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import sleep
from types import TracebackType
from typing import Self

import httpx2

from deploy.local.notify.account import Account, Notification

_PAUSES = (0.2, 1.0, 3.0)
_AT_ONCE = 4


@dataclass(frozen=True)
class Fate:
    """What becomes of one notification, and how that is said.

    ``status`` is Notify's own word. ``late`` is in business time; ``said`` is False where no callback comes, so that
    Notify has to be asked.
    """

    status: str = "delivered"
    late: timedelta = timedelta()
    said: bool = True


class Receipts:
    """Says of everything that an account takes what became of it, as ``fate`` has it, for as long as the block runs.

    ``url`` and ``headers`` are where it calls, and the bearer token. ``said`` counts callbacks: "at once", "late".
    Late ones come by the business clock, which the caller moves on by `tick`.
    """

    def __init__(
        self,
        account: Account,
        url: str,
        headers: Mapping[str, str],
        fate: Callable[[Notification], Fate],
        now: datetime,
    ) -> None:
        self.said: Counter[str] = Counter()
        self._account, self._url, self._fate, self._now = account, url, fate, now
        self._late: list[tuple[datetime, Notification, Fate]] = []
        self._open: set[str] = set()
        self._lock = threading.Lock()
        # Given up before the service does so itself, after five seconds.
        limits = httpx2.Limits(max_connections=_AT_ONCE, keepalive_expiry=2.0)
        self._client = httpx2.Client(headers=dict(headers), limits=limits, timeout=10)
        self._threads = ThreadPoolExecutor(_AT_ONCE)

    def __enter__(self) -> Self:
        self._account.taken = self._taken
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._account.taken = lambda one: None
        self._threads.shutdown(cancel_futures=True)
        self._client.close()

    def tick(self, now: datetime) -> None:
        """The business clock stands at ``now``: call back about what is due."""
        with self._lock:
            self._now = now
            due = [one for one in self._late if one[0] <= now]
            self._late = [one for one in self._late if one[0] > now]
            self._open |= {one.id for _, one, _ in due}
        for _, one, fate in due:
            self._threads.submit(self._say, one, fate, "late")

    def finish(self) -> None:
        """What is late comes now."""
        self.tick(datetime.max.replace(tzinfo=self._now.tzinfo))

    def why_busy(self) -> str | None:
        """How many callbacks are under way; None for none. What is late, and what is asked for, is not."""
        with self._lock:
            return f"{len(self._open)} receipts are on their way" if self._open else None

    def unasked(self) -> list[str]:
        """The ids of what has ended, and was neither called back about nor asked for since."""
        with self._lock:
            return [one.id for one in self._account.sent if self._is_unasked(one)]

    def _is_unasked(self, one: Notification) -> bool:
        return not self._fate(one).said and one.id not in self._account.asked_for

    def _taken(self, one: Notification) -> None:
        fate = self._fate(one)
        with self._lock:
            if not fate.said:
                one.status = fate.status
                return
            one.status = "sending"
            if fate.late:
                self._late.append((self._now + fate.late, one, fate))
                return
            self._open.add(one.id)
        self._threads.submit(self._say, one, fate, "at once")

    def _say(self, one: Notification, fate: Fate, when: str) -> None:
        try:
            one.status = fate.status
            for pause in (*_PAUSES, None):
                if self._called_back(one):
                    self.said[when] += 1
                    return
                if pause is not None:
                    sleep(pause)
        finally:
            with self._lock:
                self._open.discard(one.id)

    def _called_back(self, one: Notification) -> bool:
        try:
            return self._client.post(self._url, json=self._account.receipt(one)).status_code == 204
        except httpx2.TransportError:
            return False
