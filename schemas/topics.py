"""Every topic by name: who writes it, how its order is kept and whether its values are sealed.

Retention and compaction are data for the operator: see deploy/kafka/topics.toml.
"""

from dataclasses import dataclass
from typing import Literal

#: Keys are spread over so many partitions of a topic, for good. Of one that was given more, the others stay empty: a
#: key that went elsewhere from then on would lose its order, and leave behind what only a later record of it removes.
PARTITIONS = 12

Order = Literal["every-version", "latest-version", "once"]


@dataclass(frozen=True, slots=True)
class Topic:
    """One Kafka topic.

    ``order`` is the promise of its writer for each key:

    * ``every-version``: versions count 1, 2, 3 … without a gap; a consumer applies only the next one;
    * ``latest-version``: the topic is compacted; a higher version replaces a lower one, gaps are normal;
    * ``once``: records stand alone and are recognised by (``ce_source``, ``ce_id``).

    ``sealed`` values travel only as JWE: they hold words or persons.
    """

    name: str
    writer: str
    order: Order = "every-version"
    sealed: bool = False


REFERRALS = Topic("referrals.v1", writer="referrals")
PANELS = Topic("panels.v1", writer="panels")
NOTIFICATIONS = Topic("notifications.v1", writer="notifications")

REFERRAL_SUBMISSIONS = Topic("referral-submissions.v1", writer="school systems", order="once", sealed=True)
SUBMISSION_ANSWERS = Topic("submission-answers.v1", writer="referrals", order="once")

PERSONAL_DETAILS = Topic("personal-details.v1", writer="referrals", order="latest-version", sealed=True)
REFERRAL_PAPERS = Topic("referral-papers.v1", writer="referrals", order="latest-version", sealed=True)
CASE_PAPERS = Topic("case-papers.v1", writer="panels", order="latest-version", sealed=True)
STAFF = Topic("staff.v1", writer="referrals", order="latest-version", sealed=True)
FAMILY_WORDS = Topic("family-words.v1", writer="notifications", order="latest-version", sealed=True)
DIRECTORY = Topic("directory.v1", writer="referrals", order="latest-version")

ALL = (
    REFERRALS,
    PANELS,
    NOTIFICATIONS,
    REFERRAL_SUBMISSIONS,
    SUBMISSION_ANSWERS,
    PERSONAL_DETAILS,
    REFERRAL_PAPERS,
    CASE_PAPERS,
    STAFF,
    FAMILY_WORDS,
    DIRECTORY,
)
BY_NAME = {topic.name: topic for topic in ALL}
