"""What is written down of an attempt to send a message, by what its channel answered."""

import random
from collections.abc import Collection
from datetime import timedelta

from schemas.notifications_v1 import Way
from services.notifications.channels import Failed, Result, RetryLater, Sent, Uncertain, Unknown
from services.notifications.domain.outcomes import Settle
from services.notifications.domain.ways import next_way
from services.notifications.storage import Claim

#: How long a message waits after the server put it off for the first, second, … time (real time, ± 20%).
#: After MOST_TRIES tries, within about a day, a person is asked.
WAITS = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 28800))


def settlement(
    claim: Claim, result: Result, ways: Collection[Way], ask_after: timedelta, left: timedelta
) -> Settle:
    """What is written down. ``ways`` are those by which messages can go; the provider is asked ``ask_after`` the claim
    what became of the message, and its pause lasts for what is ``left``.
    """
    message, attempt = claim.message, claim.attempt
    match result:
        case Sent(None):
            return Settle(message.id, attempt, "sent")
        case Sent(id):
            return Settle(message.id, attempt, "sent", provider_id=id, ask_at=claim.at + ask_after)
        case Failed(reason):
            then = next_way(claim.contact, claim.contact.channel, ways, {*message.shut, message.channel})
            return Settle(message.id, attempt, "failed", reason, then=then)
        case Uncertain(reason):
            return Settle(message.id, attempt, "uncertain", reason)
        case RetryLater(reason, tried):
            wait = WAITS[min(message.tries, len(WAITS)) - 1] if tried else max(WAITS[0], left)
            again_at = claim.at + wait * random.uniform(0.8, 1.2)
            return Settle(message.id, attempt, "not-accepted" if tried else "untouched", reason, again_at)
        case Unknown(reason):
            return Settle(message.id, attempt, "no-answer", reason)
