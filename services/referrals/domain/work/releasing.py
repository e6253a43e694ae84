"""Cases that wait for a panel that did not sit yet: sent on as soon as it does."""

from datetime import datetime

from chassis.calendar import london_date
from chassis.decision import Decision
from services.referrals.domain.book import Book
from services.referrals.domain.commands import ReleaseReferral
from services.referrals.domain.facts import routed
from services.referrals.domain.referral import RULES, Referral
from services.referrals.domain.work.moving import decided, noted


def release(
    book: Book, referral: Referral | None, command: ReleaseReferral, now: datetime
) -> Decision[Referral]:
    """The case goes to its panel, if that sits by now; otherwise it waits on."""
    if referral is None or referral.status != "waiting":
        return Decision()
    panel = book.destinations.get(referral.destination)
    if panel is None or not panel.sits:
        return Decision()
    facts = {
        "status": "routed",
        "destination_kind": panel.kind,
        "routed_at": now,
        "changed_at": now,
        "answer_by": panel.answer_by(london_date(now), book.days),
    }
    after = noted(referral.model_copy(update=facts), "routed", now, RULES, detail=panel.code)
    return decided(referral, after, now, routed(after))
