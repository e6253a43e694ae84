"""What this service holds about a person: how they are reached, what they were told, and when they looked."""

from collections.abc import Sequence

from chassis.persons import Holding, Personal, Row, Scope
from chassis.storage import Connection

_SAME = """
WITH RECURSIVE same (id) AS (
    SELECT $1::text UNION SELECT CASE WHEN a.id = s.id THEN a.into_id ELSE a.id END
    FROM same s JOIN alias a ON a.into_id IS NOT NULL AND s.id IN (a.id, a.into_id)
)
SELECT id FROM same ORDER BY id
"""


async def scope(conn: Connection, id: str, referrals: Sequence[str]) -> Scope:
    """A person with all their records. Whom a referral is about is not known here: ``referrals`` says it."""
    persons = tuple(row["id"] for row in await conn.fetch(_SAME, id))
    return Scope(persons, tuple(sorted(set(referrals))))


def _message(row: Row, scope: Scope) -> Row:
    """To whom, where it is not this person, is not said."""
    whom = "this person" if scope.is_own(row["person_id"]) else "another person"
    return row | {"person_id": whom, "state": row["state"] | {"person_id": whom}}


def _seen(row: Row, scope: Scope) -> Row:
    return row | {"person_id": "this person" if scope.is_own(row["person_id"]) else "another person"}


def _written(row: Row, scope: Scope) -> Row | None:
    """What somebody else of the family wrote is theirs."""
    return row if scope.is_own(row["person_id"]) else None


def _handed(row: Row, scope: Scope) -> Row:
    """Without who of the school it was, and how they knew the person."""
    hidden = ("digest", "handed_by", "why", "person_id")
    return _seen(row, scope) | {"state": {n: v for n, v in row["state"].items() if n not in hidden}}


def _story(row: Row, scope: Scope) -> Row:
    """Without the ids of those who are told."""
    return row | {"state": {name: value for name, value in row["state"].items() if name != "tell"}}


def _restriction(row: Row, scope: Scope) -> Row:
    """Who may open it may endanger others: that there is a restriction is all that is said."""
    return {"id": row["id"]}


_OF_EITHER = "t.person_id = ANY($1) OR t.referral_id = ANY($2)"
HOLDINGS = (
    Holding("contact", "How they are reached", "t.id = ANY($1)", enlisted=True),
    Holding(
        "preference",
        "How they want to be told, and what they corrected of their contact",
        "t.id = ANY($1)",
        enlisted=True,
        topic="family-words.v1",
    ),
    Holding("alias", "Records that are one person", "t.id = ANY($1) OR t.into_id = ANY($1)"),
    Holding("restriction", "Whether the case is restricted", "t.id = ANY($2)", _restriction),
    Holding("link", "Private links in messages", _OF_EITHER, _seen, ("code_hash",)),
    Holding(
        "page_code",
        "Codes by which the page was opened",
        _OF_EITHER,
        _seen,
        ("salt", "digest", "why", "given_by", "confirms"),
    ),
    Holding(
        "handed_code",
        "Codes for the page that the school handed over",
        _OF_EITHER,
        _handed,
        ("digest",),
        enlisted=True,
    ),
    Holding("page_proof", "Browsers that opened the page", _OF_EITHER, _seen, ("digest",)),
    Holding("page_opinion", "Whether the page helped", _OF_EITHER, _seen),
    Holding(
        "family_words",
        "What was written on the page, and answered",
        _OF_EITHER,
        _written,
        enlisted=True,
        topic="family-words.v1",
    ),
    Holding("page_view", "When the private page was opened", _OF_EITHER, _seen),
    Holding("reasons", "The reasons of a decision", "t.referral_id = ANY($2)", enlisted=True),
    Holding("agreed_actions", "What was agreed about a referral", "t.id = ANY($2)", enlisted=True),
    Holding("message", "Messages", _OF_EITHER, _message, enlisted=True),
    Holding("story", "What happened to a referral", "t.id = ANY($2)", _story),
)
OTHERS = {
    "directory_entry": "the public directory",
    "pause": "whether all sending is paused, by whom and why",
    "provider_state": "which providers of e-mail, texts and letters are away",
    "staff": "people who work here",
}
# A referral of others may still name them: what would be told them is not.
_NOT_TOLD = """
INSERT INTO contact (id, version, said, state, reach)
SELECT id, 1, 0, json_build_object('person_id', id, 'reach', 'not-told'), 'not-told' FROM unnest($1::text[]) AS gone(id)
ON CONFLICT DO NOTHING
"""
PERSONAL = Personal(scope, HOLDINGS, others=OTHERS, instead=(_NOT_TOLD,))
