"""Commands about erasure: ordering one, and which services have done theirs; and the ids that may not come back."""

from collections.abc import Awaitable, Callable
from typing import Annotated, get_args

import typer

from chassis.decision import Refused
from chassis.erasing import ERASURES
from chassis.operations import audit, person_command
from chassis.operations.console import Reason, WithRunning, refused
from chassis.persons import Scope
from chassis.service import Running
from chassis.storage import Connection
from schemas.erasure_v1 import ErasureGround
from services.referrals.domain.book import Book
from services.referrals.domain.erasing import ErasePerson
from services.referrals.holdings import scope

#: Those that a person may name; the end of retention has a command of its own, `dispose`.
GROUNDS = tuple(ground for ground in get_args(ErasureGround) if ground != "retention-ended")
#: Who has to say that it is done, besides this service.
OTHERS = ("panels", "notifications")
By = Annotated[str, typer.Option("--by", help="who orders it: their account or e-mail address; recorded")]
Second = Annotated[str, typer.Option("--second", help="who agrees: another one's account or e-mail address")]
Ground = Annotated[str, typer.Option("--ground", help=f"one of {', '.join(GROUNDS)}")]
Yes = Annotated[bool, typer.Option("--yes", help="do it; without, only what would be erased is said")]


def keeping(book: Book) -> Callable[[Running], Awaitable[None]]:
    """What each process does now and then: a child who was erased and is referred anew is another record."""

    async def keep(running: Running) -> None:
        book.ids.erased = frozenset(row["id"] for row in await running.pool.fetch("SELECT id FROM erased"))

    return keep


def add(app: typer.Typer, with_running: WithRunning) -> None:
    """Adds ``person erase`` and ``person erasures``."""
    person = person_command.group(app)

    @person.command("erase")
    def erase_command(
        id: str, ground: Ground, by: By, second: Second, reason: Reason = "", yes: Yes = False
    ) -> None:
        """Erase a person here and in every other service. Nothing brings them back but a new referral."""
        if ground not in GROUNDS:
            raise refused(f"--ground is one of {', '.join(GROUNDS)}")
        try:
            typer.echo(with_running(lambda running: _erased(running, (id, ground, by, second, reason), yes)))
        except (Refused, audit.ReasonMissing) as error:
            raise refused(f"not erased: {error.detail if isinstance(error, Refused) else error}") from None

    @person.command("erasures")
    def erasures_command() -> None:
        """Each erasure: when, on which ground, and which services have yet to say that they have done it."""
        for line in with_running(_listed) or ["nobody was erased yet"]:
            typer.echo(line)


async def _erased(running: Running, asked: tuple[str, str, str, str, str], yes: bool) -> str:
    id, ground, by, second, why = asked
    async with running.pool.acquire() as conn:
        found = await scope(conn, id, ())
        command = ErasePerson(
            found.persons,
            found.referrals,
            found.others,
            ground,  # type: ignore[arg-type]
            await staff_id(conn, by),
            await staff_id(conn, second),
        )
        if not found.referrals and not await conn.fetchval(
            "SELECT EXISTS (SELECT FROM person WHERE id = $1)", id
        ):
            raise Refused("person-unknown", "Nobody is known here under this id: copy it letter by letter.")
    said = _counted(found)
    if not yes:
        return f"would erase {said}. Nothing was done: say --yes to do it"
    async with running.pool.acquire() as conn:
        action = await audit.record(
            conn, by, "erase", id, f"{ground}, agreed by {second}: {why}" if why.strip() else ""
        )
    await running.runner.command(command)
    async with running.pool.acquire() as conn:
        await audit.ended(conn, action, f"erased {said}")
    return f"erased {said}. The other services follow: see `person erasures`"


def _counted(found: Scope) -> str:
    return f"1 person ({len(found.persons)} records), {len(found.referrals)} referrals, {len(found.others)} adults"


async def staff_id(conn: Connection, who: str) -> str:
    """Who works here under this account or e-mail address. Raises Refused."""
    id: str | None = await conn.fetchval(
        "SELECT id FROM staff WHERE active AND (subject = $1 OR lower(state ->> 'email') = lower($1))", who
    )
    if id is None:
        raise Refused("staff-unknown", "Nobody who works here has one of these accounts or addresses.")
    return id


async def _listed(running: Running) -> list[str]:
    rows = await running.pool.fetch("SELECT id, state FROM erasure ORDER BY state ->> 'erased_at', id")
    lines = []
    for row in rows:
        one = ERASURES.read(row["state"])
        waits = [name for name in OTHERS if name not in one.others]
        ends = f"waits for {' and '.join(waits)}" if waits else "done everywhere"
        lines.append(f"{one.erased_at:%Y-%m-%d %H:%M}Z  {row['id']}  {one.ground}  {ends}")
    return lines
