"""What this service holds about a child, a young person or an adult around them: tables, rows and files."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg

from chassis.persons import FilesAway, Holding, Personal, Row, Scope
from chassis.sealing import KeyRings
from chassis.storage import Connection
from services.referrals.settings import Settings
from services.referrals.storage.evidence import FILES
from services.referrals.vault import Damaged, StoreAway, Vault

# All records of one person: aliases are followed both ways, each once.
_SAME = """
WITH RECURSIVE same (id) AS (
    SELECT $1::text UNION SELECT CASE WHEN a.id = s.id THEN a.into_id ELSE a.id END
    FROM same s JOIN alias a ON a.into_id IS NOT NULL AND s.id IN (a.id, a.into_id)
)
SELECT id FROM same ORDER BY id
"""
_REFERRALS = (
    "SELECT id, state -> 'adults' AS adults FROM referral WHERE child_id = ANY($1::text[]) ORDER BY id"
)
_ADULTS = (
    "SELECT DISTINCT adult FROM referral r, json_array_elements_text(r.state -> 'adults') AS adult "
    "WHERE r.id = ANY($1::text[]) ORDER BY adult"
)
#: An adult is known by one referral, so a child's adults are known by nothing else.
_OF_REFERRAL = "t.referral_id = ANY($2)"


async def scope(conn: Connection, id: str, referrals: Sequence[str]) -> Scope:
    """A child with all its records, its referrals and the adults that they name; or one adult alone."""
    persons = tuple(row["id"] for row in await conn.fetch(_SAME, id))
    found = [row["id"] for row in await conn.fetch(_REFERRALS, persons)]
    adults = tuple(row["adult"] for row in await conn.fetch(_ADULTS, found))
    return Scope(persons, tuple(found), tuple(each for each in adults if each not in persons))


def _without(*names: str) -> Any:
    def shown(row: Row, scope: Scope) -> Row:
        state = {name: value for name, value in row["state"].items() if name not in names}
        return row | {"state": state}

    return shown


def _person(row: Row, scope: Scope) -> Row:
    """What other schools said of it, without the adults that they named."""
    state = row["state"]
    offers = [
        each | {"persons": [one for one in each["persons"] if scope.is_own(one["person_id"])]}
        for each in state.get("waiting", [])
    ]
    return row | {"state": state | {"waiting": offers}}


def _alias(row: Row, scope: Scope) -> Row:
    """Without other children who look like it."""
    state = row["state"]
    steps = [each for each in state.get("steps", []) if scope.is_own(each["other"])]
    return row | {"state": {"into": state.get("into"), "steps": steps}}


def _referral(row: Row, scope: Scope) -> Row:
    """Without the ids of adults."""
    row = _without("adults", "tell")(row, scope)
    told = [
        each | {"person_id": "this person" if scope.is_own(each["person_id"]) else "another person"}
        for each in row["state"].get("told", [])
    ]
    return row | {"state": row["state"] | {"told": told}}


def _papers(row: Row, scope: Scope) -> Row:
    """Without who wrote and who agreed; a school that was left had the same words, or earlier ones."""
    state: Row = _worded(row["state"])
    left = [{"at": each["at"], **_worded(each)} for each in state.pop("left", [])]
    return row | {"state": state | {"left": left}}


def _worded(words: Row) -> Row:
    papers = words["papers"]
    evidence = [
        {name: each.get(name) for name in ("kind", "title", "dated")} for each in papers.get("evidence", [])
    ]
    kept = {"papers": papers | {"evidence": evidence}}
    agreement = {name: value for name, value in words.get("agreement", {}).items() if name != "by"}
    return kept | {"agreement": agreement, "left": words.get("left", [])}


def _family_words(row: Row, scope: Scope) -> Row | None:
    """What another one of the family wrote is theirs; who answered is left out."""
    own: Row | None = _without("answered_by")(row, scope) if scope.is_own(row["state"]["person_id"]) else None
    return own


def _page_code(row: Row, scope: Scope) -> Row | None:
    """To whom, where it is not this person, is not said; nor who of the school it was, and how it knew them."""
    shown: Row = _without("by", "why", "digest")(row, scope)
    return shown if scope.is_own(row["state"]["person_id"]) else None


def _restriction(row: Row, scope: Scope) -> Row:
    """Who may open a case, and why, may endanger others: that it is restricted is all that is said."""
    return {"id": row["id"], "restricted": row["restricted"]}


def _hold(row: Row, scope: Scope) -> Row:
    """Why may be somebody else's affair."""
    return {"id": row["id"], "held": row["held"]}


