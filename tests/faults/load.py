"""Load: families in several threads, each form followed by one more write, all under keys.

Forms come over HTTP, and some as school systems send them: signed and sealed, over Kafka.
"""

import itertools
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

import httpx2
from aiokafka.errors import KafkaError

from deploy.local.services import Town
from tests.support.forms import a_form, a_placement_form, email_of, establishments
from tests.support.in_clear import IN_CLEAR
from tests.support.ledger import Client, Family, Ledger, Operation
from tests.support.submissions import Written, a_submission, write

#: A town that is to be loaded over Kafka knows this school system, with these schools.
SCHOOL_SYSTEM = "/schools/test-system"
URNS = tuple(each.urn for each in establishments()[:4])
SENDERS = {SCHOOL_SYSTEM: URNS}
#: Every so many families asks one whose school system does not try again.
IMPATIENT = 9
#: Every so many families choose to hear of small steps together.
TOGETHER = 7
#: Every so many families has a school and a team whose every request comes twice, at once, on two connections.
TWICE = 5
#: How long such a family waits for its first message, and how long its school and team try to go on with it: small
#: steps wait for what comes after them.
FIRST_SECONDS, FOLLOW_SECONDS = 6.0, 240.0
#: How long a school system tries to get one form onto its topic.
SUBMIT_SECONDS = 60.0


#: What knows a form again is its key alone: no look for likely duplicates stands behind it.
FORMS = "/api/referrals?duplicate=continue"


@dataclass(frozen=True)
class Act:
    """What somebody does with a referral, and what its family is told of it."""

    caller: str
    path: str
    body: Mapping[str, str]
    fact: str


PLACEMENT_WITHDRAWN = Act("school", "withdraw", {"reason": "needs-met"}, "case.withdrawn")
WITHDRAWN = Act("school", "withdraw", {"reason": "needs-met"}, "referral.withdrawn")
REOPENED = Act("team", "reopen", {"reason": "Asked for again."}, "referral.reopened")
ACCEPTED = Act("team", "accept", {}, "referral.accepted")
_LINK = re.compile(r"https?://\S+/f/[\w-]+")
_CHOICES = {"channel": "", "language": "", "pause": "", "often": "together"}


@dataclass(frozen=True)
class Pace:
    """``families`` refer as fast as ``threads`` can; once they have, each thread rests between further ones.

    Every ``submits``-th family's school sends its form over Kafka; 0 is for towns that know no school system.
    """

    families: int = 40
    threads: int = 6
    rest_seconds: float = 0.5
    submits: int = 0


