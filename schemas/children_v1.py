"""What becomes known of a child beyond one referral. Ids, codes and dates; no reason, no name."""

from datetime import date

from pydantic import AwareDatetime

from schemas.codes import Area
from schemas.envelope import Event
from schemas.topics import REFERRALS


class PersonMerged(Event, type="person.merged.v1", topic=REFERRALS, key="person_id"):
    """Two records are one child: ``kept_id`` stands for ``person_id`` from now on. Facts keep the id that they have."""

    person_id: str
    kept_id: str
    merged_at: AwareDatetime


class PersonUnmerged(Event, type="person.unmerged.v1", topic=REFERRALS, key="person_id"):
    """It was not one child after all: ``person_id`` stands for itself again."""

    person_id: str
    unmerged_at: AwareDatetime


class ChildMoved(Event, type="referral.moved.v1", topic=REFERRALS, key="referral_id"):
    """The child goes to another school from ``moved_on`` on, and the referral goes with it."""

    referral_id: str
    former_urn: str
    urn: str
    area: Area
    moved_on: date
    moved_at: AwareDatetime


class ChildDied(Event, type="child.died.v1", topic=REFERRALS, key="referral_id"):
    """The child of this referral has died: nobody is told anything about it any more. Said of each referral."""

    referral_id: str
    child_id: str
    noted_at: AwareDatetime
