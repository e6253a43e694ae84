"""No personal data in clear: planted values, one for each personal field, are hunted wherever data leave traces.

The town is driven through everything in which a value might slip out: forms that are taken, refused and
repeated, records that are parked, refusals by rules, wrong addresses, a crash, a decision, a family's visit to
its page, a mail server that says no and quotes the address, and people who begin forms, upload, search and ask.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local import Stack
from deploy.local.services import start_services
from tests.canary import places
from tests.canary.collector import Collector
from tests.canary.drive import SOURCE, Driver
from tests.canary.hunter import Hunter
from tests.canary.places import Place
from tests.canary.plants import CANARIES, OF_PAGES, canary_form
from tests.support.mail import Mail, MailSink

pytestmark = [pytest.mark.slow, pytest.mark.timeout(280)]

MONDAY = datetime(2026, 2, 2, 9, 0, tzinfo=UTC)
HUNTER = Hunter({**CANARIES, **OF_PAGES})


@dataclass
class Traces:
    """Everything that the run left behind, by the kind of place."""

    driver: Driver
    spans: list[bytes]
    mails: list[Mail]
    left: dict[str, list[Place]] = field(default_factory=dict)
    owned: bytes = b""

    def keep(self, kind: str, found: Iterable[Place]) -> None:
        """Reads the places of one kind."""
        self.left[kind] = list(found)


def _answer_to(address: str) -> str | None:
    """A mail server that quotes whom it refuses."""
    if address.startswith("zqrefused"):
        return f"550 5.1.1 <{address}>: no such mailbox, says {address}"
    if address.startswith("zqdeferred"):
        return f"451 4.2.1 <{address}>: mailbox busy, {address} should try later"
    return None


@pytest.fixture(scope="module")
def traces(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traces]:
    folder = tmp_path_factory.mktemp("canary")
    urn = canary_form(MONDAY.date())["urn"]
    with MailSink(_answer_to) as sink, Collector() as collector:
        env = {
            name: {f"{name.upper()}_OTLP_ENDPOINT": collector.endpoint, f"{name.upper()}_LOG_LEVEL": "DEBUG"}
            for name in ("referrals", "panels", "notifications")
        }
        with start_services(
            stack,
            prefix=f"can{uuid4().hex[:6]}.",
            clock_start=MONDAY,
            smtp=sink.address,
            senders={SOURCE: [urn]},
            env=env,
            folder=folder,
        ) as town:
            driver = Driver(town, sink, MONDAY.date())
            _driven(driver, folder, tmp_path_factory.mktemp("operator"))
            found = Traces(driver, collector.exports, sink.mails)
            found.keep("metrics", places.in_metrics(town))
            town.stop()
            found.keep("topics", places.on_topics(town, driver.planted))
            found.keep("logs", places.in_logs(town))
            found.keep("tables", places.in_tables(town, driver.planted))
            found.keep("mails", places.in_mails(sink.mails))
            found.keep("traces", ((f"export {n}", body) for n, body in enumerate(collector.exports)))
            found.keep("answers", ((f"answer {n}", text) for n, text in enumerate(driver.answers)))
            found.keep("addresses", ((f"address {n}", text) for n, text in enumerate(driver.addresses)))
            found.keep("other tables", places.in_other_tables(town))
            found.keep("files", places.in_files(town))
            found.owned = places.in_the_database(town)
        yield found


def _driven(driver: Driver, folder: Path, operators: Path) -> None:
    driver.settle()
    driver.forms_are_taken()
    driver.mail_is_refused_and_put_off()
    driver.a_case_is_decided()
    driver.families_look_at_their_pages()
    driver.people_work_on_pages(operators)
    driver.a_system_sends_files()
    driver.faulty_forms_are_refused()
    driver.odd_requests_are_refused()
    driver.a_service_crashes(folder)
    driver.bad_records_are_parked()
    driver.settle()


KINDS = (
    "topics", "logs", "metrics", "traces", "tables", "mails", "answers", "addresses", "other tables", "files",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_no_planted_value_is_found_in(traces: Traces, kind: str) -> None:
    found = [sighting for place, content in traces.left[kind] for sighting in HUNTER.hunt(place, content)]
    assert Counter(str(sighting) for sighting in found) == Counter()


def test_every_planted_value_of_a_form_did_reach_the_service_that_owns_it(traces: Traces) -> None:
    found = {sighting.canary for sighting in HUNTER.hunt("the database", traces.owned)}
    elsewhere = {"reasons of the decision", "operator's reason", "search term", "name searched in a queue"}
    elsewhere |= {"word in a wrong column"}
    assert found == {*CANARIES, *OF_PAGES} - elsewhere


def test_the_run_left_something_in_every_place(traces: Traces) -> None:
    least = {
        "topics": 400,
        "logs": 3,
        "metrics": 3,
        "traces": 3,
        "tables": 300,
        "mails": 4,
        "answers": 300,
        "addresses": 100,
        "other tables": 100,
        "files": 2,
    }
    assert {kind: len(traces.left[kind]) >= few for kind, few in least.items()} == dict.fromkeys(KINDS, True)
    assert any(b"POST /api/referrals" in body for body in traces.spans)
    assert any(b"send" in body for body in traces.spans)


def test_the_run_brought_about_what_it_was_to_bring_about(traces: Traces) -> None:
    statuses = Counter(traces.driver.statuses)
    assert {401, 404, 409, 422} <= set(statuses)
    reasons = " ".join(str(text) for place, text in traces.left["tables"] if place.startswith("reason of"))
    for trouble in ("cannot be opened", "not as its contract says", "cannot be read", "sealed"):
        assert trouble in reasons
    for name in ("referrals", "panels", "notifications"):
        assert any(f"dead letter of {name}" in place for place, _ in traces.left["tables"])
    assert {mail.fact for mail in traces.mails} >= {"referral.routed", "referral.returned", "decision.issued"}
    assert len(traces.driver.sink.refused) >= 2


@pytest.mark.parametrize("writing", ["{0}", '{{"event": "no such child: {0}"}}', "GET /search?child={0}"])
def test_a_planted_line_in_a_log_would_have_been_found(traces: Traces, writing: str) -> None:
    logs = b"\n".join(bytes(content) for _, content in traces.left["logs"] if isinstance(content, bytes))
    spoilt = logs + writing.format(CANARIES["child's family name"]).encode()
    assert {sighting.canary for sighting in HUNTER.hunt("the logs", spoilt)} == {"child's family name"}
