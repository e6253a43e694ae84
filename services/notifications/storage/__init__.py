"""Where stories, messages and contacts live, and the questions that are asked of them.

Every function takes a connection. Leases and waits go by the database's own clock, so that no worker's
clock can make a message go out early or twice.
"""

from services.notifications.storage.links import (
    Reached,
    Visit,
    add_links,
    code_hash,
    reached,
    record_view,
    revoke_links,
    visit,
)
from services.notifications.storage.reading import (
    batches,
    directory,
    message,
    messages,
    pause,
    referral_of,
    to_whom,
    unfinished,
    whose,
)
from services.notifications.storage.sending import (
    Claim,
    Left,
    abandoned,
    claim,
    stopped,
    to_ask_about,
    to_be_sent,
    unreachable,
    with_clock,
)
from services.notifications.storage.tables import (
    ACTIONS_AGREED,
    ALIASES,
    CONTACTS,
    DIRECTORY,
    FAMILY_WORDS,
    MESSAGES,
    PREFERENCES,
    REASONS_GIVEN,
    REPOSITORIES,
    STORIES,
)

__all__ = [
    "ACTIONS_AGREED",
    "ALIASES",
    "CONTACTS",
    "DIRECTORY",
    "FAMILY_WORDS",
    "MESSAGES",
    "PREFERENCES",
    "REASONS_GIVEN",
    "REPOSITORIES",
    "STORIES",
    "Claim",
    "Left",
    "Reached",
    "Visit",
    "abandoned",
    "add_links",
    "batches",
    "claim",
    "code_hash",
    "directory",
    "message",
    "messages",
    "pause",
    "reached",
    "record_view",
    "referral_of",
    "revoke_links",
    "stopped",
    "to_ask_about",
    "to_be_sent",
    "to_whom",
    "unfinished",
    "unreachable",
    "visit",
    "whose",
    "with_clock",
]
