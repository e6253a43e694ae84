"""Commands for the end of retention: what is due to go, and legal holds that keep it."""

from dataclasses import dataclass, field
from typing import Annotated

import typer

from chassis import disposal
from chassis.calendar import london_date
from chassis.decision import Refused
from chassis.operations import audit
from chassis.operations.console import Reason, WithRunning, refused
from chassis.service import Running
from services.referrals.domain.erasing import ErasePerson
from services.referrals.domain.holding import SetHold
from services.referrals.erasing import By, Second, Yes, staff_id
from services.referrals.holdings import scope
from services.referrals.retention import children_due
from services.referrals.settings import Settings


@dataclass
class Disposed:
    """What went, or would go: children, and rows of tables by their own age; ``kept`` are the children who were due and
    stay, with the rule's code.
    """

    children: int = 0
    aged: dict[str, int] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        stay = f", {len(self.kept)} children stay" if self.kept else ""
        return f"{self.children} children, {disposal.counted(self.aged)} by age{stay}"


def add(app: typer.Typer, with_running: WithRunning) -> None:
    """Adds ``dispose``, ``hold`` and ``lift-hold``."""

    @app.command("dispose")
    def dispose_command(
        by: By, second: Second, reason: Reason = "the end of retention", yes: Yes = False
    ) -> None:
        """Erase everybody whose time of retention is over. Without --yes it only says who that would be."""
        try:
            done: Disposed = with_running(lambda running: disposed(running, by, second, reason, yes))
        except (Refused, audit.ReasonMissing) as error:
            raise refused(f"not disposed: {error.detail if isinstance(error, Refused) else error}") from None
        typer.echo(
            f"disposed of {done}" if yes else f"would dispose of {done}. Nothing was done: say --yes to do it"
        )
        for id, code in sorted(done.kept.items()):
            typer.echo(f"{id} stays: {code}")

    @app.command("hold")
    def hold_command(id: str, by: By, reason: Reason) -> None:
        """Keep all that is held about a person, whatever its time, until the hold is lifted."""
        _set(with_running, id, True, by, reason)

    @app.command("lift-hold")
    def lift_command(id: str, by: By, reason: Reason) -> None:
        """Lift a legal hold."""
        _set(with_running, id, False, by, reason)


def _set(with_running: WithRunning, id: str, held: bool, by: str, why: Annotated[str, "in words"]) -> None:
    async def set_hold(running: Running) -> None:
        async with running.pool.acquire() as conn:
            known = await conn.fetchval("SELECT EXISTS (SELECT FROM person WHERE id = $1)", id)
            who = await staff_id(conn, by)
        if not known:
            raise Refused("person-unknown", "Nobody is known here under this id: copy it letter by letter.")
        await running.runner.command(SetHold(id, held, who, why))

    try:
        with_running(set_hold)
    except Refused as error:
        raise refused(f"not done: {error.detail}") from None
    typer.echo(f"{id} is {'held' if held else 'not held any more'}")


async def disposed(running: Running, by: str, second: str, why: str, yes: bool) -> Disposed:
    """Disposes of what is due by the business clock, with the same two yeses as an erasure; or only counts it."""
    settings, now = running.settings, running.clock.now()
    assert isinstance(settings, Settings)
    done, action = Disposed(), 0
    async with running.pool.acquire() as conn:
        people = await staff_id(conn, by), await staff_id(conn, second)
        if yes:
            today = london_date(now).isoformat()
            action = await audit.record(conn, by, "dispose", today, f"{why}, agreed by {second}")
        due = await children_due(conn, settings, now)
    for id in due:
        await _child(running, id, people, yes, done)
    done.aged = await (disposal.carried_out if yes else disposal.due)(running)
    if yes:
        async with running.pool.acquire() as conn:
            await audit.ended(conn, action, str(done))
    return done


async def _child(running: Running, id: str, people: tuple[str, str], yes: bool, done: Disposed) -> None:
    async with running.pool.acquire() as conn:
        if not await conn.fetchval("SELECT EXISTS (SELECT FROM person WHERE id = $1)", id):
            return  # it went with another record of the same child
        found = await scope(conn, id, ())
        held = await conn.fetchval(
            "SELECT bool_or(held) FROM legal_hold WHERE id = ANY($1)", list(found.persons)
        )
        open_ = await conn.fetchval(
            "SELECT EXISTS (SELECT FROM referral WHERE id = ANY($1) AND stage <> 'ended')",
            list(found.referrals),
        )
    if held or open_:
        done.kept[id] = "legal-hold" if held else "still-open"
        return
    if yes:
        try:
            await running.runner.command(
                ErasePerson(found.persons, found.referrals, found.others, "retention-ended", *people)
            )
        except Refused as error:
            if error.code in ("not-allowed", "second-yes-missing"):
                raise
            done.kept[id] = error.code
            return
    done.children += 1
