"""The outcome codes of the SEN2 return, from the days that a case knows; empty where they do not settle it. Pure.

Source: items 2.4 and 3.1 of the department's guide to the person-level return, as local authorities' Standard
Safeguarding Dataset quotes them. A return tells how things stood when its calendar year ended: what came
after is not yet, and what was settled before is history.
"""

from datetime import date
from typing import Literal

from services.panels.domain.cases.case import Case
from services.panels.domain.placing.placement import Placement

#: It went on, it did not, it is not decided yet, it was settled before the year of the return. "W", withdrawn, is
#: never given: a case that leaves its panel is no request that was withdrawn. Nor is "N": such cases come to no panel.
Outcome = Literal["Y", "N", "A", "H", ""]
Told = tuple[Outcome, date | None]
#: After these the return wants nothing more of the module.
SETTLED = ("A", "H")
_UNKNOWN: Told = ("", None)


def request_outcome(case: Case, year: int) -> Told:
    """Whether the request led to an assessment, and the day on which those who asked were told, where it is wanted."""
    dates = case.dates
    if case.trigger != "draft-plan":
        return _history(dates.review_meeting, year)
    if dates.assessment_decided is not None:
        return _settled(dates.assessment_decided, year, told_on=dates.assessment_decided)
    return _by_what_followed(dates.request_received, dates.draft_served, year)


def assessment_outcome(case: Case, placement: Placement | None, year: int) -> Told:
    """Whether there is to be a plan. Its day is that of the final plan, which is not known here: always None.

    A draft is only served once it is settled that there will be a plan. One of an earlier year may have become final in
    this one; it is history for certain where the child was at the place by then.
    """
    served = case.dates.draft_served
    if served is None or served.year >= year:
        return _settled(served, year) if served else _UNKNOWN
    return _history(placement.started_on if placement else None, year)


def _settled(day: date, year: int, told_on: date | None = None) -> Told:
    if day.year > year:
        return "A", None
    return ("Y", told_on) if day.year == year else ("H", None)


def _by_what_followed(received: date | None, draft_served: date | None, year: int) -> Told:
    """Where the day itself is not known: between the request and the draft it was decided to assess."""
    if draft_served is None:
        return _UNKNOWN
    if draft_served.year < year:
        return "H", None
    within = received is not None and received.year == draft_served.year == year
    return ("Y", None) if within else _UNKNOWN


def _history(later: date | None, year: int) -> Told:
    """What happened before the year shows that what leads to it did, too."""
    return ("H", None) if later is not None and later.year < year else _UNKNOWN
