"""What becomes of a referral within the month, as far as a team or its school has a say in it; and how often."""

from collections.abc import Mapping
from typing import Literal

from deploy.demo import figures
from schemas.codes import AsksFor

#: "returned": with advice, which the school puts into practice. "amended": returned too, but the school changes
#: what it sent, and the team takes it on. "asked": the team asks first. "stepped": taken on, and up to the panel.
Fate = Literal["waits", "accepted", "returned", "amended", "asked", "concluded", "stepped", "withdrawn"]

_OF_ADVICE: Mapping[Fate, int] = {
    "waits": 25, "accepted": 27, "returned": 8, "amended": 8, "asked": 7, "concluded": 20, "withdrawn": 5,
}  # fmt: skip
_OF_OUTREACH: Mapping[Fate, int] = {**_OF_ADVICE, "accepted": 21, "stepped": 6}
#: A request for a needs assessment is agreed to as often as is published; for the others the six weeks run on.
_OF_REQUESTS: Mapping[Fate, int] = {
    "waits": figures.REQUESTS_A_YEAR - figures.REQUESTS_AGREED - figures.REQUESTS_WITHDRAWN,
    "accepted": figures.REQUESTS_AGREED,
    "withdrawn": figures.REQUESTS_WITHDRAWN,
}
_OF_CASES: Mapping[Fate, int] = {"waits": 97, "withdrawn": 3}
FATES: Mapping[AsksFor, Mapping[Fate, int]] = {
    "advice": _OF_ADVICE,
    "outreach": _OF_OUTREACH,
    "ehc-needs-assessment": _OF_REQUESTS,
    "placement": _OF_CASES,
}


def assumed() -> str:
    """What is assumed of the work of teams and schools, in a sentence."""
    back = _OF_ADVICE["returned"] + _OF_ADVICE["amended"]
    return (
        f"Assumed: teams and outreach give {back}% back with advice, of which the school amends half; they ask the "
        f"school about {_OF_ADVICE['asked']}%; of outreach {_OF_OUTREACH['stepped']}% step up to the panel; one "
        "review in three falls into the month."
    )
