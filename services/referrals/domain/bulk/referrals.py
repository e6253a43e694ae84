"""The columns of a list of new referrals: the whole form but its files, with up to two adults and three rounds."""

from services.referrals.domain.asking.choices import (
    ASKS_FOR,
    CHANNELS,
    LANGUAGES,
    NEEDS,
    NO_UPN,
    PROVISIONS,
    RELATIONS,
    SEN_PROVISIONS,
    TRIGGERS,
)
from services.referrals.domain.bulk.columns import Column, Layout, coded

_ROUNDS, _ADULTS = 3, 2
_DAY_HINT = "A day, such as 31/01/2026 or 2026-01-31"


_CHILD = (
    Column("School URN", "urn", "Six digits, or the authority’s own code of the setting", "capitals", True),
    Column("Referrer name", "referrer.name", "Who answers for the referral, usually the SENCo", needed=True),
    Column("Referrer e-mail", "referrer.email", "Their e-mail address at school", needed=True),
    Column("Referrer role", "referrer.role", "SENCo, if left empty"),
    Column("Child given name", "child.given_name", "First names", needed=True),
    Column("Child family name", "child.family_name", "Last name", needed=True),
    Column("Date of birth", "child.born", _DAY_HINT, "day", True),
    Column("UPN", "child.upn", "Unique Pupil Number, 13 characters", "capitals"),
    coded("No UPN reason", "child.no_upn_reason", NO_UPN[1:], hint="only where there is no UPN"),
    Column("Address", "child.address", "In one line"),
    Column("Year group", "child.year_group", "Year 5 or 5, Reception, or Nursery; may be left empty", "year"),
    coded("SEN provision", "child.sen_provision", SEN_PROVISIONS, "capitals", True),
    coded("Primary need", "child.primary_need", NEEDS, "capitals", True),
    coded("Other needs", "child.other_needs", NEEDS, "list", hint="with a comma between them"),
    Column("Looked after", "child.looked_after", "yes or no; no, if left empty", "yes-no"),
    Column("Young person e-mail", "child.email", "From 16 on"),
    Column("Young person phone", "child.phone", "From 16 on"),
    coded("Child language", "child.language", LANGUAGES),
)


def _adult(number: int) -> tuple[Column, ...]:
    name, path = f"Adult {number + 1}", f"adults.{number}"
    return (
        Column(
            f"{name} given name", f"{path}.given_name", "A parent, carer or other adult", needed=number == 0
        ),
        Column(f"{name} family name", f"{path}.family_name", "Last name", needed=number == 0),
        coded(f"{name} relation", f"{path}.relation", RELATIONS, needed=number == 0),
        Column(f"{name} e-mail", f"{path}.email", "Needed, or a telephone, where they may be told"),
        Column(f"{name} phone", f"{path}.phone", "A British number, or one that begins with +"),
        Column(f"{name} address", f"{path}.address", "Only where letters are to go there; its postcode last"),
        Column(f"{name} may be told", f"{path}.may_be_told", "yes or no; nobody is told otherwise", "yes-no"),
        coded(f"{name} channel", f"{path}.channel", CHANNELS, hint="how they prefer to be told"),
        coded(f"{name} language", f"{path}.language", LANGUAGES),
    )


def _round(number: int) -> tuple[Column, ...]:
    name, path = f"Round {number + 1}", f"tried.{number}"
    return (
        Column(f"{name} started", f"{path}.started", _DAY_HINT, "day"),
        Column(f"{name} reviewed", f"{path}.reviewed", _DAY_HINT, "day"),
        Column(f"{name} put in place", f"{path}.put_in_place", "What was done (assess, plan, do, review)"),
        Column(f"{name} changed", f"{path}.changed", "What came of it"),
    )


_ASKED = (
    Column("Agreed", "agreement.agreed", "Whether the family agrees: yes or no", "yes-no", True),
    Column("Agreed by", "agreement.by", "Who agreed"),
    Column("Agreed on", "agreement.on", _DAY_HINT, "day"),
    Column("Disagreement", "agreement.disagreement", "What the family said, and what was done about it"),
    coded("Asks for", "asks_for", ASKS_FOR, needed=True),
    Column("What is asked", "narrative", "What the difficulty is, and what you hope for", needed=True),
    coded("Placement trigger", "placement.trigger", TRIGGERS),
    coded("Placement provision", "placement.provision", PROVISIONS),
    Column("Placement urgent", "placement.urgent", "yes or no", "yes-no"),
    Column("Placement need by", "placement.need_by", _DAY_HINT, "day"),
    Column("Request received", "placement.dates.request_received", _DAY_HINT, "day"),
    Column("Draft served", "placement.dates.draft_served", _DAY_HINT, "day"),
    Column("Review meeting", "placement.dates.review_meeting", _DAY_HINT, "day"),
    Column("Papers complete", "placement.papers_complete", "yes or no", "yes-no"),
    Column("Parents say", "views.parents_say", "In their own words"),
    Column("Child says", "views.child_says", "In their own words"),
    Column("Young person asked", "views.young_person_asked", "From 16 on: yes or no", "yes-no"),
    Column("Social worker", "care.social_worker", "Where the child is looked after"),
    Column("Social worker e-mail", "care.social_worker_email", "Where the child is looked after"),
    Column("Virtual School", "care.virtual_school", "Whom to speak to there"),
)

COLUMNS: tuple[Column, ...] = (
    *_CHILD,
    *(column for number in range(_ADULTS) for column in _adult(number)),
    *_ASKED,
    *(column for number in range(_ROUNDS) for column in _round(number)),
)
LAYOUT = Layout(COLUMNS, parts=("referrer", "child", "agreement"))
