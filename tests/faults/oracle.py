"""The ledger oracle: after a fault and a bounded drain, is every promise kept?

* A1  each acknowledged write has its effects; of one that nobody answered, none or one
* A2  nobody is told a fact twice; each is told, or held as a task for a person
* A3  versions are contiguous and in order on every log, and in every consumer's inbox; where only the latest
      version counts, that stands last
* A4  nothing is left over: outbox, sends, overdue work, dead letters
* A5  all this within a bounded time (`drain`)

It reads the clients' ledger, what the mail server accepted, the topics and the databases; never a counter
that a service keeps of itself.
"""

import asyncio
import json
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx2

from deploy.local.services import Town
from schemas.services import SERVICES
from schemas.topics import ALL
from tests.support import topics
from tests.support.in_clear import IN_CLEAR
from tests.support.ledger import Family, Ledger
from tests.support.mail import Letter, MailSink
from tests.support.topics import Said, Stream, records, streams, versions_of

LOGS = tuple(topic for topic in ALL if topic.order == "every-version")
COMPACTED = tuple(topic for topic in ALL if topic.order == "latest-version")
#: Topics whose every offset is a record: the others hold the marks of transactions too.
NOT_COMPACTED = tuple(topic for topic in ALL if topic.order != "latest-version")
_LEFT_OVER = {
    "events unpublished": "SELECT count(*) FROM outbox",
    "items overdue": "SELECT count(*) FROM due_work WHERE at <= (SELECT coalesce(max(now), now()) FROM stepped_clock)",
    "dead letters": "SELECT count(*) FROM dead_letter WHERE status = 'parked'",
}
_REASONS = """
SELECT string_agg(DISTINCT concat_ws(' ', topic, 'version', version, reason), '; ') FROM dead_letter
WHERE status = 'parked'
"""
_MESSAGES = """
SELECT id, coalesce(carried_by, id) AS under, phase, person_id, fact, state->>'reference' AS reference FROM message
"""
_NOTHING: Counter[str] = Counter()
# Each by its own index: a scan of a million messages would count among what a referral costs.
_HASTE = """
SELECT (SELECT count(*) FROM message WHERE phase = 'pending') + (SELECT count(*) FROM message WHERE phase = 'sending')
"""


@dataclass
class Findings:
    """What the oracle found. ``broken`` has a sentence for each promise that was not kept.

    ``together`` are the messages that went within another one, of those that were ``told``.
    """

    broken: list[str] = field(default_factory=list)
    lost: int = 0
    doubled: int = 0
    reordered: int = 0
    held: int = 0
    told: int = 0
    together: int = 0

    def complain(self, promise: str, sentence: str) -> None:
        """One more promise that was not kept."""
        self.broken.append(f"{promise}: {sentence}")


def drain(town: Town, seconds: float, *, put_off_is_fine: bool = False) -> float:
    """Waits until every service has nothing left to do; answers how long that took.

    A message that the mail server put off is something left to do, unless ``put_off_is_fine``.

    Raises AssertionError with each service's own reason when it has not happened after ``seconds``.
    """
    began, quiet = time.monotonic(), 0
    while quiet < 2:
        reasons = {name: _busy(town, name, put_off_is_fine) for name in town.services}
        if quiet and not any(reasons.values()):
            reasons = asyncio.run(_unread(town))
        quiet = 0 if any(reasons.values()) else quiet + 1
        assert time.monotonic() - began < seconds, f"not at rest after {seconds} s: {reasons}"
        time.sleep(0.1)
    return time.monotonic() - began


def _busy(town: Town, name: str, put_off_is_fine: bool) -> str | None:
    try:
        url = f"{town.services[name].url}/internal/idle"
        answer = httpx2.get(url, headers=town.headers("driver"), timeout=10, verify=IN_CLEAR)
    except httpx2.TransportError as error:
        return type(error).__name__
    if answer.status_code != 200:
        return f"status {answer.status_code}"
    if not answer.json()["idle"]:
        return str(answer.json()["why"])
    if (
        name == "notifications"
        and not put_off_is_fine
        and (waiting := asyncio.run(_value(town, name, _HASTE)))
    ):
        return f"{waiting} messages not settled"
    return None


