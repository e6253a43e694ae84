"""What somebody changes in a database by hand, against all advice: a row then holds no state that can be read."""

import time
from random import Random
from typing import Any

from deploy.local.services import ServiceProcess
from tests.faults import operator
from tests.faults.database import execute
from tests.faults.fault import fault, happened
from tests.faults.rig import Rig, wait_for_start

#: A table by its service, and a field of its states that is text.
_TABLES = (
    ("referrals", "referral", "reference"),
    ("panels", "placement_case", "referral_id"),
    ("notifications", "story", "reference"),
    ("notifications", "message", "reference"),
)
#: The rows that were written last are those that somebody will look at again.
_SPOIL = """
WITH last AS (
    SELECT id FROM {table} WHERE json_typeof(state->'{field}') = 'string' ORDER BY ctid DESC LIMIT 3
    FOR UPDATE SKIP LOCKED
), noted AS (
    INSERT INTO {note} SELECT t.id, t.state->>'{field}' FROM {table} t JOIN last USING (id)
)
UPDATE {table} t SET state = (state::jsonb || '{{"{field}": 7}}')::json FROM last WHERE t.id = last.id
"""
_MEND = """
UPDATE {table} t SET state = (state::jsonb || jsonb_build_object('{field}', n.value))::json
FROM {note} n WHERE t.id = n.id
"""
_SAYS = b"state_unreadable"
_SECONDS = 60.0


@fault(
    "rows-spoilt",
    "somebody changes rows by hand, so that nobody can read them, and puts them right",
    cluster=False,
)
def rows_spoilt(rig: Rig, chance: Random) -> str:
    """What is about them fails and says so; everything else goes on, also where the service is started anew.

    What was parked meanwhile is redriven.
    """
    name, table, field = chance.choice(_TABLES)
    service, seconds = rig.town.services[name], chance.uniform(2, 12)
    words: dict[str, Any] = {"table": table, "field": field, "note": f"spoilt_{table}"}
    pid, anew, said = service.pid, chance.random() < 0.5, service.log_path.stat().st_size
    execute(service.admin_dsn, f"CREATE TABLE {words['note']} (id text, value text)", "SELECT 1")
    try:
        _spoil_until_somebody_looks(service, words, said)
        time.sleep(seconds)
        _has_gone_on(service, pid, table)
        if anew:
            service.stop()
            service.start(wait=False)
            wait_for_start(service)
            pid = service.pid
            time.sleep(seconds)
            _has_gone_on(service, pid, table)
    finally:
        execute(service.admin_dsn, _MEND.format(**words), "SELECT 1")
        rows = execute(service.admin_dsn, f"SELECT count(*) FROM {words['note']}")
        execute(service.admin_dsn, f"DROP TABLE {words['note']}", "SELECT 1")
    waiting = len(operator.parked(service))
    if waiting:
        operator.redrive(rig.town, name)
    begun = ", the service was started anew" if anew else ""
    return f"{rows} of {table} for {seconds:.0f} s{begun}, {waiting} facts were parked"


def _has_gone_on(service: ServiceProcess, pid: int | None, table: str) -> None:
    if not service.running or service.pid != pid:
        raise RuntimeError(f"{service.name} ended, since rows of {table} cannot be read")


def _spoil_until_somebody_looks(service: ServiceProcess, words: dict[str, Any], said: int) -> None:
    end = time.monotonic() + _SECONDS
    while _SAYS not in service.log_path.read_bytes()[said:] and service.running:
        happened(time.monotonic() < end, f"{service.name} looked at a row that cannot be read")
        execute(service.admin_dsn, _SPOIL.format(**words), "SELECT 1")
        time.sleep(0.3)
