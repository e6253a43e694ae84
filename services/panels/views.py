"""What the HTTP API shows of cases, sittings and plans. Pure."""

from collections.abc import Collection, Sequence
from typing import Any

from services.panels.domain.cases.case import Case
from services.panels.domain.panels.panel import Panel
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.plan.plans import Unplanned
from services.panels.domain.story import tell, tell_sitting
from services.panels.replanning import Standing
from services.panels.storage import Background, Filled


def panel_name(book: PanelBook, code: str) -> str:
    """The name of a panel; its code where no file describes it any more."""
    return next((panel.name for panel in book.panels if panel.code == code), code)


def of_panel(panel: Panel) -> dict[str, Any]:
    """A panel as its file has it."""
    return panel.model_dump(mode="json")


def of_sitting(filled: Filled) -> dict[str, Any]:
    """A sitting with its fill and its sentence."""
    sitting = filled.sitting
    shown = sitting.model_dump(mode="json", include=_SITTING_FIELDS)
    return shown | {
        "state": sitting.status,
        "listed": filled.listed,
        "free": max(0, sitting.capacity - filled.listed),
        "cancelled": sitting.cancelled.model_dump(mode="json", exclude={"case_ids"})
        if sitting.cancelled
        else None,
        "sentence": tell_sitting(sitting, filled.listed),
    }


_SITTING_FIELDS = {
    "sitting_id",
    "panel",
    "sits_on",
    "sits_at",
    "papers_close_at",
    "confirm_by",
    "capacity",
    "flag",
    "confirmed_at",
    "locked_at",
    "signed",
    "kind",
    "minutes",
    "why",
}
_CASE_FIELDS = {
    "case_id",
    "referral_id",
    "reference",
    "panel",
    "trigger",
    "urgent",
    "need_by",
    "personal_budget",
    "area",
    "phase",
    "need",
    "provision",
    "opened_at",
    "complete_at",
    "due_on",
    "missing",
    "kind",
    "amount_asked",
}


def of_case(book: PanelBook, case: Case) -> dict[str, Any]:
    """A case with its story; it names nobody."""
    story = tell(case, panel_name(book, case.panel))
    listing = case.listing
    return case.model_dump(mode="json", include=_CASE_FIELDS) | {
        "state": case.status,
        "no_panel": case.no_panel or None,
        "sitting_id": listing.sitting_id if listing else None,
        "sits_on": listing.sits_on.isoformat() if listing else None,
        "decision_by": case.decide_by.isoformat() if case.decide_by else None,
        "deferrals": len(case.deferrals),
        "version": case.version,
        "to_decide": [each.model_dump(mode="json", exclude={"answered"}) for each in case.to_decide],
        "story": {
            "happened": story.happened,
            "holder": story.holder,
            "next_step": story.next_step,
            "by": story.by.isoformat() if story.by else None,
        },
    }


def of_case_in_full(book: PanelBook, case: Case, known: Background) -> dict[str, Any]:
    """A case with everything that is known of it here, the child's name included: reading it is logged."""
    stored = case.model_dump(
        mode="json",
        include={
            "dates",
            "recommendation",
            "decision",
            "withdrawal",
            "history",
            "corrections",
            "chair_action",
            "passed_on",
            "raised",
            "papers",
            "asked_setting",
            "transfer",
            "exceptions",
        },
    )
    return (
        of_case(book, case)
        | stored
        | {
            "moves": [move.model_dump(mode="json", exclude={"by"}) for move in case.moves],
            "deferred": [deferral.model_dump(mode="json") for deferral in case.deferrals],
            "clocks": [clock.model_dump(mode="json") for clock in case.clocks],
            "child": known.child.model_dump(include=_NAMES) if known.child else None,
            "school_age": _school_age(known),
            "school": known.school.model_dump(include={"name", "town"}) if known.school else None,
            "narrative": known.words.narrative if known.words else None,
            "advice": known.words.advice if known.words else None,
            "told": [message.model_dump(mode="json") for message in known.told.messages],
        }
    )


_NAMES = {"given_name", "family_name"}


def _school_age(known: Background) -> dict[str, str] | None:
    """The first and the last day of compulsory school age; None where the day of birth is not known."""
    child = known.child
    if child is None or child.school_age_begins is None or child.school_age_ends is None:
        return None
    return {"begins": child.school_age_begins.isoformat(), "ends": child.school_age_ends.isoformat()}


def of_proposal(standing: Standing, filled: Filled, seen: Collection[str]) -> dict[str, Any]:
    """What the plan has for cases that wait, seen from one sitting by somebody who may see ``seen``.

    ``further`` counts the places here that go to cases which are not open to them.
    """
    here, current = filled.sitting.sitting_id, standing.asked.current
    listings = standing.plan.listings if standing.plan else ()
    new = [one for one in listings if one.case_id in current and current[one.case_id] is None]
    mine = [one for one in new if one.sitting_id == here]
    shown = [one.model_dump() for one in mine if one.case_id in seen]
    free = max(0, filled.sitting.capacity - filled.listed)
    shown = shown[: max(0, free - (len(mine) - len(shown)))]
    return {
        "sitting_id": here,
        "free": free,
        "case_ids": [one["case_id"] for one in shown],
        "listings": shown,
        "further": len(mine) - len([one for one in mine if one.case_id in seen]),
        "elsewhere": [one.model_dump() for one in new if one.sitting_id != here and one.case_id in seen],
        "unlisted": [one.model_dump() for one in _unlisted(standing) if one.case_id in seen],
    }


def _unlisted(standing: Standing) -> Sequence[Unplanned]:
    return standing.plan.unlisted if standing.plan else ()
