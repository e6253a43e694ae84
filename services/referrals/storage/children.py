"""Children as pages show them: all records of one child, what belongs to them, and who resembles whom."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chassis.storage import Column, Connection, JsonTable
from services.referrals.domain.children.aliases import ALIAS, Alias
from services.referrals.domain.children.persons import Person
from services.referrals.domain.permissions import Reach
from services.referrals.domain.referral import Referral
from services.referrals.domain.staff.restricted import Restriction
from services.referrals.storage.referrals import PERSONS, REFERRALS
from services.referrals.storage.staff import RESTRICTIONS

ALIASES: JsonTable[Alias] = JsonTable(ALIAS, "alias", {"into_id": Column("text", lambda state: state.into)})

#: How much of a search must be in a name, from 0 (nothing) to 1 (all of it).
_WHOLE, _PART = 0.3, 0.34
#: As much of one word only the names have that are spelt nearly so. Of a hundred thousand names thousands have a third
#: of it, and each would be compared.
_MUCH = 0.6
_MOST = 25

_RECORDS = """
WITH RECURSIVE up AS (
    SELECT $1::text AS id
    UNION SELECT a.into_id FROM alias a JOIN up ON a.id = up.id WHERE a.into_id IS NOT NULL
), root AS (
    SELECT id FROM up WHERE NOT EXISTS (SELECT FROM alias a WHERE a.id = up.id AND a.into_id IS NOT NULL)
), down AS (
    SELECT id, 0 AS far FROM root
    UNION SELECT a.id, far + 1 FROM alias a JOIN down ON a.into_id = down.id
)
SELECT id FROM down ORDER BY far, id
"""


async def records_of(conn: Connection, child_id: str) -> list[str]:
    """The ids of all records of the child that this record is one of; the one that is kept comes first."""
    return [row["id"] for row in await conn.fetch(_RECORDS, child_id)]


async def people(conn: Connection, ids: Collection[str]) -> dict[str, Person]:
    """Those of these persons who are known."""
    found = await PERSONS.load(conn, sorted(set(ids)), lock=False)
    return {id: stored.state for id, stored in found.items()}


async def asking(conn: Connection, urns: Collection[str] | None) -> dict[str, Person]:
    """The children of these schools, or of all, for whom contacts wait; by id, in the order of their names."""
    rows = await conn.fetch(
        "SELECT id, state FROM person WHERE asks_school IS NOT NULL AND ($1::text[] IS NULL OR asks_school = ANY($1)) "
        "ORDER BY likeness, id LIMIT 100",
        None if urns is None else list(urns),
    )
    return {row["id"]: PERSONS.read(row["state"]) for row in rows}


async def aliases(conn: Connection, ids: Collection[str]) -> dict[str, Alias]:
    """What was said of these records and others."""
    found = await ALIASES.load(conn, sorted(set(ids)), lock=False)
    return {id: stored.state for id, stored in found.items()}


async def referrals_of(
    conn: Connection, child_ids: Collection[str]
) -> list[tuple[Referral, Restriction | None]]:
    """Every referral of these records with its restriction, the newest first."""
    rows = await conn.fetch(
        "SELECT r.state, x.state AS restriction FROM referral r LEFT JOIN restriction x ON x.id = r.id "
        "WHERE r.child_id = ANY($1) ORDER BY r.received_at DESC, r.id",
        sorted(child_ids),
    )
    return [
        (REFERRALS.read(row["state"]), RESTRICTIONS.read(row["restriction"]) if row["restriction"] else None)
        for row in rows
    ]


_TURNED = """
SELECT p.id, array_agg(r.id ORDER BY r.received_at, r.id) AS referrals
FROM person p JOIN referral r ON r.child_id = p.id
WHERE p.born <= $1 AND p.state -> 'details' ->> 'relation' = 'child'
  AND p.state -> 'details' ->> 'may_be_told' = 'false' AND p.state -> 'details' ->> 'died_at' IS NULL
  AND COALESCE(p.state -> 'details' ->> 'email', p.state -> 'details' ->> 'phone') IS NOT NULL
  AND r.status NOT IN ('withdrawn', 'closed')
GROUP BY p.id ORDER BY p.id
"""


async def turned(conn: Connection, born_until: date) -> list[tuple[str, tuple[str, ...]]]:
    """Children born until then who have a contact of their own and are not told; with their referrals."""
    rows = await conn.fetch(_TURNED, born_until.isoformat())
    return [(row["id"], tuple(row["referrals"])) for row in rows]


@dataclass(frozen=True, slots=True)
class Within:
    """Whose children a search may find, at an instant."""

    reach: Reach
    now: datetime

    @property
    def of_schools(self) -> bool:
        """Whether it is the children of some schools, and nobody else."""
        mine = self.reach
        more = (mine.areas, mine.destinations, mine.patches, mine.kinds, mine.assigned)
        return bool(mine.urns) and not mine.everything and not any(more)

    @property
    def values(self) -> list[object]:
        """The parameters of `_SEEN`, from $1 on."""
        within = self.reach
        patches = [f"{area} {kind}" for area, kind in within.patches]
        some = (within.urns, within.areas, within.destinations, within.kinds, patches, within.assigned)
        return [within.everything, *map(sorted, some), within.staff_id, self.now]


# The very limits of permissions.Reach.opens, and of Restriction.opens_to; a test holds the two together.
# OFFSET 0 has each child looked up by itself: joined, every referral would be read for a handful of names.
_SEEN = """
EXISTS (
    SELECT FROM (SELECT p.id UNION ALL SELECT a.id FROM alias a WHERE a.into_id = p.id) AS record
    JOIN referral r ON r.child_id = record.id
    LEFT JOIN restriction x ON x.id = r.id AND x.restricted
    WHERE ($1 OR r.urn = ANY($2) OR r.state ->> 'area' = ANY($3) OR r.destination = ANY($4)
           OR r.state ->> 'destination_kind' = ANY($5)
           OR (r.state ->> 'area') || ' ' || (r.state ->> 'destination_kind') = ANY($6)
           OR r.state ->> 'assigned_to' = ANY($7))
      AND (x.id IS NULL OR x.state::jsonb -> 'named' ? $8 OR EXISTS (
           SELECT FROM json_array_elements(x.state -> 'glasses') AS glass
           WHERE glass ->> 'staff_id' = $8 AND (glass ->> 'until')::timestamptz > $9))
    OFFSET 0)
