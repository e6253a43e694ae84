"""Load: families in several threads, each form followed by one more write, all over HTTP and under keys."""

import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

from deploy.local.services import Town
from tests.support.forms import a_form, a_placement_form, email_of
from tests.support.ledger import Client, Family, Ledger, Operation

THREADS = 6
#: Between families of one thread, once as many have referred as were asked for.
IDLE_SECONDS = 0.5
#: Every so many families asks one whose school system does not try again.
IMPATIENT = 9


class Load:
    """Schools and teams at work. Every third family asks for a placement and withdraws it again.

    For the others the team accepts the referral. So each family is to be told two facts, and each form passes
    through two or three services.
    """

    def __init__(self, town: Town, ledger: Ledger) -> None:
        self._town, self._ledger = town, ledger
        self._numbers = itertools.count(1)
        self._today = date.today()
        self._here = threading.local()

    def run(self, families: int, until: Callable[[], bool], most: int = 600) -> int:
        """Lets ``families`` refer, and then further ones until ``until()``; answers how many those were.

        Raises AssertionError if ``most`` families were not enough.
        """
        number = itertools.count(1)

        def work(_: int) -> int:
            mine = 0
            while (n := next(number)) <= families or not until():
                assert n <= most, f"{most} families were not enough to bring about what was waited for"
                if n > families:
                    time.sleep(IDLE_SECONDS)
                self._refer()
                mine += 1
            return mine

        with ThreadPoolExecutor(THREADS) as threads:
            return sum(threads.map(work, range(THREADS)))

    def _refer(self) -> None:
        number = next(self._numbers)
        tries = 1 if number % IMPATIENT == 0 else 10**6
        family = self._ledger.family(email_of(number))
        form = (a_placement_form if number % 3 == 0 else a_form)(number, self._today)
        sent = self._client("school").ask("/api/referrals", form, tries=tries)
        family.expect("referral.routed", sent.outcome)
        if sent.outcome == "ok":
            family.referral_id, family.reference = sent.answer["referral_id"], sent.answer["reference"]
            self._follow_up(family, number % 3 == 0, tries)
        assert "refused" not in sent.answer, f"a valid form was refused: {sent.answer}"

    def _follow_up(self, family: Family, placement: bool, tries: int) -> Operation:
        path = f"/api/referrals/{family.reference}"
        body: dict[str, Any]
        if placement:
            caller, path, body, fact = "school", f"{path}/withdraw", {"reason": "needs-met"}, "case.withdrawn"
        else:
            caller, path, body, fact = "team", f"{path}/accept", {}, "referral.accepted"
        done = self._client(caller).ask(path, body, tries=tries)
        assert "refused" not in done.answer, f"{path} was refused: {done.answer}"
        family.expect(fact, done.outcome)
        return done

    def _client(self, caller: str) -> Client:
        """One for each thread and caller, so that connections are kept."""
        clients = self._here.__dict__.setdefault("clients", {})
        if caller not in clients:
            town = self._town
            clients[caller] = Client(self._ledger, town.referrals.url, town.headers(caller))
        client: Client = clients[caller]
        return client
