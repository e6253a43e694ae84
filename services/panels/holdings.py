"""What this service holds about a child: its case, its way to a place, its name, and what its school wrote."""

from collections.abc import Sequence

from chassis.persons import Holding, Personal, Row, Scope
from chassis.storage import Connection
from services.panels.domain.cases.case import case_id_of
from services.panels.domain.placing.placement import placement_id_of, placement_id_of_referral

_SAME = """
WITH RECURSIVE same (id) AS (
    SELECT $1::text UNION SELECT CASE WHEN a.id = s.id THEN a.into_id ELSE a.id END
    FROM same s JOIN alias a ON a.into_id IS NOT NULL AND s.id IN (a.id, a.into_id)
)
SELECT id FROM same ORDER BY id
"""
_CASES = "SELECT referral_id FROM placement_case WHERE child_id = ANY($1::text[])"


async def scope(conn: Connection, id: str, referrals: Sequence[str]) -> Scope:
    """A child with all its records and cases; ``referrals`` are those of it that no panel has."""
    persons = tuple(row["id"] for row in await conn.fetch(_SAME, id))
    found = {row["referral_id"] for row in await conn.fetch(_CASES, persons)}
    return Scope(persons, tuple(sorted({*found, *referrals})))


def _restriction(row: Row, scope: Scope) -> Row:
    """Who may open a case may endanger others: that there is a restriction is all that is said."""
    return {"id": row["id"]}


def _told(row: Row, scope: Scope) -> Row:
    """Without whom it was told."""
    messages = [
        {name: value for name, value in each.items() if name != "person_id"}
        for each in row["state"].get("messages", [])
    ]
    return row | {"state": {"messages": messages}}


def _interest(row: Row, scope: Scope) -> Row:
    """Whose interest it is, and of what kind, is the member's own business."""
    return {"sitting": row["id"]}


_OF_REFERRAL = "t.referral_id = ANY($2)"
_OF_ITS_CASES = "a ->> 'case_id' IN (SELECT c.id FROM placement_case c WHERE c.referral_id = ANY($2))"
_INTERESTS = f"""
EXISTS (SELECT FROM json_array_elements(t.state -> 'aside') AS a WHERE a ->> 'words' <> '' AND {_OF_ITS_CASES})
"""
# The sitting goes on: who stands aside stays known, by ids.
_WITHOUT_WORDS = f"""
UPDATE sitting t SET version = t.version + 1, state = jsonb_set(t.state::jsonb, '{{aside}}', (
    SELECT jsonb_agg(CASE WHEN {_OF_ITS_CASES} THEN a - 'words' ELSE a END ORDER BY seat)
    FROM jsonb_array_elements((t.state -> 'aside')::jsonb) WITH ORDINALITY AS each (a, seat)
))::json
WHERE {_INTERESTS} AND $1::text[] IS NOT NULL
"""
HOLDINGS = (
    Holding("child", "Who it is", "t.id = ANY($1)", enlisted=True),
    Holding("alias", "Records that are one child", "t.id = ANY($1) OR t.into_id = ANY($1)"),
    Holding("restriction", "Whether the case is restricted", "t.id = ANY($2)", _restriction),
    Holding("referral_words", "What the school wrote", "t.id = ANY($2)"),
    Holding("told", "What the family was told", "t.id = ANY($2)", _told),
    Holding("centre_request", "Requests to an Education Support Centre", "t.id = ANY($2)"),
    Holding(
        "consultation_link",
        "Links by which schools were asked for a place",
        "t.state ->> 'placement_id' IN (SELECT p.id FROM placement p WHERE p.referral_id = ANY($2))",
        hidden=("id",),
    ),
    Holding(
        "sitting",
        "Sittings at which a member declared an interest in the case",
        _INTERESTS,
        _interest,
        topic="case-papers.v1",
        instead=_WITHOUT_WORDS,
    ),
    Holding("placement", "The way to a place", _OF_REFERRAL, enlisted=True, topic="case-papers.v1"),
    Holding("placement_case", "Cases at the panels", _OF_REFERRAL, enlisted=True, topic="case-papers.v1"),
)
OTHERS = {
    "plan": "the plan of each panel, by the ids of cases",
    "places": "the places of settings",
    "school": "schools, by their public names",
    "staff": "people who work here",
    "calendar_feed": "whose calendar is subscribed to",
}


def _derived(referral_id: str) -> tuple[str, ...]:
    """Its case and its way to a place, whether or not they have been heard of."""
    case = case_id_of(referral_id)
    return case, placement_id_of(case), placement_id_of_referral(referral_id)


PERSONAL = Personal(scope, HOLDINGS, derived=_derived, others=OTHERS)