# The object goes by itself once nobody wants it (storage/evidence.py); its key and its name go at once.
_FILE_LET_GO = """
UPDATE evidence t SET stage = 'dropped', referral_id = NULL, draft_id = NULL, version = version + 1,
    state = (state::jsonb || '{"state": "dropped", "name": "", "key": "", "sha256": "", "media_type": "",
        "draft_id": null, "referral_id": null}')::json
WHERE referral_id = ANY($2) AND $1::text[] IS NOT NULL
"""
HOLDINGS = (
    Holding(
        "person",
        "Who it is, and how to reach them",
        "t.id = ANY($1)",
        _person,
        ("likeness", "asks_school"),
        enlisted=True,
        topic="personal-details.v1",
    ),
    Holding("legal_hold", "Whether it is kept for a court or an inquiry", "t.id = ANY($1)", _hold),
    Holding(
        "alias", "Records that are one person", "t.id = ANY($1) OR t.into_id = ANY($1)", _alias, ("into_id",)
    ),
    Holding("restriction", "Whether the case is restricted", "t.id = ANY($2)", _restriction),
    Holding(
        "enquiry",
        "Questions from which a referral was made",
        "t.state ->> 'draft_id' IN (SELECT d.id FROM draft d WHERE d.referral_id = ANY($2))",
        _without("asked_by", "taken_by", "answered_by", "steps"),
        enlisted=True,
    ),
    Holding(
        "draft",
        "The form before it was sent",
        _OF_REFERRAL,
        _without("by", "name", "pages", "changed_by"),
        enlisted=True,
    ),
    Holding(
        "evidence",
        "Files that came with a referral",
        _OF_REFERRAL,
        _without("by", "key", "object"),
        instead=_FILE_LET_GO,
    ),
    Holding(
        "upload_row",
        "The row of a list that it came with",
        "t.reference IN (SELECT r.reference FROM referral r WHERE r.id = ANY($2))",
        hidden=("sealed", "repeats"),
    ),
    Holding(
        "family_words",
        "What the person wrote to the school or the team, and what they were answered",
        "t.referral_id = ANY($2) OR t.state ->> 'person_id' = ANY($1)",
        _family_words,
        enlisted=True,
        topic="personal-details.v1",
    ),
    Holding(
        "page_code",
        "Codes for the private page that the school handed over",
        "t.referral_id = ANY($2) OR t.state ->> 'person_id' = ANY($1)",
        _page_code,
        enlisted=True,
        topic="personal-details.v1",
    ),
    Holding("papers", "The words of referrals", "t.id = ANY($2)", _papers, topic="referral-papers.v1"),
    Holding("referral", "Referrals", "t.id = ANY($2)", _referral, name="reference"),
)
OTHERS = {
    "directory_entry": "the public directory",
    "staff": "people who work here",
    "administrators": "who administers",
    "api_token": "tokens of school systems",
    "api_token_use": "when a token was used",
    "setting": "the register of schools",
    "setting_history": "the register of schools",
    "register_import": "imports of the register",
    "register_upload": "an extract of the register",
    "hand_setting": "settings that are kept by hand",
    "expected_wait": "waits in days, by destination",
    "upload": "who sent a list, and when",
}


_UNREADABLE = b"This file is gone or damaged where files are kept, and nobody can read it any more.\n"


def personal(settings: Settings) -> Personal:
    """All of it; files where there is a store of evidence."""

    async def files(pool: asyncpg.Pool, seals: KeyRings, scope: Scope) -> AsyncIterator[tuple[str, bytes]]:
        """The files of the person's referrals that a scanner found clean. Raises FilesAway."""
        vault = Vault.at(settings.evidence_store, seals)
        rows = await pool.fetch(
            "SELECT state FROM evidence WHERE referral_id = ANY($1) AND kept AND stage = 'clean' "
            "ORDER BY received_at, id",
            list(scope.referrals),
        )
        for number, row in enumerate(rows, 1):
            file = FILES.read(row["state"])
            name = f"{number:02}-{_plain(file.name)}"
            try:
                yield name, b"".join([part async for part in vault.read(file.object, file.key)])
            except Damaged:
                yield f"{name}.unreadable.txt", _UNREADABLE
            except StoreAway:
                raise FilesAway from None

    return Personal(scope, HOLDINGS, files if settings.evidence_store else None, others=OTHERS)


def _plain(name: str) -> str:
    """A name that every file system takes."""
    return "".join(each if each.isalnum() or each in "-_. " else "-" for each in name)[:100]