async def _unread(town: Town) -> dict[str, str | None]:
    """What no process of a service has read, by service; one alone does not know of what another should read."""
    ends = await topics.ends(town.stack.bootstrap, [town.topic(topic.name) for topic in NOT_COMPACTED])
    reasons: dict[str, str | None] = {}
    for name in town.services:
        rows = await _rows(town, name, "SELECT topic, partition, next_offset FROM partition_position")
        at = {(town.topic(row["topic"]), row["partition"]): row["next_offset"] for row in rows}
        heard = {town.topic(topic.name) for topic in SERVICES[name].hears}
        unread = sum(end - at.get(place, 0) for place, end in ends.items() if place[0] in heard)
        reasons[name] = f"{unread} records not read by any process" if unread else None
    return reasons


async def _value(town: Town, name: str, query: str) -> Any:
    return (await _rows(town, name, query))[0][0]


async def _rows(town: Town, name: str, query: str) -> list[Any]:
    conn = await asyncpg.connect(town.services[name].dsn)
    try:
        found: list[Any] = await conn.fetch(query)
        return found
    finally:
        await conn.close()


def examine(town: Town, ledger: Ledger, sink: MailSink, taken: Counter[str] = _NOTHING) -> Findings:
    """Holds every promise against what really happened. The town must be at rest.

    ``taken`` says how often GOV.UK Notify took each message, by our id for it; with it went those that it carried.
    """
    return asyncio.run(_examine(town, ledger, sink, taken))


async def _examine(town: Town, ledger: Ledger, sink: MailSink, taken: Counter[str]) -> Findings:
    findings = Findings()
    found = await records(town.stack.bootstrap, [town.topic(t.name) for t in LOGS])
    said = _meant(streams(found, town.prefix), ledger)
    await _writes(town, ledger, said, findings)
    await _messages(town, ledger, sink, taken, findings)
    _order(said, findings)
    await _latest(town, ledger, findings)
    await _inboxes(town, said, ledger, findings)
    for name in town.services:
        for what, query in _LEFT_OVER.items():
            if left := await _value(town, name, query):
                why = f" ({await _value(town, name, _REASONS)})" if what == "dead letters" else ""
                findings.complain("A4", f"{name}: {left} {what}{why}")
    if left := await _value(town, "notifications", _HASTE):
        findings.complain("A4", f"notifications: {left} messages neither sent nor held")
    return findings


def _meant(said: dict[Stream, list[Said]], ledger: Ledger) -> dict[Stream, list[Said]]:
    """What the services themselves said, without what a fault put beside it."""
    return {
        stream: [event for event in events if event.event_id not in ledger.forged]
        for stream, events in said.items()
        if stream not in ledger.odd
    }


# -- A1: writes ------------------------------------------------------------------------------------------


async def _writes(town: Town, ledger: Ledger, said: dict[Stream, list[Said]], findings: Findings) -> None:
    """Each acknowledged form is one referral, in its database, on its log, and with its panel."""
    taken = await _referrals_by_recipient(town)
    cases = Counter(row[0] for row in await _rows(town, "panels", "SELECT referral_id FROM placement_case"))
    for family in ledger.families:
        found = taken.pop(family.recipient, [])
        acknowledged = family.acknowledged
        if len(found) > 1 or (acknowledged and len(found) != 1):
            findings.lost += not found
            findings.doubled += max(0, len(found) - 1)
            findings.complain(
                "A1", f"{family.recipient} has {len(found)} referrals, acknowledged: {acknowledged}"
            )
        if family.referral_id and [row["id"] for row in found] != [family.referral_id]:
            findings.complain("A1", f"{family.recipient} was given the id of another referral")
        for row in found:
            _one_referral(row, said, cases, findings)
    if taken:
        findings.complain("A1", f"{len(taken)} referrals that nobody sent")


async def _referrals_by_recipient(town: Town) -> dict[str, list[Any]]:
    people = await _rows(town, "referrals", "SELECT id, state->'details'->>'email' AS email FROM person")
    email = {row["id"]: row["email"] for row in people}
    found: dict[str, list[Any]] = defaultdict(list)
    for row in await _rows(town, "referrals", "SELECT id, said, state FROM referral"):
        for person in json.loads(row["state"])["tell"]:
            found[email[person]].append(row)
    return found


def _one_referral(row: Any, said: dict[Stream, list[Said]], cases: Counter[str], findings: Findings) -> None:
    on_the_log = said.get(("referrals.v1", row["id"]), [])
    if len(on_the_log) != row["said"]:
        findings.lost += max(0, row["said"] - len(on_the_log))
        findings.complain("A1", f"a referral said {row['said']} facts, its log holds {len(on_the_log)}")
    is_placement = json.loads(row["state"])["destination_kind"] == "placement-panel"
    if cases[row["id"]] != int(is_placement):
        findings.complain("A1", f"a referral has {cases[row['id']]} cases instead of {int(is_placement)}")


