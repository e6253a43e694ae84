"""What a row of a list says of a case, or of a sitting. It names no child. Pure."""

from services.panels.documents.sheets import Row
from services.panels.domain.at_risk import Risk
from services.panels.domain.cases.case import Case
from services.panels.domain.sittings.sitting import Sitting
from services.panels.domain.story import tell

CASE_HEADS = (
    "Reference", "Panel", "State", "Urgent", "Comes from", "Area", "Phase", "Need", "Provision asked for", "Came at",
    "Complete since", "Due by", "Missing", "Sitting", "Sits on", "Decide by", "Times sent back", "Outcome",
    "Provision agreed to", "Decided at", "Happened", "Next",
)  # fmt: skip
RISK_HEADS = ("Danger", "By", "Working days left", "Why", *CASE_HEADS)
SITTING_HEADS = (
    "Sitting", "Panel", "Sits at", "Papers close", "State", "Kind", "Places", "Taken", "Free", "Minutes", "Members",
)  # fmt: skip


def of_case(case: Case, panel: str) -> Row:
    """The cells of `CASE_HEADS`; ``panel`` is its panel's name."""
    story, listing, decision = tell(case, panel), case.listing, case.in_force
    return (
        case.reference, panel, case.status, case.urgent, case.trigger, case.area, case.phase, case.need, case.provision,
        case.opened_at, case.complete_at, case.due_on, ", ".join(case.missing),
        listing.sitting_id if listing else None, listing.sits_on if listing else None, case.decide_by,
        len(case.deferrals), decision.outcome if decision else None, decision.provision if decision else None,
        decision.decided_at if decision else None, story.happened, story.next_step,
    )  # fmt: skip


def of_risk(risk: Risk, panel: str) -> Row:
    """The cells of `RISK_HEADS`."""
    return (risk.danger, risk.by, risk.days_left, risk.sentence, *of_case(risk.case, panel))


def of_sitting(sitting: Sitting, taken: int, panel: str) -> Row:
    """The cells of `SITTING_HEADS`; ``taken`` is how many of its places are."""
    return (
        sitting.sitting_id, panel, sitting.sits_at, sitting.papers_close_at, sitting.status, sitting.kind,
        sitting.capacity, taken, max(0, sitting.capacity - taken), sitting.minutes, len(sitting.members),
    )  # fmt: skip
