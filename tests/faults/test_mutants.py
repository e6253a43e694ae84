"""Would the oracle notice? Guards are taken out, one at a time, and each time it must complain.

Each test brings about, on the real stack, the one situation that its guard is there for. That nothing is
broken while the guards stand is what the other faults show.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from deploy.local import Stack
from deploy.local.services import Town, start_services
from services.panels.panel_files import CLOSURES, PANELS, read_book
from tests.faults.load import FORMS
from tests.faults.mutants import mutated
from tests.faults.oracle import drain, examine
from tests.support.forms import a_form, a_placement_form, email_of
from tests.support.in_clear import IN_CLEAR
from tests.support.ledger import Client, Family, Ledger
from tests.support.mail import MailSink
from tests.support.submissions import a_submission, write

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

MONDAY = datetime(2026, 2, 2, 9, 0, tzinfo=UTC)
SOURCE = "/schools/test-system"
SECONDS = 90.0
WORKING = read_book(PANELS, CLOSURES).working
HASTE = {"NOTIFICATIONS_SMTP_SECONDS": "1", "NOTIFICATIONS_LEASE_SECONDS": "9"}


@dataclass
class Bench:
    """A town, its mail server, the clients' ledger, and what the oracle has complained of so far."""

    town: Town
    sink: MailSink
    ledger: Ledger = field(default_factory=Ledger)
    known: Counter[str] = field(default_factory=Counter)
    number: int = 0

    def complaints(self) -> list[str]:
        """What the oracle complains of that it did not complain of before."""
        drain(self.town, SECONDS)
        now = Counter(examine(self.town, self.ledger, self.sink).broken)
        new = now - self.known
        self.known = now
        return sorted(new.elements())

    def family(self) -> tuple[int, Family]:
        """A family that has not been there before."""
        self.number += 1
        return self.number, self.ledger.family(email_of(self.number))

    def client(self, service: str, caller: str, deaf: int = 0) -> Client:
        """Someone who asks this service."""
        return Client(self.ledger, self.town.services[service].url, self.town.headers(caller), deaf)

    def referred(self, form_of: Callable[[int, date], dict[str, Any]] = a_form, deaf: int = 0) -> Family:
        """A new family whose school sends one form."""
        number, family = self.family()
        sent = self.client("referrals", "school", deaf).ask(FORMS, form_of(number, MONDAY.date()))
        assert sent.outcome == "ok", sent.answer
        family.referral_id, family.reference = sent.answer["referral_id"], sent.answer["reference"]
        family.expect("referral.routed")
        return family


