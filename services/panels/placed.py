"""Where placements, places and schools' links are kept, and the questions that pages ask of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from chassis.actors import Actor
from chassis.restrictions import restrictions_of
from chassis.storage import Column, Connection, JsonTable
from schemas.codes import SettingKind
from schemas.places_v1 import PlaceKind
from services.panels.domain.heard import Alias
from services.panels.domain.permissions import Subject, may, subject_of
from services.panels.domain.placing.fitting import SETTING_KINDS
from services.panels.domain.placing.opening import Standing, standing
from services.panels.domain.placing.placement import (
    KIND_OF,
    LINK,
    PLACEMENT,
    REQUEST,
    Link,
    Placement,
    Request,
)
from services.panels.domain.placing.places import PLACES, Places

_MOST = 1000
EARLIEST = datetime.min.replace(tzinfo=UTC)


def kind_of(placement: Placement) -> PlaceKind | None:
    """The kind of place that a child has or waits for."""
    if placement.offer is not None:
        return placement.offer.kind
    return KIND_OF.get(placement.provision) if placement.provision else None


PLACEMENTS: JsonTable[Placement] = JsonTable(
    PLACEMENT,
    "placement",
    {
        "referral_id": Column("text", lambda each: each.referral_id),
        "panel": Column("text", lambda each: each.panel),
        "status": Column("text", lambda each: each.status),
        "area": Column("text", lambda each: each.area),
        "kind": Column("text", kind_of),
        "short": Column("boolean", lambda each: each.short),
        "since": Column("timestamptz", lambda each: each.awaited_at),
        "asks": Column("text", lambda each: each.asks),
    },
)
ALL_PLACES: JsonTable[Places] = JsonTable(
    PLACES,
    "places",
    {
        "setting": Column("text", lambda each: each.setting),
        "kind": Column("text", lambda each: each.kind),
    },
)
REQUESTS: JsonTable[Request] = JsonTable(REQUEST, "centre_request")
LINKS: JsonTable[Link] = JsonTable(LINK, "consultation_link")
ALL: tuple[JsonTable[BaseModel], ...] = (PLACEMENTS, ALL_PLACES, LINKS, REQUESTS)  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Sought:
    """Which placements: in one of these states, of these panels (None: all), and as far as they are given."""

    states: Collection[str]
    panels: Collection[str] | None = None
    area: str | None = None
    kind: str | None = None
    short: bool | None = None
    asked: bool = False
    referral_id: str | None = None


async def page(
    conn: Connection, sought: Sought, after: tuple[datetime, str] | None, limit: int
) -> list[Placement]:
    """Up to ``limit`` placements, those that wait longest first, after the place (since, id) if one is given."""
    since, id = after or (EARLIEST, "")
    rows = await conn.fetch(
        "SELECT state FROM placement WHERE status = ANY ($1::text[]) "
        "AND ($2::text[] IS NULL OR panel = ANY ($2)) AND ($3::text IS NULL OR area = $3) "
        "AND ($4::text IS NULL OR kind = $4) AND ($5::boolean IS NULL OR short = $5) "
        "AND ($6::boolean IS FALSE OR asks IS NOT NULL) AND ($7::text IS NULL OR referral_id = $7) "
        "AND (since, id) > ($8::timestamptz, $9::text) ORDER BY since, id LIMIT $10",
        list(sought.states),
        list(sought.panels) if sought.panels is not None else None,
        sought.area,
        sought.kind,
        sought.short,
        sought.asked,
        sought.referral_id,
        since,
        id,
        limit,
    )
    return [PLACEMENTS.read(row["state"]) for row in rows]


async def to_decide(conn: Connection, panels: Collection[str] | None) -> list[Placement]:
    """The placements of these panels, or of all, in which what was decided or asked since waits for a person."""
    sought = Sought(("awaiting", "offered", "accepted", "confirmed", "started"), panels, asked=True)
    return [each for each in await page(conn, sought, None, _MOST) if each.still_asked]


async def placement(conn: Connection, placement_id: str) -> Placement | None:
    """One placement; None where there is none."""
    state = await conn.fetchval("SELECT state FROM placement WHERE id = $1", placement_id)
    return PLACEMENTS.read(state) if state else None


async def subjects(
    conn: Connection, found: Sequence[Placement], now: datetime
) -> list[tuple[Placement, Subject]]:
    """The placements, each with what matters to who may see it."""
    known = await restrictions_of(conn, [each.referral_id for each in found])
    return [(each, subject_of(each, known.get(each.referral_id), now)) for each in found]


async def all_places(conn: Connection, setting: str | None = None) -> list[Places]:
    """The places of one setting, or of all, in the order of their settings."""
    rows = await conn.fetch(
        "SELECT state FROM places WHERE $1::text IS NULL OR setting = $1 ORDER BY setting, kind", setting
    )
    return [ALL_PLACES.read(row["state"]) for row in rows]


async def link(conn: Connection, sha256: str) -> Link | None:
    """What the link whose token has this SHA-256 opens; None where nobody was given it."""
    found = await LINKS.load(conn, [sha256], lock=False)
    return found[sha256].state if sha256 in found else None


async def standing_of(conn: Connection, placement: Placement, now: datetime) -> Standing:
    """How it stands with a child by now: what closes the links that schools were given before."""
    known = await restrictions_of(conn, [placement.referral_id])
    into = await conn.fetchval("SELECT into_id FROM alias WHERE id = $1", placement.child_id)
    return standing(placement, known.get(placement.referral_id), Alias(into=into), now)


async def school_names(conn: Connection, settings: Collection[str]) -> dict[str, str]:
    """The public names of these settings, as far as the directory has them."""
    rows: Any = await conn.fetch(
        "SELECT id, state ->> 'name' AS name, state ->> 'town' AS town FROM school WHERE id = ANY ($1::text[])",
        sorted(settings),
    )
    return {row["id"]: f"{row['name']}, {row['town']}" for row in rows}


async def is_known(conn: Connection, setting: str) -> bool:
    """Whether the directory has this setting, or its places are recorded."""
    return bool(await school_names(conn, [setting]) or await all_places(conn, setting))


async def schools_like(
    conn: Connection,
    words: str,
    most: int,
    kinds: Collection[SettingKind] = SETTING_KINDS,
    also: Collection[str] = (),
) -> list[tuple[str, str]]:
    """Up to ``most`` settings whose URN is this, or whose name has these words in it, by name.

    Only those of ``kinds``, those of which no kind is known, and those in ``also``.
    """
    rows: Any = await conn.fetch(
        "SELECT id, state ->> 'name' AS name, state ->> 'town' AS town FROM school "
        "WHERE (id = $1 OR strpos(lower(state ->> 'name'), lower($1)) > 0) "
        "AND (state ->> 'kind' IS NULL OR state ->> 'kind' = ANY ($3::text[]) OR id = ANY ($4::text[])) "
        "ORDER BY 2, 1 LIMIT $2",
        words,
        most,
        list(kinds),
        list(also),
    )
    return [(row["id"], f"{row['name']}, {row['town']}") for row in rows]


async def setting_kinds(conn: Connection, settings: Collection[str]) -> dict[str, SettingKind]:
    """The kinds of these settings, as far as the directory says them."""
    rows: Any = await conn.fetch(
        "SELECT id, state ->> 'kind' AS kind FROM school WHERE id = ANY ($1::text[]) AND state ->> 'kind' IS NOT NULL",
        sorted(settings),
    )
    return {row["id"]: row["kind"] for row in rows}


async def number(conn: Connection, person: Actor, sought: Sought, now: datetime) -> int:
    """How many there are that this person may see; those of restricted referrals are looked at one by one."""
    where = (
        "status = ANY ($1::text[]) AND ($2::text[] IS NULL OR panel = ANY ($2)) "
        "AND ($3::boolean IS NULL OR short = $3) AND ($4::boolean IS FALSE OR asks IS NOT NULL)"
    )
    shut = "((state ->> 'restricted')::boolean IS TRUE OR EXISTS (SELECT FROM restriction r WHERE r.id = referral_id))"
    panels = list(sought.panels) if sought.panels is not None else None
    given = (list(sought.states), panels, sought.short, sought.asked)
    open_ones: int = await conn.fetchval(
        f"SELECT count(*) FROM placement WHERE {where} AND NOT {shut}", *given
    )
    rows = await conn.fetch(f"SELECT state FROM placement WHERE {where} AND {shut}", *given)
    maybe = await subjects(conn, [PLACEMENTS.read(row["state"]) for row in rows], now)
    return open_ones + sum(may(person, "placement:see", subject) for _, subject in maybe)
