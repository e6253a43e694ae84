"""That a person is erased: ids, a code and a date. Whom the ids named, nobody can tell any more."""

from typing import Literal

from pydantic import AwareDatetime

from schemas.envelope import Event
from schemas.topics import NOTIFICATIONS, PANELS, REFERRALS

#: Why (UK GDPR, article 17(1)(a), (c), (d) and (e)); the last is the disposal at the end of retention.
ErasureGround = Literal[
    "no-longer-needed", "objection-upheld", "unlawful", "legal-obligation", "retention-ended"
]  # fmt: skip


class PersonErased(Event, type="person.erased.v1", topic=REFERRALS, key="erasure_id"):
    """The referrals service has erased a person, and every other service does so when it hears of it.

    ``person_ids`` are all records of the person, and those who were known by nothing but these referrals.
    """

    erasure_id: str
    person_ids: tuple[str, ...]
    referral_ids: tuple[str, ...]
    ground: ErasureGround
    erased_at: AwareDatetime


class ErasedFromPanels(Event, type="person.erased-from-panels.v1", topic=PANELS, key="erasure_id"):
    """The panels service has erased the person, too."""

    erasure_id: str
    erased_at: AwareDatetime


class ErasedFromNotifications(
    Event, type="person.erased-from-notifications.v1", topic=NOTIFICATIONS, key="erasure_id"
):
    """The notifications service has erased the person, too."""

    erasure_id: str
    erased_at: AwareDatetime
