"""What this service learnt from others: everything but the ends of its messages, its links and who looked at a page."""

from datetime import datetime
from typing import Any

from chassis.erasure import ERASURE, restored
from chassis.learning import Learning, Learnt, Restoring
from chassis.restrictions import RESTRICTIONS
from chassis.staff import COLLEAGUES
from chassis.storage import Connection
from schemas.erasure_v1 import ErasedFromNotifications
from schemas.family_v1 import ContactCorrected, ContactGiven, FamilySaid, PageCodeUsed
from schemas.notifications_v1 import (
    MessageDelivered,
    MessageFailed,
    MessageFailedV2,
    MessageHeld,
    MessageReturned,
    MessageSent,
    MessageSentV2,
    MessageSettled,
    PreferenceChanged,
    SendingPaused,
    SendingResumed,
)
from services.notifications.domain import correcting, handed, restoring
from services.notifications.domain.contact import Contact
from services.notifications.domain.fact import Fact
from services.notifications.domain.message import MESSAGE, Message
from services.notifications.domain.pausing import PAUSE, Pause
from services.notifications.domain.preference import PREFERENCE
from services.notifications.domain.said import FAMILY_WORDS as SAID
from services.notifications.domain.story import Story
from services.notifications.domain.timed import is_timed
from services.notifications.storage import (
    ACTIONS_AGREED,
    ALIASES,
    CONTACTS,
    DIRECTORY,
    FAMILY_WORDS,
    HANDED_CODES,
    MESSAGES,
    PAUSES,
    PREFERENCES,
    REASONS_GIVEN,
    STORIES,
)

# Of a message whose end nobody has published, and which was made before the instant, nothing is sent any more.
_CLOSE = """
UPDATE message SET version = version + 1, phase = 'closed', why = 'before-the-rebuild',
    state = (state::jsonb || '{"phase": "closed", "why": "before-the-rebuild"}')::json
WHERE phase = 'pending' AND (state->>'made_at')::timestamptz < $1
"""

# A message that could be sent, and of which nobody published what became of it: it is left as by a worker that
# died with it in hand, so that the sender's own sweep holds it for a person.
_HOLD = """
UPDATE message m SET version = m.version + 1, phase = 'sending', lease_until = 'epoch',
    state = (m.state::jsonb || jsonb_build_object(
        'phase', 'sending', 'attempt', 'recovery', 'lease_until', timestamptz 'epoch'))::json
FROM contact c
WHERE c.id = m.person_id AND c.reach IN ('email', 'text', 'letter')
  AND m.phase = 'pending' AND (m.state->>'made_at')::timestamptz < $1
"""
# What time made before the instant is told, by facts of this service's own, or not told any more.
_LOOK_AHEAD = """
UPDATE story SET version = version + 1,
    state = (state::jsonb || jsonb_build_object('timed_until', to_jsonb($1::timestamptz)))::json
WHERE coalesce((state->>'timed_until')::timestamptz, '-infinity') < $1
"""
# What it made until then may have been told by the database that is lost.
_DOUBT = """
UPDATE story SET version = version + 1,
    state = (state::jsonb || jsonb_build_object('doubt_until', to_jsonb($1::timestamptz)))::json
"""
# What is told in the words of another message, of which more is known than of itself, is looked at by itself.
_PART = """
UPDATE message m SET version = m.version + 1, carried_by = NULL,
    state = (m.state::jsonb || '{"carried_by": null}')::json
FROM message c WHERE c.id = m.carried_by AND c.phase <> m.phase
"""
# One that came back was certainly not told, so it is not closed with the others; whether it went out by the next
# way, nobody knows.
_HOLD_RETURNED = f"{_HOLD} AND m.why IS NOT NULL"


def _story(story: Story) -> dict[str, Any]:
    """Without the order between two topics, and without the hour at which a fact without one was heard."""
    facts = sorted((fact.stream, fact.business_id, fact.type, _compared(fact)) for fact in story.facts)
    return {"reference": story.reference, "tell": story.tell, "facts": facts}


def _compared(fact: Fact) -> str:
    """In whatever order its fields are kept, and without the visit's id, which was not kept at first."""
    return repr(sorted((name, value) for name, value in fact.data.items() if name != "visit_id"))


def _contact(contact: Contact) -> dict[str, Any]:
    """Details that are overdue are awaited by a service that has not waited so long."""
    reach = "awaited" if contact.reach == "overdue" else contact.reach
    return {"reach": reach, "email": contact.email, "language": contact.language}


def _message(message: Message) -> dict[str, Any]:
    """Which message it is; what became of it is this service's own fact."""
    return message.model_dump(mode="json", include={"referral_id", "person_id", "fact", "about"})


def _handed(code: handed.HandedCode) -> dict[str, Any]:
    """What the school said of it; that it was used is this service's own fact."""
    return code.model_dump(mode="json", exclude={"used_at"})


def _pause(pause: Pause) -> dict[str, Any]:
    """Who turned it, and why, was never published."""
    return {"paused": pause.paused, "number": pause.number}


async def _cut_over(conn: Connection, instant: datetime) -> None:
    await conn.execute(_PART)
    await conn.execute(_HOLD_RETURNED, instant)
    await conn.execute(_CLOSE, instant)
    await conn.execute(_LOOK_AHEAD, instant)


async def _in_doubt(conn: Connection, instant: datetime) -> None:
    await conn.execute(_PART)
    await conn.execute(_HOLD, instant)
    await conn.execute(_DOUBT, instant)


def _restoring() -> Restoring:
    own = Restoring(first=False)  # a message is made by what others say, before anything becomes of it
    for sent in (MessageSent, MessageSentV2):
        own.on(sent, MESSAGE, restoring.sent)
    for failed in (MessageFailed, MessageFailedV2):
        own.on(failed, MESSAGE, restoring.failed)
    own.on(MessageDelivered, MESSAGE, restoring.delivered)
    own.on(MessageReturned, MESSAGE, restoring.returned)
    own.on(MessageHeld, MESSAGE, restoring.held)
    own.on(MessageSettled, MESSAGE, restoring.settled)
    own.on(PreferenceChanged, PREFERENCE, restoring.chosen)
    own.on(ContactCorrected, PREFERENCE, correcting.announced)
    own.on(ContactGiven, PREFERENCE, correcting.restored, fills=True)
    own.on(SendingPaused, PAUSE, restoring.turned)
    own.on(SendingResumed, PAUSE, restoring.turned)
    own.on(ErasedFromNotifications, ERASURE, restored)
    own.on(FamilySaid, SAID, restoring.said)
    own.on(PageCodeUsed, handed.HANDED, handed.restored)
    return own


LEARNING = Learning(
    learnt=(
        Learnt(STORIES, _story),
        Learnt(CONTACTS, _contact),
        Learnt(DIRECTORY),
        Learnt(ALIASES),
        Learnt(COLLEAGUES),
        Learnt(RESTRICTIONS),
        Learnt(REASONS_GIVEN),
        Learnt(ACTIONS_AGREED),
        Learnt(MESSAGES, _message, told=lambda message: not is_timed(message.fact)),
        Learnt(HANDED_CODES, _handed),
    ),
    own=(
        Learnt(PREFERENCES),
        Learnt(PAUSES, _pause),
        Learnt(FAMILY_WORDS),
    ),
    restoring=_restoring(),
    cut_over=_cut_over,
    in_doubt=_in_doubt,
)
