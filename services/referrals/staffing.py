"""Commands about members of staff, and the record of who read what about a child."""

import tomllib
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from chassis.calendar import london_date
from chassis.decision import Refused
from chassis.operations.console import WithRunning, refused
from chassis.service import Running
from chassis.storage import Connection
from schemas.staff_v1 import Role
from services.referrals import disclosure
from services.referrals.domain.book import Book
from services.referrals.domain.identity import read_reference
from services.referrals.domain.staff.commands import OPERATOR, AppointStaff, Wanted
from services.referrals.storage import access_log, by_reference


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Listed(_Entry):
    """A role in a list of staff; without a day it is held from today."""

    role: Role
    scope: str | None = None
    from_day: date | None = None
    until: date | None = None


class Starter(_Entry):
    """Somebody in a list of staff."""

    subject: str
    name: str
    email: str
    roles: tuple[Listed, ...] = Field(min_length=1)


BookOf = Callable[[Running], Book]
_STARTERS = TypeAdapter(tuple[Starter, ...])


def add(app: typer.Typer, with_running: WithRunning, book_of: BookOf) -> None:
    """Adds ``staff appoint-administrator | load`` and ``access-log``."""
    staff = typer.Typer(no_args_is_help=True, help="Members of staff: the first of them, and lists of them.")
    app.add_typer(staff, name="staff")

    @staff.command("appoint-administrator")
    def appoint_administrator(
        subject: Annotated[str, typer.Option(help="the account, as the sign-in provider names it")],
        name: Annotated[str, typer.Option(help="their name")],
        email: Annotated[str, typer.Option(help="their work e-mail address")],
    ) -> None:
        """Make somebody an administrator: the first, who then appoints everybody else by pages."""
        starter = Starter(subject=subject, name=name, email=email, roles=(Listed(role="administrator"),))
        done = with_running(lambda running: appoint(running, [starter], book_of(running)))
        typer.echo(f"{name} is an administrator" + ("" if done else " already"))

    @staff.command("load")
    def load_command(file: Path) -> None:
        """Appoint everybody in a TOML file: [[staff]] with subject, name, email and [[staff.roles]]."""
        starters = read_starters(file)
        done = with_running(lambda running: appoint(running, starters, book_of(running)))
        typer.echo(f"{done} of {len(starters)} appointed, the others were known with these roles")

    @app.command("access-log")
    def access_log_command(
        referral: Annotated[str | None, typer.Option(help="a referral's reference")] = None,
        child_of: Annotated[
            str | None, typer.Option("--child", help="a reference: everything about the child it is about")
        ] = None,
    ) -> None:
        """Who read what and when, as CSV: for a family, or for an auditor."""
        if (referral is None) == (child_of is None):
            raise refused("give either --referral or --child, each with a reference")
        lines = with_running(lambda running: _disclosed(running, book_of(running), referral, child_of))
        typer.echo(disclosure.as_csv(lines), nl=False)


def read_starters(file: Path) -> Sequence[Starter]:
    """The people of a list. Ends the command with a sentence where the file cannot be used."""
    try:
        return _STARTERS.validate_python(tomllib.loads(file.read_text(encoding="utf-8")).get("staff", ()))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise refused(f"{file} cannot be read: {error}") from None
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise refused(f"{file}: staff.{place}: {first['msg']}. Correct it; nobody was appointed.") from None


async def appoint(running: Running, starters: Sequence[Starter], book: Book) -> int:
    """Appoints them; answers how many were new or have new roles. Ends the command if anybody was refused."""
    today = london_date(running.clock.now())
    answers = await running.runner.commands([_command(each, book, today) for each in starters])
    wrong = [
        f"{starter.name}: {' '.join(fault.message for fault in answer.faults) or answer.detail}"
        for starter, answer in zip(starters, answers, strict=True)
        if isinstance(answer, Refused)
    ]
    if wrong:
        raise refused("\n".join(["Not appointed:", *wrong, "Correct the list and run it again."]))
    return sum(answer == "changed" for answer in answers)


def _command(starter: Starter, book: Book, today: date) -> AppointStaff:
    roles = tuple(Wanted(each.role, each.scope, each.from_day or today, each.until) for each in starter.roles)
    id = book.ids.staff(starter.subject)
    return AppointStaff(id, starter.subject, starter.name, starter.email, roles, OPERATOR)


async def _disclosed(
    running: Running, book: Book, referral: str | None, child_of: str | None
) -> list[disclosure.Line]:
    async with running.pool.acquire() as conn:
        found = await _referral(conn, referral or child_of or "")
        about = (
            await access_log.of_referral(conn, found.id)
            if referral
            else await access_log.of_child(conn, found.child_id)
        )
        return await disclosure.disclosed(conn, book, about)


async def _referral(conn: Connection, typed: str) -> Any:
    reference = read_reference(typed)
    found = await by_reference(conn, reference) if reference else None
    if found is None:
        raise refused("There is no referral with this reference: check it letter by letter.")
    return found
