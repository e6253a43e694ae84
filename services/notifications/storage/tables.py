"""The tables of this service; a story's messages are written with it."""

from collections.abc import Sequence

from chassis.erasing import ERASURES
from chassis.restrictions import RESTRICTIONS
from chassis.staff import COLLEAGUES
from chassis.storage import Column, JsonTable, Repository, Stored, Writer
from services.notifications.domain.aliases import ALIAS, Alias
from services.notifications.domain.background import ACTIONS, DIRECTORY_ENTRY, REASONS
from services.notifications.domain.contact import CONTACT
from services.notifications.domain.handed import HANDED
from services.notifications.domain.message import MESSAGE
from services.notifications.domain.pausing import PAUSE
from services.notifications.domain.preference import PREFERENCE
from services.notifications.domain.said import FAMILY_WORDS as SAID
from services.notifications.domain.story import STORY, Story

_MESSAGE_COLUMNS = {
    "phase": Column("text", lambda m: m.phase),
    "why": Column("text", lambda m: m.why),
    "referral_id": Column("text", lambda m: m.referral_id),
    "person_id": Column("text", lambda m: m.person_id),
    "fact": Column("text", lambda m: m.fact),
    "urgent": Column("boolean", lambda m: m.urgent),
    "ready_at": Column("timestamptz", lambda m: m.ready_at),
    "lease_until": Column("timestamptz", lambda m: m.lease_until),
    "ask_at": Column("timestamptz", lambda m: m.ask_at),
    "carried_by": Column("text", lambda m: m.carried_by),
}
MESSAGES = JsonTable(MESSAGE, "message", _MESSAGE_COLUMNS)
CONTACTS = JsonTable(CONTACT, "contact", {"reach": Column("text", lambda c: c.reach)})
PREFERENCES = JsonTable(PREFERENCE, "preference", {"paused_until": Column("date", lambda p: p.paused_until)})
PAUSES = JsonTable(PAUSE, "pause", {"paused": Column("boolean", lambda p: p.paused)})
DIRECTORY = JsonTable(DIRECTORY_ENTRY, "directory_entry")
ALIASES: JsonTable[Alias] = JsonTable(ALIAS, "alias", {"into_id": Column("text", lambda alias: alias.into)})
REASONS_GIVEN = JsonTable(REASONS, "reasons", {"referral_id": Column("text", lambda r: r.referral_id)})
ACTIONS_AGREED = JsonTable(ACTIONS, "agreed_actions")

FAMILY_WORDS = JsonTable(
    SAID,
    "family_words",
    {
        "referral_id": Column("text", lambda words: words.referral_id),
        "person_id": Column("text", lambda words: words.person_id),
    },
)
HANDED_CODES = JsonTable(
    HANDED,
    "handed_code",
    {
        "referral_id": Column("text", lambda code: code.referral_id),
        "person_id": Column("text", lambda code: code.person_id),
        "digest": Column("text", lambda code: code.digest),
    },
)


class StoryTable(JsonTable[Story]):
    """Stories, and the messages that were born with them, written in the same transaction.

    A message's id is made of its fact and its recipient, so one that exists is left as it is.
    """

    async def insert(self, conn: Writer, rows: Sequence[Stored]) -> None:
        await super().insert(conn, rows)
        await _bear(conn, rows)

    async def update(self, conn: Writer, rows: Sequence[Stored]) -> None:
        await super().update(conn, rows)
        await _bear(conn, rows)


STORIES = StoryTable(
    STORY,
    "story",
    {
        "stopped": Column("boolean", lambda story: story.stopped),
        "reference": Column("text", lambda story: story.reference),
    },
)
REPOSITORIES: tuple[Repository, ...] = (
    *(STORIES, MESSAGES, CONTACTS, PREFERENCES, PAUSES, ALIASES, DIRECTORY, REASONS_GIVEN),
    *(ACTIONS_AGREED, COLLEAGUES, RESTRICTIONS, ERASURES, FAMILY_WORDS, HANDED_CODES),
)

_BEAR = """
INSERT INTO message (id, version, said, state, phase, referral_id, person_id, fact, ready_at, urgent, lease_until)
SELECT id, 1, 0, state::json, phase, referral_id, person_id, fact, ready_at, urgent, lease_until
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::boolean[], $8::text[],
            $9::timestamptz[])
     WITH ORDINALITY AS new(id, state, referral_id, person_id, fact, ready_at, urgent, phase, lease_until, place)
ORDER BY place
ON CONFLICT (id) DO NOTHING
"""


async def _bear(conn: Writer, rows: Sequence[Stored]) -> None:
    born = [message for row in rows for message in row.state.born]
    if born:
        cells = [
            (
                m.id,
                m.model_dump_json(),
                m.referral_id,
                m.person_id,
                m.fact,
                m.ready_at,
                m.urgent,
                m.phase,
                m.lease_until,
            )
            for m in born
        ]
        await conn.execute(_BEAR, *map(list, zip(*cells, strict=True)))