# -- A2: messages ----------------------------------------------------------------------------------------


async def _messages(
    town: Town, ledger: Ledger, sink: MailSink, taken: Counter[str], findings: Findings
) -> None:
    """Exact multisets of (recipient, fact, referral): the ledger's against the providers' and the table's."""
    accepted, made, held = sink.letters(), Counter[Letter](), Counter[Letter]()
    people = await _rows(town, "notifications", "SELECT id, state->>'email' AS email FROM contact")
    email = {row["id"]: row["email"] for row in people}
    for row in await _rows(town, "notifications", _MESSAGES):
        letter = (str(email.get(row["person_id"])), row["fact"], row["reference"])
        made[letter] += 1
        accepted[letter] += taken[row["under"]]
        findings.together += row["under"] != row["id"]
        held[letter] += row["phase"] == "held"
        if row["phase"] not in ("sent", "held"):
            findings.complain("A2", f"a message is {row['phase']}")
    references = {letter[0]: letter[2] for letter in made}
    expected: Counter[Letter] = Counter()
    for family in ledger.families:
        expected += _one_family(family, references.get(family.recipient), accepted, made, held, findings)
    for letter in (accepted | made) - expected:
        if letter not in expected:
            findings.doubled += accepted[letter]
            findings.complain("A2", f"{letter[1]} for {letter[0]}, of which the ledger knows nothing")
    findings.held, findings.told = held.total(), accepted.total()


def _one_family(
    family: Family,
    reference: str | None,
    accepted: Counter[Letter],
    made: Counter[Letter],
    held: Counter[Letter],
    findings: Findings,
) -> Counter[Letter]:
    """Answers what this family may have been sent at most."""
    possible: Counter[Letter] = Counter()
    for fact, most in family.at_most.items():
        letter = (family.recipient, fact, family.reference or reference or "")
        least = family.at_least[fact]
        possible[letter] = most
        if accepted[letter] > most or made[letter] > most:
            findings.doubled += max(accepted[letter], made[letter]) - most
            findings.complain(
                "A2", f"{fact} for {family.recipient}: {accepted[letter]} accepted, {made[letter]} made"
            )
        if accepted[letter] + held[letter] < least or made[letter] < least:
            findings.lost += 1
            findings.complain("A1", f"{fact} for {family.recipient} was neither sent nor held")
    return possible


# -- A3: versions ----------------------------------------------------------------------------------------


def _order(said: dict[Stream, list[Said]], findings: Findings) -> None:
    for (topic, key), events in said.items():
        versions = [event.version for event in events]
        if versions != list(range(1, len(versions) + 1)):
            findings.lost += max(versions) - len(set(versions))
            findings.doubled += len(versions) - len(set(versions))
            findings.reordered += versions != sorted(versions)
            findings.complain("A3", f"{topic} {key} holds the versions {versions}")


async def _latest(town: Town, ledger: Ledger, findings: Findings) -> None:
    """The last record of each key on a compacted topic is the one that stays: no older version may stand there."""
    found = await records(town.stack.bootstrap, [town.topic(topic.name) for topic in COMPACTED])
    for (topic, key), versions in versions_of(found, town.prefix).items():
        if (topic, key) not in ledger.odd and versions[-1] != max(versions):
            findings.reordered += 1
            findings.complain("A3", f"{topic} {key} ends with version {versions[-1]} behind {max(versions)}")


async def _inboxes(town: Town, said: dict[Stream, list[Said]], ledger: Ledger, findings: Findings) -> None:
    """Every consumer has applied exactly what its logs hold: version by version, id by id."""
    for name in town.services:
        heard = {topic.name for topic in SERVICES[name].hears}
        applied: dict[Stream, list[tuple[int, str]]] = defaultdict(list)
        query = "SELECT topic, key, version, event_id FROM inbox ORDER BY topic, key, version"
        for row in await _rows(town, name, query):
            applied[(row["topic"], row["key"])].append((row["version"], str(row["event_id"])))
        for stream, events in said.items():
            on_the_log = sorted((event.version, event.event_id) for event in events)
            if stream[0] in heard and (its := applied.pop(stream, [])) != on_the_log:
                findings.lost += len(set(on_the_log) - set(its))
                findings.complain("A3", f"{name} has not applied {stream[0]} {stream[1]} as it stands")
        if unknown := applied.keys() - ledger.odd:
            findings.complain("A3", f"{name} has applied {len(unknown)} streams that no log holds")
