"""Each state of a referral in plain English: what happened, who holds it, the next step, and by when."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from services.referrals.domain.referral import PanelCase, Referral, Status, local_day
from services.referrals.domain.teams import Destination
from services.referrals.domain.words import (
    CLOSING_WORDS,
    CONCLUSION_WORDS,
    HELPED_WORDS,
    MISSING_WORDS,
    OUTCOME_WORDS,
    OWNER_WORDS,
    RETURN_WORDS,
    VISIT_WORDS,
    WITHDRAWAL_WORDS,
    day_words,
    listed,
)


@dataclass(frozen=True, slots=True)
class Story:
    """Four answers about a referral; ``by`` is None where no date is set."""

    happened: str
    holder: str
    next_step: str
    by: date | None = None


def story(referral: Referral, destinations: Mapping[str, Destination], today: date) -> Story:
    """Where a referral stands on a day. A destination that is not described any more shows by its code."""
    known = destinations.get(referral.destination)
    holder = f"the {known.name}" if known else referral.destination
    told = _SENTENCES[referral.status](referral, holder)
    late = " This date has passed." if told.by and told.by < today and referral.status in _PROMISED else ""
    asked = referral.withdrawal is not None and referral.status not in ("withdrawn", "decided")
    withdrawal = " The school has asked to withdraw it, and the panel will answer." if asked else ""
    return Story(told.happened, told.holder, told.next_step + late + withdrawal, told.by)


def _routed(referral: Referral, holder: str) -> Story:
    return Story(
        f"We received the referral on {day_words(local_day(referral.received_at))} and sent it to {holder}. "
        f"{referral.reason}",
        holder,
        f"{_upper(holder)} will answer by {day_words(referral.answer_by)}.",
        referral.answer_by,
    )


def _accepted(referral: Referral, holder: str) -> Story:
    by = referral.next_step_by or referral.answer_by
    visit = next((each for each in referral.visits if each.done_on is None), None)
    return Story(
        f"{_upper(holder)} took the referral on, on {_accepted_on(referral)}.",
        holder,
        f"{_upper(VISIT_WORDS[visit.kind])} is arranged for {day_words(visit.on)}."
        if visit
        else f"They will take the next step by {day_words(by)}.",
        by,
    )


def _accepted_on(referral: Referral) -> str:
    return day_words(local_day(referral.accepted_at or referral.changed_at))


def _returned(referral: Referral, holder: str) -> Story:
    why = RETURN_WORDS[referral.return_reason or "advice-given"]
    return Story(
        f"{_upper(holder)} gave the referral back on {_changed(referral)}, {why}.",
        "the school",
        f"The school reads the advice, puts it in place with the family, and answers{_by_school(referral)}."
        f"{_stands_still(referral)}",
        referral.school_answers_by,
    )


def _asked(referral: Referral, holder: str) -> Story:
    return Story(
        f"{_upper(holder)} asked the school a question on {_changed(referral)}.",
        "the school",
        f"The school answers{_by_school(referral)}.{_stands_still(referral)}",
        referral.school_answers_by,
    )


def _by_school(referral: Referral) -> str:
    return f" by {day_words(referral.school_answers_by)}" if referral.school_answers_by else ""


def _stands_still(referral: Referral) -> str:
    since = referral.clock.stopped_on
    if since is None:
        return ""
    return (
        f" The team's time to answer has stood still since {day_words(since)}, and goes on with the answer."
    )


def _waiting(referral: Referral, holder: str) -> Story:
    return Story(
        f"We received the referral on {day_words(local_day(referral.received_at))}. {referral.reason} "
        "There is no panel for it yet.",
        "the SEND service",
        f"It keeps its place, and goes to {holder} as soon as that sits.",
    )


def _stepped(referral: Referral, holder: str) -> Story:
    rung = "higher" if referral.direction == "up" else "lower"
    return Story(
        f"{_upper(holder)} passed it on, on {_changed(referral)}, to a {rung} level of support.",
        "those who have the next referral",
        f"It goes on as the referral {referral.next_reference}.",
    )


def _closed(referral: Referral, holder: str) -> Story:
    why = CLOSING_WORDS[referral.closing or "needs-met"]
    return Story(
        f"{_upper(holder)} closed the referral on {_changed(referral)}: {why}.",
        "the school",
        "Nothing more happens with it. The team can reopen it, and the school may refer again at any time.",
    )


def _concluded(referral: Referral, holder: str) -> Story:
    what = CONCLUSION_WORDS[referral.conclusion or "strategies-agreed"]
    by = referral.review_on
    finished = f"{_upper(holder)} finished its work on {_concluded_on(referral)}: {what}."
    if referral.helped:
        return Story(
            f"{finished} School and family say that {HELPED_WORDS[referral.helped]}.",
            "the school",
            "The school goes on with what was agreed. The team can take the next step with it, up or down.",
        )
    if referral.review_due:
        return Story(finished, "the school", "School and family say now whether it helped.", by)
    return Story(
        finished,
        "the school",
        "School and family look together at how it went" + (f" on {day_words(by)}." if by else "."),
        by,
    )


def _concluded_on(referral: Referral) -> str:
    last = next((step for step in reversed(referral.history) if step.what == "concluded"), None)
    return day_words(local_day(last.at if last else referral.changed_at))


def _withdrawn(referral: Referral, holder: str) -> Story:
    why = f": {WITHDRAWAL_WORDS[referral.withdrawal.reason]}" if referral.withdrawal else ""
    return Story(
        f"The referral was withdrawn on {_changed(referral)}{why}.",
        "the school",
        "Nothing more happens with it. The school may refer again at any time.",
    )


def _queued(referral: Referral, holder: str) -> Story:
    case = _case(referral)
    if not case.complete:
        return Story(
            f"The case is in the queue of {holder}, but dates or papers are still missing.",
            "the EHC co-ordinator",
            "The EHC co-ordinator collects what is missing; then a sitting is chosen.",
            case.due_on,
        )
    due = f", in time for its legal date of {day_words(case.due_on)}" if case.due_on else ""
    return Story(
        f"The case is complete and in the queue of {holder}.",
        holder,
        f"A sitting is chosen for it{due}.",
        case.due_on,
    )


def _listed(referral: Referral, holder: str) -> Story:
    case = _case(referral)
    on = f" on {day_words(case.sits_on)}" if case.sits_on else ""
    decision = (
        f"; the authority's decision follows by {day_words(case.decision_by)}" if case.decision_by else ""
    )
    return Story(
        "A sitting has been chosen for the case.", holder, f"The panel hears it{on}{decision}.", case.sits_on
    )


def _deferred(referral: Referral, holder: str) -> Story:
    case = _case(referral)
    missing = listed([MISSING_WORDS[item] for item in case.missing])
    owner = OWNER_WORDS.get(case.owner or "", "the EHC co-ordinator")
    by = f" by {day_words(case.next_on)}" if case.next_on else ""
    return Story(
        f"The panel could not decide on {_changed(referral)}, because this was missing: {missing}.",
        owner,
        f"It is expected from {owner}{by}; then the case goes to another sitting.",
        case.next_on,
    )


def _heard(referral: Referral, holder: str) -> Story:
    case = _case(referral)
    by = f" by {day_words(case.decision_by)}" if case.decision_by else ""
    return Story(
        f"The panel heard the case on {_changed(referral)}.",
        "the authority's deciding officer",
        f"The authority decides{by} and tells the family.",
        case.decision_by,
    )


def _decided(referral: Referral, holder: str) -> Story:
    case = _case(referral)
    outcome = OUTCOME_WORDS[case.outcome or "more-information"]
    by = f" by {day_words(case.next_step_by)}" if case.next_step_by else ""
    return Story(
        f"On {_changed(referral)} the authority {outcome}.",
        "the EHC co-ordinator",
        f"The EHC co-ordinator explains the decision and what follows{by}.",
        case.next_step_by,
    )


def _case(referral: Referral) -> PanelCase:
    return referral.case or PanelCase(case_id="")


def _changed(referral: Referral) -> str:
    return day_words(local_day(referral.changed_at))


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


_PROMISED: frozenset[Status] = frozenset(
    {"routed", "accepted", "returned", "asked", "queued", "deferred", "heard"}
)
_SENTENCES: Mapping[Status, Callable[[Referral, str], Story]] = {
    "routed": _routed,
    "waiting": _waiting,
    "accepted": _accepted,
    "returned": _returned,
    "asked": _asked,
    "concluded": _concluded,
    "stepped": _stepped,
    "closed": _closed,
    "withdrawn": _withdrawn,
    "queued": _queued,
    "listed": _listed,
    "deferred": _deferred,
    "heard": _heard,
    "decided": _decided,
}
