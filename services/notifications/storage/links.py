"""The private links in messages: what each opens and to whom, until when, and that it was opened."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chassis.storage import Connection
from services.notifications.domain.background import Actions, Reasons
from services.notifications.domain.contact import Contact
from services.notifications.domain.message import Message
from services.notifications.domain.preference import as_preferred
from services.notifications.domain.proving import Way
from services.notifications.domain.story import Story
from services.notifications.storage.tables import (
    ACTIONS_AGREED,
    CONTACTS,
    PREFERENCES,
    REASONS_GIVEN,
    STORIES,
)


async def add_links(conn: Connection, codes: Iterable[tuple[str, Message]], expires_at: datetime) -> None:
    """Writes down the hashes of new link codes."""
    rows = [(code_hash(code), m.referral_id, m.person_id, m.id) for code, m in codes]
    await conn.execute(
        "INSERT INTO link (code_hash, referral_id, person_id, message_id, expires_at) "
        "SELECT *, $5 FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[])",
        *map(list, zip(*rows, strict=True)),
        expires_at,
    )


def code_hash(code: str) -> bytes:
    """What is kept of a link's code."""
    return hashlib.sha256(code.encode()).digest()


@dataclass(frozen=True, slots=True)
class Visit:
    """What a link's code opens: the referral's story, for one person who reads ``language``."""

    story: Story
    person_id: str
    message_id: str
    language: str
    reasons: list[Reasons]
    agreed: Actions | None = None


async def visit(conn: Connection, code: str, now: datetime) -> Visit | None:
    """What ``code`` opens at the business time ``now``.

    None if nobody was given that code, or it has expired, was revoked, or its holder may no longer be told.
    """
    row = await conn.fetchrow(
        "SELECT l.referral_id, l.person_id, l.message_id, s.state, "
        "coalesce(p.state ->> 'language', c.state ->> 'language', 'en') AS language FROM link l "
        "JOIN contact c ON c.id = l.person_id AND c.reach <> 'not-told' "
        "LEFT JOIN preference p ON p.id = l.person_id "
        "JOIN story s ON s.id = l.referral_id AND NOT s.stopped "
        "WHERE l.code_hash = $1 AND l.expires_at > $2 AND l.revoked_at IS NULL",
        code_hash(code),
        now,
    )
    if row is None:
        return None
    referral_id = row["referral_id"]
    told = await conn.fetch("SELECT state FROM reasons WHERE referral_id = $1", referral_id)
    reasons = [REASONS_GIVEN.read(one["state"]) for one in told]
    state = await conn.fetchval("SELECT state FROM agreed_actions WHERE id = $1", referral_id)
    agreed = ACTIONS_AGREED.read(state) if state else None
    whose = (row["person_id"], row["message_id"], row["language"])
    return Visit(STORIES.read(row["state"]), *whose, reasons, agreed)


async def record_view(conn: Connection, seen: Visit, what: str, proved: bool) -> None:
    """Somebody opened what their link leads to; ``proved``: in a browser that had the right code as well."""
    await conn.execute(
        "INSERT INTO page_view (referral_id, person_id, message_id, what, proved) VALUES ($1, $2, $3, $4, $5)",
        seen.story.referral_id,
        seen.person_id,
        seen.message_id,
        what,
        proved,
    )


async def revoke_links(conn: Connection, referral_id: str, person_id: str | None = None) -> int:
    """Makes the links of a referral (of one person) lead nowhere; answers how many."""
    done: str = await conn.execute(
        "UPDATE link SET revoked_at = clock_timestamp() WHERE referral_id = $1 "
        "AND ($2::text IS NULL OR person_id = $2) AND revoked_at IS NULL",
        referral_id,
        person_id,
    )
    return int(done.split()[-1])


@dataclass(frozen=True, slots=True)
class Reached:
    """The ways that are on record for a person, with the address of each, and the one by which the link came."""

    linked_by: str
    addresses: dict[Way, str]


async def reached(conn: Connection, person_id: str, message_id: str) -> Reached:
    """How the holder of a link can be reached besides."""
    row = await conn.fetchrow(
        "SELECT c.state, p.state AS preference, m.state->>'channel' AS channel FROM contact c "
        "LEFT JOIN preference p ON p.id = c.id LEFT JOIN message m ON m.id = $2 WHERE c.id = $1",
        person_id,
        message_id,
    )
    if row is None:
        return Reached("email", {})
    person = as_kept(row["state"], row["preference"])
    ways: dict[Way, str | None] = {"email": person.email, "text": person.phone}
    return Reached(row["channel"] or "email", {way: to for way, to in ways.items() if to})


def as_kept(contact: str, preference: str | None) -> Contact:
    """A contact with what its person said over it, from the states of their rows."""
    return as_preferred(CONTACTS.read(contact), PREFERENCES.read(preference) if preference else None)


async def contact_of(conn: Connection, person_id: str) -> Contact | None:
    """How the school says that a person is reached, without what they said over it; None where nothing is known."""
    state = await conn.fetchval("SELECT state FROM contact WHERE id = $1", person_id)
    return CONTACTS.read(state) if state else None
