"""Where stories, messages and contacts live, and the questions that are asked of them.

Every function takes a connection. Leases and waits go by the database's own clock, so that no worker's
clock can make a message go out early or twice.
"""

from services.notifications.storage.links import (
    Reached,
    Visit,
    add_links,
    code_hash,
    contact_of,
    reached,
    record_view,
    revoke_links,
    visit,
)
from services.notifications.storage.providers import away, say_away
from services.notifications.storage.reading import (
    batches,
    break_until,
    directory,
    message,
    messages,
    pause,
    referral_of,
    stories,
    to_whom,
    unfinished,
    whose,
)
from services.notifications.storage.said import opinions
from services.notifications.storage.sending import Claim, claim, to_be_sent, to_go
from services.notifications.storage.stuck import (
    Left,
    abandoned,
    put_back,
    stopped,
    to_ask_about,
    unreachable,
    with_clock,
)
from services.notifications.storage.tables import (
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
    REPOSITORIES,
    STORIES,
)
from services.notifications.storage.together import take_along, told_together, whole

__all__ = [
    "ACTIONS_AGREED",
    "ALIASES",
    "CONTACTS",
    "DIRECTORY",
    "FAMILY_WORDS",
    "HANDED_CODES",
    "MESSAGES",
    "PAUSES",
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
    "away",
    "batches",
    "break_until",
    "claim",
    "code_hash",
    "contact_of",
    "directory",
    "message",
    "messages",
    "opinions",
    "pause",
    "put_back",
    "reached",
    "record_view",
    "referral_of",
    "revoke_links",
    "say_away",
    "stopped",
    "stories",
    "take_along",
    "to_ask_about",
    "to_be_sent",
    "to_go",
    "to_whom",
    "told_together",
    "unfinished",
    "unreachable",
    "visit",
    "whole",
    "whose",
    "with_clock",
]
