"""What the databases of the three services hold, read by the administrator and not through the services."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from chassis.calendar import london_date
from deploy.demo.ledger import STEPS, Told, Worked
from deploy.demo.people import NO_ONE, dialled
from deploy.local.services import Town
from services.referrals.domain.directory.waits import Wait


@dataclass(frozen=True)
class Books:
    """Everything that is compared or shown at the end.

    ``sent`` and ``held`` are the messages by phase, ``held`` being all that wait for a person, and ``why`` their
    reasons; ``open`` are those in any other phase, which must be none.
    ``referrals`` holds (destination, area, status) by reference, ``cases`` the state of each case by reference.
    ``work`` counts the steps in the histories of what teams have, ``waits`` are until their first answers, ``went_on``
    has the next reference of what was stepped up, ``overdue`` says of which referrals a promise was not kept, and when.
    ``left`` counts what should be gone: unpublished events and dead letters, by service.
    """

    sent: Counter[Told]
    held: Counter[Told]
    open: Counter[Told]
    why: Counter[str]
    referrals: dict[str, tuple[str, str, str]]
    cases: dict[str, str]
    destinations: dict[str, str]
    work: Counter[Worked]
    waits: dict[str, Wait]
    went_on: dict[str, str]
    overdue: Sequence[tuple[str, datetime]]
    left: dict[str, int]


#: What failed by every way waits for a person, as what is held does.
_PHASES = {"sent": "sent", "held": "held", "failed": "held"}


async def read_books(town: Town) -> Books:
    """The three databases, now."""
    people = await _rows(town, "referrals", "SELECT id, state->'details' AS details FROM person")
    address = {row["id"]: _reached(json.loads(row["details"])) for row in people} | {NO_ONE: NO_ONE}
    messages = await _rows(
        town,
        "notifications",
        "SELECT person_id, fact, state->>'reference' AS reference, phase, why FROM message",
    )
    told: dict[str, Counter[Told]] = {"sent": Counter(), "held": Counter(), "open": Counter()}
    for row in messages:
        phase = _PHASES.get(row["phase"], "open")
        recipient = address.get(row["person_id"], f"unknown:{row['person_id']}")
        told[phase][recipient, row["fact"], row["reference"]] += 1
    return Books(
        sent=told["sent"],
        held=told["held"],
        open=told["open"],
        why=Counter(row["why"] for row in messages if _PHASES.get(row["phase"]) == "held"),
        referrals=await _referrals(town),
        cases=await _cases(town),
        destinations=await _destinations(town),
        **_worked(await _rows(town, "referrals", _OF_TEAMS)),
        left=await _left(town),
    )


def _reached(details: dict[str, Any]) -> str:
    return str(details["email"]) if details.get("email") else f"tel:{dialled(details.get('phone') or '')}"


async def _referrals(town: Town) -> dict[str, tuple[str, str, str]]:
    rows = await _rows(
        town, "referrals", "SELECT reference, destination, state->>'area' AS area, status FROM referral"
    )
    return {row["reference"]: (row["destination"], row["area"], row["status"]) for row in rows}


_OF_TEAMS = """
SELECT reference, received_at, answered_at, ended_at, state->>'next_reference' AS next_reference,
       ARRAY(SELECT step->>'what' FROM json_array_elements(state->'history') step) AS steps,
       ARRAY(SELECT (step->>'at')::timestamptz FROM json_array_elements(state->'history') step
             WHERE step->>'what' = 'overdue') AS overdue
FROM referral WHERE kind <> 'placement-panel'
"""


def _worked(rows: list[Any]) -> dict[str, Any]:
    """``work``, ``waits``, ``went_on`` and ``overdue`` of `Books`."""
    steps = [(row["reference"], step) for row in rows for step in row["steps"] if step in STEPS]
    return {
        "work": Counter(steps),
        "waits": {row["reference"]: _wait(row) for row in rows},
        "went_on": {row["reference"]: row["next_reference"] for row in rows if row["next_reference"]},
        "overdue": [(row["reference"], moment) for row in rows for moment in row["overdue"]],
    }


def _wait(row: Any) -> Wait:
    received, answered, ended = (
        at and london_date(at) for at in (row["received_at"], row["answered_at"], row["ended_at"])
    )
    return Wait(received, answered, None if answered else ended)


async def _cases(town: Town) -> dict[str, str]:
    rows = await _rows(town, "panels", "SELECT state->>'reference' AS reference, status FROM placement_case")
    return {row["reference"]: row["status"] for row in rows}


async def _destinations(town: Town) -> dict[str, str]:
    rows = await _rows(
        town,
        "notifications",
        "SELECT state->>'code' AS code, state->>'name' AS name FROM directory_entry",
    )
    return {row["code"]: row["name"] for row in rows}


async def _left(town: Town) -> dict[str, int]:
    query = (
        "SELECT (SELECT count(*) FROM outbox) + "
        "(SELECT count(*) FROM dead_letter WHERE status = 'parked') AS n"
    )
    return {name: (await _rows(town, name, query))[0]["n"] for name in town.services}


async def _rows(town: Town, service: str, query: str) -> list[Any]:
    connection = await asyncpg.connect(town.services[service].admin_dsn)
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()