class Load:
    """Schools and teams at work. Every third family asks for a placement and withdraws it again.

    For the others the team accepts the referral. So each family is to be told two facts, and each form passes
    through two or three services. Of a form sent over Kafka the family is told one, and nobody follows it up. Some
    families choose, on their page, to hear of small steps together; then there are five facts, two of them small.
    """

    def __init__(
        self, town: Town, ledger: Ledger, mail_to: Callable[[str], str | None] | None = None
    ) -> None:
        """``mail_to`` answers the first message that an address was sent, or None; without it no family chooses."""
        self._town, self._ledger, self._mail_to = town, ledger, mail_to
        self._numbers = itertools.count(1)
        self._today = date.today()
        self._here = threading.local()
        #: Where a second copy of referrals listens, while there is one; what comes twice comes to both then.
        self.copy_at: str | None = None

    def run(self, pace: Pace, until: Callable[[], bool], most: int = 3000) -> int:
        """Lets families refer, at this pace and until ``until()``; answers how many those were.

        Raises AssertionError if ``most`` families were not enough.
        """
        number = itertools.count(1)

        def work(_: int) -> int:
            mine = 0
            while (n := next(number)) <= pace.families or not until():
                assert n <= most, f"{most} families were not enough to bring about what was waited for"
                if n > pace.families:
                    time.sleep(pace.rest_seconds)
                self._refer(pace)
                mine += 1
            return mine

        with ThreadPoolExecutor(pace.threads) as threads:
            return sum(threads.map(work, range(pace.threads)))

    def _refer(self, pace: Pace) -> None:
        number = next(self._numbers)
        family = self._ledger.family(email_of(number))
        self._here.twice = number % TWICE == 0
        if pace.submits and number % pace.submits == 0:
            self._submit(number, family)
        else:
            self._post(number, family)

    def _post(self, number: int, family: Family) -> None:
        tries = 1 if number % IMPATIENT == 0 else 10**6
        form = (a_placement_form if number % 3 == 0 else a_form)(number, self._today)
        sent = self._client("school").ask(FORMS, form, tries=tries)
        family.expect("referral.routed", sent.outcome)
        if sent.outcome == "ok":
            family.referral_id, family.reference = sent.answer["referral_id"], sent.answer["reference"]
            if self._mail_to and number % TOGETHER == 0 and number % 3:
                self._go_through(family)
            else:
                self._follow_up(family, number % 3 == 0, tries)
        assert "refused" not in sent.answer, f"a valid form was refused: {sent.answer}"

    def _follow_up(self, family: Family, placement: bool, tries: int) -> None:
        self._act(family, PLACEMENT_WITHDRAWN if placement else ACCEPTED, tries=tries)

    def _go_through(self, family: Family) -> None:
        """Withdrawn; opened again and accepted, two small steps; and withdrawn, which they do not wait beyond."""
        acts = [WITHDRAWN, REOPENED, ACCEPTED, WITHDRAWN]
        if self._act(family, acts[0], patience=FOLLOW_SECONDS).outcome == "ok" and self._chosen(family):
            for act in acts[1:]:
                self._act(family, act, patience=FOLLOW_SECONDS)

    def _act(self, family: Family, act: Act, *, tries: int = 10**6, patience: float = 60.0) -> Operation:
        path = f"/api/referrals/{family.reference}/{act.path}"
        done = self._client(act.caller).ask(path, act.body, tries=tries, patience=patience)
        assert "refused" not in done.answer, f"{path} was refused: {done.answer}"
        family.expect(act.fact, done.outcome)
        return done

    def _chosen(self, family: Family) -> bool:
        """Whether the family has asked to hear of small steps together, by the link in its first message."""
        end = time.monotonic() + FIRST_SECONDS
        while time.monotonic() < end:
            if link := _LINK.search((self._mail_to and self._mail_to(family.recipient)) or ""):
                with suppress(httpx2.TransportError):
                    answer = httpx2.post(f"{link[0]}/choices", data=_CHOICES, timeout=5, verify=IN_CLEAR)
                    if answer.status_code == 303:
                        return True
            time.sleep(0.2)
        return False

    def _submit(self, number: int, family: Family) -> None:
        """Over Kafka; a school system that is not sure writes the same submission again."""
        form = a_form(number, self._today, urn=URNS[number % len(URNS)])
        record = a_submission(self._town, SCHOOL_SYSTEM, f"form-{number}", form)
        done = self._ledger.operation("referral-submissions.v1")
        end = time.monotonic() + SUBMIT_SECONDS
        while not self._is_written([record] * (1 + number % 2), done) and time.monotonic() < end:
            time.sleep(0.5)
        family.expect("referral.routed", done.outcome)

    def _is_written(self, records: Sequence[Written], done: Operation) -> bool:
        done.attempts += 1
        try:
            write(self._town, records, seconds=10)
        except (KafkaError, OSError, TimeoutError):
            done.outcome = "indeterminate"
            return False
        done.outcome = "ok"
        return True

    def _client(self, caller: str) -> Client:
        """One for each thread and caller, so that connections are kept."""
        clients = self._here.__dict__.setdefault("clients", {})
        if caller not in clients:
            town = self._town
            clients[caller] = Client(self._ledger, town.referrals.url, town.headers(caller))
        client: Client = clients[caller]
        client.twice_at = (self.copy_at or self._town.referrals.url) if self._here.twice else None
        return client
