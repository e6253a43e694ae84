"""Who says what and who hears what: the one table that app.py, the AsyncAPI documents and tests share."""

from dataclasses import dataclass

from schemas import topics
from schemas.topics import Topic


@dataclass(frozen=True, slots=True)
class Conversation:
    """One service's part: the topics it alone writes, the topics it reads, and what it is there for."""

    name: str
    purpose: str
    says: tuple[Topic, ...]
    hears: tuple[Topic, ...]


REFERRALS = Conversation(
    "referrals",
    "Takes schools' referrals, checks and routes them, keeps persons and the directory.",
    says=(
        topics.REFERRALS,
        topics.SUBMISSION_ANSWERS,
        topics.PERSONAL_DETAILS,
        topics.REFERRAL_PAPERS,
        topics.STAFF,
        topics.DIRECTORY,
    ),
    hears=(
        topics.REFERRAL_SUBMISSIONS,
        topics.PANELS,
        topics.NOTIFICATIONS,
        topics.FAMILY_WORDS,
    ),
)
PANELS = Conversation(
    "panels",
    "Queues placement cases, batches them into the month's sittings, records decisions.",
    says=(topics.PANELS, topics.CASE_PAPERS),
    hears=(
        topics.REFERRALS,
        topics.PERSONAL_DETAILS,
        topics.REFERRAL_PAPERS,
        topics.STAFF,
        topics.DIRECTORY,
        topics.NOTIFICATIONS,
    ),
)
NOTIFICATIONS = Conversation(
    "notifications",
    "Tells each family what happened, who holds it and what comes next, once.",
    says=(topics.NOTIFICATIONS, topics.FAMILY_WORDS),
    hears=(
        topics.REFERRALS,
        topics.PANELS,
        topics.PERSONAL_DETAILS,
        topics.REFERRAL_PAPERS,
        topics.CASE_PAPERS,
        topics.STAFF,
        topics.DIRECTORY,
    ),
)
SERVICES = {each.name: each for each in (REFERRALS, PANELS, NOTIFICATIONS)}


def hearers(topic: Topic) -> list[str]:
    """The services that read a topic, by name."""
    return [each.name for each in SERVICES.values() if topic in each.hears]
