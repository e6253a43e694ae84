"""The public directory: what the data files say, published only where it is new."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import get_args

from pydantic import BaseModel, ConfigDict, JsonValue

from chassis.decision import Decision, Kind
from schemas.codes import FirstDestinationKind
from schemas.directory_v1 import AreaListed, DestinationListed, DestinationListedV2, RuleListed, SettingListed
from services.referrals.domain.book import Book
from services.referrals.domain.commands import ListInDirectory
from services.referrals.domain.directory.guide import how_to_refer
from services.referrals.domain.directory.waits import Expected
from services.referrals.domain.routing.eligibility import for_whom
from services.referrals.domain.routing.rules import Rule
from services.referrals.domain.routing.teams import Destination


class Entry(BaseModel):
    """What was published last about one entry."""

    model_config = ConfigDict(frozen=True)

    content: dict[str, JsonValue]


ENTRY = Kind("directory-entry", Entry)
_TOO_FEW = Expected(0)
_NO_WAITS: Mapping[str, Expected] = {}
_FIRST_KINDS = frozenset(get_args(FirstDestinationKind))


def listed(entry: Entry | None, command: ListInDirectory, now: datetime) -> Decision[Entry]:
    """Publishes an entry that is new or has changed; otherwise nothing happens."""
    content = command.entry.model_dump(mode="json")
    if entry is not None and entry.content == content:
        return Decision()
    return Decision(Entry(content=content), (command.entry,))


def entries(book: Book, today: date, waits: Mapping[str, Expected] = _NO_WAITS) -> Iterator[ListInDirectory]:
    """Everything that the directory should say today.

    ``waits`` are those until a first answer, by destination; where too few cases say anything the wait is the
    one of the data file.
    """
    for destination in _listed(book, today):
        yield ListInDirectory(_destination(destination, waits.get(destination.code, _TOO_FEW)))
    for setting in book.register:
        yield ListInDirectory(
            SettingListed(
                entry=f"setting:{setting.urn}",
                urn=setting.urn,
                name=setting.name,
                town=setting.town,
                area=setting.area,
                kind=setting.kind,
            )
        )
    for area in book.register.areas.values():
        yield ListInDirectory(
            AreaListed(
                entry=f"area:{area.code}",
                code=area.code,
                name=area.name,
                officer=area.officer,
                towns=tuple(sorted(area.towns)),
            )
        )
    for rule in _rules(book, today).values():
        entry = f"rule:{rule.code}"
        yield ListInDirectory(RuleListed(entry=entry, code=rule.code, reason=rule.public_reason))


def _listed(book: Book, today: date) -> Iterator[Destination]:
    """As they are today. One that has ended stays named, for the referrals that it has."""
    found = (book.destinations.on(code, today) for code in book.destinations.versions)
    return (each for each in found if each.starts <= today)


def _destination(destination: Destination, wait: Expected) -> DestinationListedV2:
    version = DestinationListed if destination.kind in _FIRST_KINDS else DestinationListedV2
    return version(
        entry=f"destination:{destination.code}",
        code=destination.code,
        kind=destination.kind,
        name=destination.name,
        does=destination.does,
        advice_line=destination.advice_line,
        opening_hours=destination.opening_hours,
        expected_wait_days=wait.median if wait.said else destination.expected_wait_days,
        expected_wait_p80_days=wait.p80,
        meanwhile=destination.meanwhile,
        for_whom=for_whom(destination),
        until=destination.until,
        how_to_refer=how_to_refer(destination),
    )


def _rules(book: Book, today: date) -> dict[str, Rule]:
    """Every rule once: the version that holds today where there is one, since others may come into force."""
    found: dict[str, Rule] = {}
    for rule in book.routing.rules:
        if rule.code not in found or rule.holds_on(today):
            found[rule.code] = rule
    return found
