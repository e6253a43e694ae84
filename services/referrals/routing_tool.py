"""Commands about the routing rules: why one form goes where it goes, and who would go elsewhere by other rules."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from chassis.operations.console import WithRunning, refused
from chassis.service import Running
from chassis.storage import Connection
from services.referrals.domain.eligibility import given_in, lacks
from services.referrals.domain.explaining import about, tried
from services.referrals.domain.form import About, check
from services.referrals.domain.intake import Book
from services.referrals.domain.places import Register, Setting
from services.referrals.domain.referral import Referral, local_day
from services.referrals.domain.routing import Facts, Routing
from services.referrals.domain.sending import Way, facts_of, facts_of_form, way
from services.referrals.files import BadData, load
from services.referrals.storage import REFERRALS

_SHOWN = 50
Books = Callable[[Running], Book]


def add(app: typer.Typer, with_running: WithRunning, books: Books) -> None:
    """The commands."""
    group = typer.Typer(no_args_is_help=True, help="the routing rules")

    @group.command("explain")
    def explain(
        file: Annotated[Path, typer.Argument(help="a referral form as JSON")],
        on: Annotated[str | None, typer.Option(help="a day, as 2026-01-31; today if left out")] = None,
    ) -> None:
        """Say which rules were tried for a form, which one fits, and why."""
        day = _day(on) if on else None

        async def run(running: Running) -> list[str]:
            today = day or local_day(running.clock.now())
            return explained(books(running), _content(file), today)

        typer.echo("\n".join(with_running(run)))

    @group.command("diff")
    def diff(
        from_: Annotated[
            str, typer.Option("--from", help="a folder of data files, or a day of the present ones")
        ],
        to: Annotated[str, typer.Option("--to", help="the same, to compare with")],
    ) -> None:
        """Replay past referrals against changed rules: who would go elsewhere, by reference, nobody by name."""

        async def run(running: Running) -> list[str]:
            book, authority = books(running), running.settings.authority
            sides = _side(from_, book, authority), _side(to, book, authority)
            async with running.pool.acquire() as conn:
                past = await past_referrals(conn)
            return told(len(past), list(moved(past, book, *sides)))

        typer.echo("\n".join(with_running(run)))

    app.add_typer(group, name="routing")


@dataclass(frozen=True, slots=True)
class Side:
    """One set of rules and areas, and the day for which they are asked; None: the day of each referral."""

    routing: Routing
    register: Register
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A referral that goes elsewhere by the other rules."""

    reference: str
    before: str
    after: str
    rule: str


def explained(book: Book, body: bytes, today: date) -> list[str]:
    """The rules that were tried for this form, in words. Ends the program where the form has faults."""
    form = check(body, About(book.register, today))
    if isinstance(form, list):
        raise refused(
            "\n".join(["The form has faults:", *(f"  {each.field}: {each.message}" for each in form)])
        )
    setting = book.register.find(form.urn)
    assert setting is not None
    facts = facts_of_form(form, setting, book.register, today)
    chosen = way(book.routing, facts)
    wanted = [f"  {each.words}" for each in lacks(chosen.destination, given_in(form), today)]
    return [about(facts), *_in_words(book.routing, facts), *wanted]


def _in_words(routing: Routing, facts: Facts) -> Iterator[str]:
    for each in tried(routing, facts):
        if each.against:
            yield f"  {each.rule.code}: does not fit, since {'; '.join(each.against)}"
            continue
        chosen = way(routing, facts)
        yield f"  {each.rule.code}: fits. {chosen.reason}"
        yield f"{chosen.destination.name} ({chosen.destination.code}). {chosen.grounds}"
        if not chosen.destination.sits:
            yield "There is no panel yet: the case waits, visibly, until it sits."


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise refused(f"{file.name} cannot be read: {error.strerror}") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise refused("Write a day as year-month-day, such as 2026-01-31.") from None


def _side(text: str, book: Book, authority: str) -> Side:
    folder = Path(text)
    if not folder.is_dir():
        return Side(book.routing, book.register, _day(text))
    try:
        data = load(folder, authority=authority)
    except BadData as error:
        raise refused(f"{folder.name}:\n{error}") from None
    return Side(data.routing, data.register)


async def past_referrals(conn: Connection) -> list[tuple[Referral, date]]:
    """Every referral, and when its child was born."""
    rows = await conn.fetch(
        "SELECT r.state, p.born FROM referral r JOIN person p ON p.id = r.child_id "
        "WHERE p.born IS NOT NULL ORDER BY r.received_at, r.id"
    )
    return [(REFERRALS.read(row["state"]), date.fromisoformat(row["born"])) for row in rows]


def moved(past: Iterable[tuple[Referral, date]], book: Book, one: Side, other: Side) -> Iterator[Moved]:
    """Those that would go elsewhere by the other rules."""
    for referral, born in past:
        setting = book.register.find(referral.urn)
        if setting is None:
            continue
        before, after = (_choice(each, referral, setting, born) for each in (one, other))
        if before.destination.code != after.destination.code:
            yield Moved(referral.reference, before.destination.code, after.destination.code, after.rule.code)


def _choice(side: Side, referral: Referral, setting: Setting, born: date) -> Way:
    """Where it would go: by that side's areas, too, but from the school as it is known here."""
    day = side.day or local_day(referral.received_at)
    return way(side.routing, facts_of(referral, side.register.lying(setting), side.register, born, day))


def told(replayed: int, found: list[Moved]) -> list[str]:
    """The comparison in words: how many from where to where, then each by its reference."""
    lines = [f"{replayed:,} referrals replayed, {len(found):,} would go elsewhere."]
    ways = Counter((each.before, each.after) for each in found)
    lines += [f"{number:7,}  {before} -> {after}" for (before, after), number in ways.most_common()]
    lines += [
        f"  {each.reference}: {each.before} -> {each.after}, rule {each.rule}" for each in found[:_SHOWN]
    ]
    if len(found) > _SHOWN:
        lines.append(f"  … and {len(found) - _SHOWN:,} more")
    return lines
