"""What people do with one referral, each on a small page of its own."""

from services.referrals.web.acts.act import Act, Target
from services.referrals.web.acts.contacts import CONTACTS
from services.referrals.web.acts.school import SCHOOL
from services.referrals.web.acts.team import TEAM

__all__ = ["ACTS", "Act", "Target"]

#: By the word in the address, in the order in which they are offered.
ACTS: dict[str, Act] = {act.code: act for act in (*TEAM, *SCHOOL, CONTACTS)}