@pytest.fixture(scope="module")
def bench(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("mutants")
    urn = a_form(1, MONDAY.date())["urn"]
    with (
        MailSink() as sink,
        start_services(
            stack,
            prefix=f"mut{uuid4().hex[:6]}.",
            clock_start=MONDAY,
            smtp=sink.address,
            senders={SOURCE: [urn]},
            env={"notifications": HASTE},
            folder=folder,
        ) as town,
    ):
        drain(town, SECONDS)
        yield Bench(town, sink)


def test_a_consumer_without_its_version_guard_tells_a_family_twice_of_what_is_published_twice(
    bench: Bench, tmp_path: Path
) -> None:
    with mutated(bench.town, "notifications", "versions") as notifications:
        notifications.start()
        _listed_twice_and_published_twice(bench, tmp_path)
        complaints = bench.complaints()
    assert any(each.startswith("A2: case.listed") for each in complaints), complaints


def test_a_sender_that_commits_its_claim_too_late_sends_twice_when_it_is_killed(
    bench: Bench, tmp_path: Path
) -> None:
    with mutated(bench.town, "notifications", "claims"):
        _killed_at(bench, "notifications", "after-provider-yes", tmp_path, bench.referred)
    bench.town.notifications.start()
    complaints = bench.complaints()
    assert any(each.startswith("A2: referral.routed") for each in complaints), complaints


def test_a_service_that_forgets_its_answers_takes_a_form_twice_whose_answer_was_lost(bench: Bench) -> None:
    with mutated(bench.town, "referrals", "answers") as referrals:
        referrals.start()
        bench.referred(deaf=1)
        complaints = bench.complaints()
    assert any(each.startswith("A1") and "has 2 referrals" in each for each in complaints), complaints


def test_a_service_that_does_not_know_a_submission_again_leaves_a_dead_letter(bench: Bench) -> None:
    number, family = bench.family()
    form = a_form(number, MONDAY.date(), urn=a_form(1, MONDAY.date())["urn"])
    record = a_submission(bench.town, SOURCE, f"form-{number}", form)
    with mutated(bench.town, "referrals", "submissions") as referrals:
        referrals.start()
        write(bench.town, [record, record])
        family.expect("referral.routed")
        complaints = bench.complaints()
    assert [each.partition(" (")[0] for each in complaints] == ["A4: referrals: 1 dead letters"]


def test_a_relay_that_does_not_keep_the_order_is_noticed_on_the_log(bench: Bench) -> None:
    with mutated(bench.town, "referrals", "order") as referrals:
        referrals.start()
        bench.referred()
        complaints = bench.complaints()
    assert any(each.startswith("A3: referrals.v1") for each in complaints), complaints


def _listed_twice_and_published_twice(bench: Bench, reached: Path) -> None:
    """A case is listed, deferred and listed again while its facts wait in the outbox; the relay then publishes
    all of them, is killed before it has noted so, and publishes them again."""
    town = bench.town
    family = bench.referred(a_placement_form)
    drain(town, SECONDS)
    town.panels.stop()
    town.panels.start(role="web")
    _listed_deferred_and_listed_again(bench, family)
    town.panels.stop()
    _killed_at(bench, "panels", "after-publish", reached, lambda: None)
    town.panels.start()


def _killed_at(bench: Bench, service: str, point: str, folder: Path, do: Callable[[], object]) -> None:
    """Starts the service armed, does something, and waits for the death."""
    folder.mkdir(exist_ok=True)
    reached = folder / "reached"
    process = bench.town.services[service]
    env = {"FINGERPOST_FAILPOINT": point, "FINGERPOST_FAILPOINT_REACHED": str(reached)}
    process.start(wait=False, env=env)
    do()
    end = time.monotonic() + SECONDS
    while process.running:
        assert time.monotonic() < end, f"{service} did not reach {point}"
        time.sleep(0.05)
    assert reached.read_text().split() == [point]


def _listed_deferred_and_listed_again(bench: Bench, family: Family) -> None:
    panels = bench.client("panels", "co-ordinator")
    case = _get(bench, f"/api/cases?referral={family.referral_id}")["cases"][0]["case_id"]
    for count in (1, 2):
        sitting = _next_sitting(bench)
        confirmed = panels.ask(f"/api/sittings/{sitting['sitting_id']}/confirm", {"case_ids": [case]})
        assert confirmed.outcome == "ok", confirmed.answer
        family.expect("case.listed")
        if count == 1:
            _step(bench, datetime.fromisoformat(sitting["sits_at"]))
            _deferred(bench, panels, case, sitting)
            family.expect("case.deferred")


def _deferred(bench: Bench, panels: Client, case: str, sitting: dict[str, Any]) -> None:
    week_later = datetime.fromisoformat(sitting["sits_at"]).date() + timedelta(days=7)
    deferral = {
        "sitting_id": sitting["sitting_id"],
        "missing": ["school-report"],
        "owner": "school",
        "next_on": WORKING.next_working_day(week_later).isoformat(),
        "reason": "The panel needs the report of the school.",
    }
    for what, body in (("defer", deferral), ("complete", {"papers_complete": True})):
        done = panels.ask(f"/api/cases/{case}/{what}", body)
        assert done.outcome == "ok", done.answer


def _next_sitting(bench: Bench) -> dict[str, Any]:
    """The first sitting whose papers are still open."""
    now = _internal(bench, "panels", "idle")["now"]
    found = _get(bench, f"/api/sittings?from={now[:10]}")["sittings"]
    sittings: list[dict[str, Any]] = sorted(found, key=lambda sitting: str(sitting["sits_at"]))
    return next(each for each in sittings if _instant(each["papers_close_at"]) > _instant(now))


def _step(bench: Bench, to: datetime) -> None:
    for name in bench.town.services:
        _internal(bench, name, "clock", {"now": to.isoformat()})


def _internal(bench: Bench, name: str, what: str, body: dict[str, str] | None = None) -> dict[str, Any]:
    url, headers = f"{bench.town.services[name].url}/internal/{what}", bench.town.headers("driver")
    answer = (
        httpx2.post(url, json=body, headers=headers, timeout=20, verify=IN_CLEAR)
        if body
        else httpx2.get(url, headers=headers, timeout=20, verify=IN_CLEAR)
    )
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _get(bench: Bench, path: str) -> dict[str, Any]:
    answer = httpx2.get(
        bench.town.panels.url + path, headers=bench.town.headers("co-ordinator"), timeout=20, verify=IN_CLEAR
    )
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
