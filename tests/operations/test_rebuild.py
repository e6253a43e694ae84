"""What a service learnt is rebuilt from the logs, compared with the live database, and nothing outside is touched."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

import asyncpg
import httpx2
import pytest

from deploy.local.services import Town
from tests.faults.load import Load, Pace
from tests.faults.oracle import drain
from tests.operations.operator import ask, ask_together, ends
from tests.support.mail import MailSink

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
NAMES = ("referrals", "panels", "notifications")


def sql(dsn: str, query: str) -> list[asyncpg.Record]:
    async def run() -> list[asyncpg.Record]:
        conn = await asyncpg.connect(dsn)
        try:
            return list(await conn.fetch(query))
        finally:
            await conn.close()

    return asyncio.run(run())


def verified(town: Town, into: Mapping[str, str], status: int = 0) -> dict[str, str]:
    """What each service says of a rebuilt database and its live one."""
    asked = [(name, "rebuild", "--into", into[name], "--verify") for name in NAMES]
    return dict(zip(NAMES, ask_together(town, *asked, status=status), strict=True))


def test_rebuilt_databases_hold_what_the_live_ones_have_learnt_and_nothing_outside_is_touched(
    town: Town, load: Load, sink: MailSink, empty_database: Callable[[], str]
) -> None:
    into, before, mails = {name: empty_database() for name in NAMES}, ends(town), len(sink.mails)
    for name, said in verified(town, into).items():
        assert "the rebuilt database holds what the live one has learnt" in said
        assert ", 0 of them parked" in said
        assert sql(into[name], "SELECT count(*) AS n FROM inbox")[0]["n"] > 10
        assert sql(into[name], "SELECT count(*) AS n FROM outbox")[0]["n"] == 0
    drain(town, 120)
    assert ends(town) == before
    assert len(sink.mails) == mails > 0


TAMPERED = {
    "referrals": (
        "UPDATE referral SET state = jsonb_set(state::jsonb, '{told}', '[]')::json",
        "differs in told",
    ),
    "panels": ("DELETE FROM child WHERE id = (SELECT min(id) FROM child)", "only in the rebuilt database"),
    "notifications": (
        "UPDATE contact SET state = jsonb_set(state::jsonb, '{email}', '\"elsewhere@family.example\"')::json",
        "differs in email",
    ),
}


def test_where_a_live_database_differs_it_is_said_by_id_and_field_and_never_by_value(
    town: Town, load: Load, empty_database: Callable[[], str]
) -> None:
    with ExitStack() as ending:
        changed = {
            name: ending.enter_context(_changed(town.services[name].dsn, statement))
            for name, (statement, _) in TAMPERED.items()
        }
        found = verified(town, {name: empty_database() for name in NAMES}, status=1)
    for name, (_, sentence) in TAMPERED.items():
        assert sentence in found[name]
        assert changed[name] in found[name]
        assert "family.example" not in found[name]
        assert "Ashdown" not in found[name]


@contextmanager
def _changed(live: str, statement: str) -> Iterator[str]:
    """The live database after this statement, for the length of the block; answers an id that it concerns."""
    table = statement.split()[1].replace("FROM", "child")
    kept = sql(live, f"SELECT * FROM {table} ORDER BY id")
    sql(live, statement)
    try:
        yield kept[0]["id"]
    finally:
        _put_back(live, table, kept)


#: The columns that are not computed from others.
_GIVEN = "SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND is_generated = 'NEVER'"


def _put_back(dsn: str, table: str, rows: list[asyncpg.Record]) -> None:
    async def run() -> None:
        conn = await asyncpg.connect(dsn)
        try:
            given = await conn.fetch(_GIVEN, table)
            names = [row["column_name"] for row in given]
            places = ", ".join(f"${n}" for n in range(1, len(names) + 1))
            await conn.execute(f"DELETE FROM {table}")
            put_back = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"
            await conn.executemany(put_back, [tuple(row[name] for name in names) for row in rows])
        finally:
            await conn.close()

    asyncio.run(run())


def test_a_message_whose_end_nobody_published_is_closed_in_the_rebuilt_database_if_made_before_the_cut_over(
    town: Town, load: Load, empty_database: Callable[[], str]
) -> None:
    early, late = empty_database(), empty_database()
    service = town.notifications
    service.stop()
    load.run(Pace(1), lambda: True)
    _until_published(town)
    ask_together(
        town,
        ("notifications", "rebuild", "--into", early),
        ("notifications", "rebuild", "--into", late, "--cut-over", "2020-01-01T00:00:00+0000"),
    )
    closed = sql(early, "SELECT why, state FROM message WHERE phase = 'closed'")
    assert {row["why"] for row in closed} == {"before-the-rebuild"}
    assert {json.loads(row["state"])["phase"] for row in closed} == {"closed"}
    assert len(closed) == len(sql(late, "SELECT 1 FROM message WHERE phase = 'pending'")) == 2
    service.start()
    drain(town, 120)


def _until_published(town: Town) -> None:
    for _ in range(200):
        if not any(
            sql(town.services[n].dsn, "SELECT 1 FROM outbox LIMIT 1") for n in ("referrals", "panels")
        ):
            return
        time.sleep(0.1)
    raise AssertionError("the relays did not publish")


def test_a_database_that_is_not_empty_or_is_the_live_one_is_refused(town: Town, load: Load) -> None:
    live = town.panels.dsn
    named = (live, live.replace("127.0.0.1", "localhost"), town.referrals.dsn, f"{live}-nowhere", "rebuilt")
    asked = [("panels", "rebuild", "--into", into) for into in named]
    itself, other, anothers, nowhere, nonsense = ask_together(town, *asked, status=2)
    assert "names the live database" in itself
    assert "is not empty" in other
    assert "holds the tables of referrals" in anothers
    assert "does not exist. Make it with `createdb -O" in nowhere
    assert "write postgresql://user:password@host:port/name" in nonsense


# The last of this module: the town goes on with the rebuilt database, since the old one may not write again.
def test_nothing_of_facts_before_the_cut_over_is_sent_from_a_rebuilt_database_and_all_after_it_is(
    town: Town, load: Load, sink: MailSink, empty_database: Callable[[], str]
) -> None:
    into, service, mails = empty_database(), town.notifications, len(sink.mails)
    _turn(town, "pause")
    ask(town, "notifications", "rebuild", "--into", into)
    assert sql(into, "SELECT paused FROM pause")[0]["paused"], "what was paused stays so"
    phases = {
        row["phase"]: row["n"] for row in sql(into, "SELECT phase, count(*) AS n FROM message GROUP BY 1")
    }
    assert phases == {"sent": mails}
    service.stop()
    service.start(env={"NOTIFICATIONS_DATABASE": into})
    service.dsn = into
    _turn(town, "resume")
    load.run(Pace(3), lambda: True)
    drain(town, 120)
    assert len(sink.mails) == mails + 6
    assert set(sink.letters().values()) == {1}


def _turn(town: Town, turn: str) -> None:
    """Pauses all sending, or resumes it, and waits until that is published."""
    url, headers = f"{town.notifications.url}/api/sending/{turn}", town.headers("operator")
    httpx2.post(url, json={"reason": "to try it"}, headers=headers).raise_for_status()
    drain(town, 120)
