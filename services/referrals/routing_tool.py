"""Commands about the routing rules: why one form goes where it goes, and who would go elsewhere by other rules."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from chassis.calendar import london_date
from chassis.operations.console import WithRunning, refused
from chassis.service import Running
from chassis.storage import Connection
from services.referrals.domain.book import Book
from services.referrals.domain.form.checking import About, check
from services.referrals.domain.referral import Referral
from services.referrals.domain.register.places import Register, Setting
from services.referrals.domain.routing.eligibility import Given, given_in, given_since, lacks
from services.referrals.domain.routing.explaining import about, tried
from services.referrals.domain.routing.rules import Facts, Routing
from services.referrals.domain.routing.sending import Way, facts_of, facts_of_form, way
from services.referrals.files import BadData, load
from services.referrals.storage.referrals import PAPERS_TABLE, REFERRALS

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
            today = day or london_date(running.clock.now())
            return explained(books(running), _content(file), today)

        typer.echo("\n".join(with_running(run)))

    @group.command("diff")
    def diff(
        from_: Annotated[
            str, typer.Option("--from", help="a folder of data files, or a day of the present ones")
        ],
        to: Annotated[str, typer.Option("--to", help="the same, to compare with")],
    ) -> None:
        """Replay past referrals against changed rules: who would go elsewhere, who would be asked for more.

        By reference, nobody by name.
        """

        async def run(running: Running) -> list[str]:
            book, authority = books(running), running.settings.authority
            sides = _side(from_, book, authority), _side(to, book, authority)
            async with running.pool.acquire() as conn:
                past = await past_referrals(conn)
            return told(list(compared(past, book, *sides)))

        typer.echo("\n".join(with_running(run)))

    app.add_typer(group, name="routing")


@dataclass(frozen=True, slots=True)
class Side:
    """One set of rules and areas, and the day for which they are asked; None: the day of each referral."""

    routing: Routing
    register: Register
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """A referral as it is known now; what its papers bring, with all that was added since it was sent."""

    referral: Referral
    born: date
    given: Given


@dataclass(frozen=True, slots=True)
class Compared:
    """A referral by both sides: where it goes, and what ``after`` asks for that ``before`` did not, in words."""

    reference: str
    before: str
    after: str
    rule: str
    more: tuple[str, ...] = ()

    @property
    def moves(self) -> bool:
        """Whether it goes elsewhere by the other rules."""
        return self.before != self.after


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


async def past_referrals(conn: Connection) -> list[Past]:
    """Every referral with its child's birth date and what its papers bring."""
    rows = await conn.fetch(
        "SELECT r.state, p.born, w.state AS papers FROM referral r JOIN person p ON p.id = r.child_id "
        "LEFT JOIN papers w ON w.id = r.id WHERE p.born IS NOT NULL ORDER BY r.received_at, r.id"
    )
    return [
        Past(
            REFERRALS.read(row["state"]),
            date.fromisoformat(row["born"]),
            given_since(PAPERS_TABLE.read(row["papers"])) if row["papers"] else Given(),
        )
        for row in rows
    ]


def compared(past: Iterable[Past], book: Book, one: Side, other: Side) -> Iterator[Compared]:
    """Each referral by both sides, but for those of a school that is known no more."""
    for each in past:
        setting = book.register.find(each.referral.urn)
        if setting is None:
            continue
        before, after = (_choice(side, each, setting) for side in (one, other))
        asked, wanted = _wants(one, each, before), _wants(other, each, after)
        yield Compared(
            each.referral.reference,
            before.destination.code,
            after.destination.code,
            after.rule.code,
            tuple(words for key, words in wanted.items() if key not in asked),
        )


def _choice(side: Side, past: Past, setting: Setting) -> Way:
    """Where it would go: by that side's areas, too, but from the school as it is known here."""
    register = side.register
    about = facts_of(past.referral, register.lying(setting), register, past.born, _day_of(side, past))
    return way(side.routing, about)


def _wants(side: Side, past: Past, chosen: Way) -> dict[str, str]:
    """What it lacks there in words, each by what makes two of them the same."""
    found = lacks(chosen.destination, past.given, _day_of(side, past))
    return {each.short if each.what == "evidence" else each.what: each.short for each in found}


def _day_of(side: Side, past: Past) -> date:
    return side.day or london_date(past.referral.received_at)


def told(found: Sequence[Compared]) -> list[str]:
    """The comparison in words: how many from where to where, then each by its reference; and what is asked for more."""
    gone = [each for each in found if each.moves]
    ways = Counter((each.before, each.after) for each in gone)
    more = [each for each in found if each.more]
    wanted = Counter((each.after, words) for each in more for words in each.more)
    return [
        f"{len(found):,} referrals replayed, {len(gone):,} would go elsewhere.",
        *(f"{number:7,}  {before} -> {after}" for (before, after), number in ways.most_common()),
        *_some(f"{each.reference}: {each.before} -> {each.after}, rule {each.rule}" for each in gone),
        f"{len(more):,} would be asked for more, as their papers are now.",
        *(f"{number:7,}  {after}: {words}" for (after, words), number in wanted.most_common()),
        *_some(f"{each.reference}: {each.after} asks for {'; '.join(each.more)}" for each in more),
    ]


def _some(lines: Iterable[str]) -> Iterator[str]:
    every = list(lines)
    yield from (f"  {line}" for line in every[:_SHOWN])
    if len(every) > _SHOWN:
        yield f"  … and {len(every) - _SHOWN:,} more"
