"""What the SEN2 files have and lack, module by module: for the page, and for NOTES.txt beside the files. Pure."""

from collections.abc import Mapping
from datetime import date

#: What each module of the return has here, and what it lacks since this service cannot know it.
GAPS: Mapping[str, tuple[str, str]] = {
    "0 sen2": (
        "nothing: left out",
        "the metadata of the return: COLLECT and the authority's officer give them",
    ),
    "1 person": (
        "names",
        "date of birth, sex, ethnicity, postcode, UPN, ULN: the referrals service and schools have them",
    ),
    "2 requests": (
        "day received; outcome Y, A or H and its day, where the days of the case settle it",
        "who asked, mediation, tribunal; the outcome of a request for a plan that was reviewed within the year",
    ),
    "3 assessment": (
        "outcome Y, A or H, where the draft's day settles it; exceptions to the 20 weeks",
        "the outcome's day, which is that of the final plan; mediation, tribunal; assessments without a draft plan",
    ),
    "4a namedplan, 4b plandetail": (
        "nothing: left out",
        "the day of a final plan, and what of a personal budget was taken up",
    ),
    "5a activeplans": (
        "review meeting, day of the decision on it",
        "a transfer from another authority; the review's outcome, whose codes could not be checked",
    ),
    "5b placementdetail": (
        "URN, rank, first and last day, resourced provision, of places that were given here",
        "UKPRN, and sensetting for settings without a URN; residential and work-based settings, SEN units",
    ),
    "5c senneed": (
        "the primary need as the school gave it",
        'further needs; "no specialist assessment" is no code of the return',
    ),
}

_NOTES = """SEN2 person level: what the panels service knows, for the calendar year {year}.
Made on {made}. {cases} cases; {shut} more are restricted to others and are not in these files.

The columns are those of the return from version 1.2 of its specification on. Days are as ISO 8601 writes them;
yes and no are 1 and 0. The ids join the files; they are this service's own. NativeId and sourceid are left to COLLECT.

Outcomes of requests and assessments tell how things stood when the year ended. Y: it went on. A: not decided by then.
H: settled before the year. Empty: the days of the case do not settle it, so look it up. N and W are never given: a
request that was refused or withdrawn comes to no panel.

{gaps}

A case that came from an annual review has no day on which a request was received: its row is there to join the others.
Assessments have a row for each draft plan that came to a panel; active plans one for each annual review that came to a
panel, and for each child that started at a place it was given. Cases of local high needs funding are in no file.
Requests and plans that no panel of this service heard are not here at all.
"""


def notes(year: int, made: date, cases: int, shut: int) -> str:
    """What lies beside the files: how many cases, how many were left out as restricted, what each module lacks."""
    gaps = "\n".join(
        f"  {name}\n    here:    {has}.\n    not here: {lacks}." for name, (has, lacks) in GAPS.items()
    )
    return _NOTES.format(year=year, made=made.isoformat(), cases=cases, shut=shut, gaps=gaps)
