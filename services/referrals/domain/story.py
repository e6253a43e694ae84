"""Each state of a referral in plain English: what happened, who holds it, the next step, and by when."""

from collections.abc import Callable, Mapping
from datetime import date

from chassis.calendar import london_date
from chassis.english import capital, in_words
from schemas.words import DECLINED, WITHDRAWALS
from services.referrals.domain.referral import ENDED, Referral, Status
from services.referrals.domain.routing.teams import Destination
from services.referrals.domain.story_of_panels import PANEL_SENTENCES, Story, at_a_centre, changed_on
from services.referrals.domain.words import (
    CLOSING_WORDS,
    CONCLUSION_WORDS,
    HELPED_WORDS,
    RETURN_WORDS,
    VISIT_WORDS,
)

__all__ = ["Story", "story"]


def story(referral: Referral, destinations: Mapping[str, Destination], today: date) -> Story:
    """Where a referral stands on a day. A destination that is not described any more shows by its code."""
    known = destinations.get(referral.destination)
    holder = f"the {known.name}" if known else referral.destination
    if referral.child_has_died and referral.status not in ENDED:
        return _of_a_child_who_died(holder)
    told = _SENTENCES[referral.status](referral, holder)
    late = " This date has passed." if told.by and told.by < today and referral.status in _PROMISED else ""
    return Story(told.happened, told.holder, told.next_step + late + _withdrawal(referral), told.by)


def _of_a_child_who_died(holder: str) -> Story:
    return Story(
        "The child has died. Nothing about this referral is sent to the family any more.",
        holder,
        f"{capital(holder)} closes it without a word to the family. There is nothing for the school to do.",
        None,
    )


def _withdrawal(referral: Referral) -> str:
    wish = referral.withdrawal
    if wish is None or referral.status in ("withdrawn", "decided"):
        return ""
    if wish.declined:
        return f" The school asked to withdraw it, but the panel goes on with it: {DECLINED[wish.declined]}."
    return " The school has asked to withdraw it, and the panel will answer."


def _routed(referral: Referral, holder: str) -> Story:
    return Story(
        f"We received the referral on {in_words(london_date(referral.received_at))} and sent it to {holder}. "
        f"{referral.reason}",
        holder,
        f"{capital(holder)} will answer by {in_words(referral.answer_by)}.",
        referral.answer_by,
    )


def _accepted(referral: Referral, holder: str) -> Story:
    by = referral.next_step_by or referral.answer_by
    visit = next((each for each in referral.visits if each.done_on is None), None)
    happened = f"{capital(holder)} took the referral on, on {_accepted_on(referral)}."
    there = at_a_centre(happened, holder, referral.place) if referral.place else None
    if there is not None:
        return there
    return Story(
        happened,
        holder,
        f"{capital(VISIT_WORDS[visit.kind])} is arranged for {in_words(visit.on)}."
        if visit
        else f"They will take the next step by {in_words(by)}.",
        by,
    )


def _accepted_on(referral: Referral) -> str:
    return in_words(london_date(referral.accepted_at or referral.changed_at))


def _returned(referral: Referral, holder: str) -> Story:
    why = RETURN_WORDS[referral.return_reason or "advice-given"]
    return Story(
        f"{capital(holder)} gave the referral back on {changed_on(referral)}, {why}.",
        "the school",
        f"The school reads the advice, puts it in place with the family, and answers{_by_school(referral)}."
        f"{_stands_still(referral)}",
        referral.school_answers_by,
    )


def _asked(referral: Referral, holder: str) -> Story:
    return Story(
        f"{capital(holder)} asked the school a question on {changed_on(referral)}.",
        "the school",
        f"The school answers{_by_school(referral)}.{_stands_still(referral)}",
        referral.school_answers_by,
    )


def _by_school(referral: Referral) -> str:
    return f" by {in_words(referral.school_answers_by)}" if referral.school_answers_by else ""


def _stands_still(referral: Referral) -> str:
    since = referral.clock.stopped_on
    if since is None:
        return ""
    return f" The team's time to answer has stood still since {in_words(since)}, and goes on with the answer."


def _waiting(referral: Referral, holder: str) -> Story:
    return Story(
        f"We received the referral on {in_words(london_date(referral.received_at))}. {referral.reason} "
        "There is no panel for it yet.",
        "the SEND service",
        f"It keeps its place, and goes to {holder} as soon as that sits.",
    )


def _stepped(referral: Referral, holder: str) -> Story:
    rung = "higher" if referral.direction == "up" else "lower"
    return Story(
        f"{capital(holder)} passed it on, on {changed_on(referral)}, to a {rung} level of support.",
        "those who have the next referral",
        f"It goes on as the referral {referral.next_reference}.",
    )


def _closed(referral: Referral, holder: str) -> Story:
    why = CLOSING_WORDS[referral.closing or "needs-met"]
    return Story(
        f"{capital(holder)} closed the referral on {changed_on(referral)}: {why}.",
        "the school",
        "Nothing more happens with it. The team can reopen it, and the school may refer again at any time.",
    )


def _concluded(referral: Referral, holder: str) -> Story:
    what = CONCLUSION_WORDS[referral.conclusion or "strategies-agreed"]
    by = referral.review_on
    finished = f"{capital(holder)} finished its work on {_concluded_on(referral)}: {what}."
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
        "School and family look together at how it went" + (f" on {in_words(by)}." if by else "."),
        by,
    )


def _concluded_on(referral: Referral) -> str:
    last = next((step for step in reversed(referral.history) if step.what == "concluded"), None)
    return in_words(london_date(last.at if last else referral.changed_at))


def _withdrawn(referral: Referral, holder: str) -> Story:
    why = f": {WITHDRAWALS[referral.withdrawal.reason]}" if referral.withdrawal else ""
    return Story(
        f"The referral was withdrawn on {changed_on(referral)}{why}.",
        "the school",
        "Nothing more happens with it. The school may refer again at any time.",
    )


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
    **PANEL_SENTENCES,
}