"""
_ALIKE = """
WITH p AS MATERIALIZED (
    SELECT id, likeness, {near} AS near FROM person
    WHERE likeness <> '' AND {resembles} {among}
    ORDER BY near DESC, likeness, id
)
SELECT p.id FROM p WHERE {seen} LIMIT $11
"""
# Where only some schools' children may be found, their names alone are compared: thousands of others resemble a search.
_OF_SCHOOLS = """
AND id IN (
    SELECT child_id FROM referral WHERE urn = ANY($2)
    UNION SELECT a.into_id FROM referral r JOIN alias a ON a.id = r.child_id WHERE r.urn = ANY($2))
"""


def _alike(several: bool, of_schools: bool) -> str:
    """One word is looked for within the names; several are held against all of them, which costs half as much."""
    near, resembles = (
        ("similarity(likeness, $10)", "likeness % $10")
        if several
        else ("word_similarity($10, likeness)", "$10 <% likeness")
    )
    among = _OF_SCHOOLS if of_schools else ""
    return _ALIKE.format(near=near, resembles=resembles, among=among, seen=_SEEN)


_KNOWN = f"SELECT p.id FROM person p WHERE p.id = ANY($10) AND p.likeness <> '' AND {_SEEN}"


async def alike(conn: Connection, likeness: str, within: Within, limit: int = _MOST) -> list[str]:
    """Records whose names resemble ``likeness`` (names.likeness), the nearest first; call it in a transaction."""
    several = " " in likeness
    query, limits = _alike(several, within.of_schools), (_WHOLE,) if several else (_MUCH, _PART)
    for least in limits:
        rows = await _resembling(conn, query, least, [*within.values, likeness, limit])
        if len(rows) == limit:
            break  # the nearest come first: none that resembles it less would be among them
    return [row["id"] for row in rows]


async def _resembling(conn: Connection, query: str, least: float, values: Sequence[object]) -> Sequence[Any]:
    # Comparing names costs far more than the planner thinks: it would read the whole table otherwise.
    await conn.execute(
        "SELECT set_config('pg_trgm.similarity_threshold', $1, true), "
        "set_config('pg_trgm.word_similarity_threshold', $1, true), set_config('enable_seqscan', 'off', true)",
        str(least),
    )
    found: Sequence[Any] = await conn.fetch(query, *values)
    return found


async def known(conn: Connection, ids: Sequence[str], within: Within) -> list[str]:
    """Those of these records that are known and may be found."""
    rows = await conn.fetch(_KNOWN, *within.values, list(ids))
    return [row["id"] for row in rows]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that look like one child: ``kept`` is proposed to stay."""

    kept: str
    other: str
    born: date


# A number that ends in a letter is a temporary one. Two permanent numbers are two children, whatever their names.
_PAIRS = """
WITH twice AS (
    SELECT born, likeness FROM person WHERE likeness <> '' AND born IS NOT NULL
    GROUP BY born, likeness HAVING count(*) > 1
), record AS (
    SELECT p.id, p.born, p.likeness, p.state -> 'details' ->> 'upn' AS upn
    FROM person p JOIN twice USING (born, likeness)
    WHERE NOT EXISTS (SELECT FROM alias a WHERE a.id = p.id AND a.into_id IS NOT NULL)
), ranked AS (
    SELECT *, CASE WHEN upn IS NULL THEN 2 WHEN upn ~ '[A-Z]$' THEN 1 ELSE 0 END AS rank FROM record
)
SELECT a.id AS kept, b.id AS other, a.born
FROM ranked a JOIN ranked b
  ON a.born = b.born AND a.likeness = b.likeness AND (a.rank, a.id) < (b.rank, b.id) AND b.rank > 0
WHERE NOT EXISTS (
    SELECT FROM alias n WHERE (n.id = b.id AND n.state::jsonb -> 'apart' ? a.id)
                           OR (n.id = a.id AND n.state::jsonb -> 'apart' ? b.id))
ORDER BY a.likeness, a.born, a.id, b.id
LIMIT $1
"""


async def likely_pairs(conn: Connection, limit: int = 100) -> list[Pair]:
    """Records of the same names and birth date, of which at most one has a permanent UPN; not those kept apart."""
    rows = await conn.fetch(_PAIRS, limit)
    return [Pair(row["kept"], row["other"], date.fromisoformat(row["born"])) for row in rows]
