"""What the family reads: what happened, who has the referral now, what comes next and by when.

One line a fact in each of two tables: ``_HAPPENED`` says what happened, ``_STANDING`` where things stand
once it has. A type without a line in ``_HAPPENED`` does not appear on the page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.notifications.domain.background import DirectoryEntry, Reasons, entry_of
from services.notifications.domain.story import LONDON, Fact, Story, destination

Directory = Mapping[str, DirectoryEntry]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, on a day in London."""

    on: date
    words: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Who has the referral, what comes next, and the date that was promised for it."""

    holder: str
    next: str
    by: date | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Everything on a family's page. ``team`` is the directory's entry of whoever deals with it now."""

    reference: str
    steps: tuple[Step, ...]
    standing: Standing
    team: DirectoryEntry | None
    outcome: str | None
    reasons: str | None


def page(story: Story, directory: Directory, reasons: Sequence[Reasons]) -> Page:
    """The page of a referral that has been received."""
    told = [fact for fact in story.in_order if fact.type in _HAPPENED]
    steps = tuple(
        Step(fact.at.astimezone(LONDON).date(), _HAPPENED[fact.type](fact, _name(story, fact, directory)))
        for fact in told
    )
    last = told[-1]
    team = directory.get(entry_of(destination(story, last) or ""))
    decision = next((fact for fact in reversed(told) if fact.type == "decision.issued.v1"), None)
    return Page(
        reference=story.reference or "",
        steps=steps,
        standing=_STANDING[last.type](last, _name(story, last, directory)),
        team=team if last.type in _WITH_A_TEAM else None,
        outcome=_outcome(decision) if decision else None,
        reasons=_reasons(decision, reasons) if decision else None,
    )


def plain(day: date | None) -> str:
    """A date as people say it: 5 March 2026."""
    return f"{day.day} {day:%B %Y}" if day else "a date that is not set yet"


def _name(story: Story, fact: Fact, directory: Directory) -> str:
    entry = directory.get(entry_of(destination(story, fact) or ""))
    return entry.name if entry else "the team that deals with it"


def _reasons(decision: Fact, known: Sequence[Reasons]) -> str | None:
    return next((one.reasons for one in known if one.case_id == decision.stream), None)


def _outcome(decision: Fact) -> str:
    provision = _PROVISIONS.get(decision.text("provision") or "", "the provision that was asked for")
    return {
        "agreed": f"The authority agreed to {provision}.",
        "not-agreed": "The authority did not agree to what was asked for.",
        "more-information": "The authority needs more information before it can decide.",
    }.get(decision.text("outcome") or "", "The authority has made its decision.")


_SCHOOL = "The school or setting that made the referral"
_PROVISIONS = {
    "mainstream-with-support": "a mainstream school with support",
    "specialist-resource-provision": "a place in a specialist resource provision",
    "special-school": "a place in a special school",
    "other": "other provision",
}
_MISSING = {
    "statutory-dates": "some dates of the legal process",
    "educational-psychology-advice": "advice from an educational psychologist",
    "family-views": "your own views",
    "school-report": "a report from the school",
    "health-advice": "advice from health services",
}
_OWNERS = {
    "school": "The school",
    "ehc-co-ordinator": "Your EHC co-ordinator",
    "health": "The health service",
    "family": "Your family",
}
_RETURNED = {
    "advice-given": "The school puts the advice into practice. It can refer again at any time.",
    "more-evidence-needed": "The school adds what is missing and can then refer again.",
    "other-service-fits-better": "The school can refer to the service that was suggested.",
}
_CONCLUDED = {
    "strategies-agreed": "agreed with the school what to do from now on",
    "training-given": "trained the people who work with your child or young person",
    "in-reach-arranged": "arranged for a specialist to come into the school",
    "step-up-advised": "advised asking for more support",
}


def _missing(fact: Fact) -> str:
    codes = fact.data.get("missing")
    words = [_MISSING.get(str(code), "a paper") for code in codes] if isinstance(codes, list) else []
    return ", ".join(words) or "something that the panel needs"


Words = Callable[[Fact, str], str]
_HAPPENED: Mapping[str, Words] = {
    "referral.received.v1": lambda f, team: "The referral arrived, and it was complete.",
    "referral.routed.v1": lambda f, team: f"It was passed to {team}.",
    "referral.accepted.v1": lambda f, team: f"{_capital(team)} took it on.",
    "referral.returned.v1": lambda f, team: f"{_capital(team)} gave it back to the school with advice.",
    "referral.concluded.v1": lambda f, team: (
        f"{_capital(team)} {_CONCLUDED.get(f.text('outcome') or '', 'finished its work')}."
    ),
    "withdrawal.requested.v1": lambda f, team: "The school asked to withdraw the referral.",
    "referral.withdrawn.v1": lambda f, team: "The referral was withdrawn.",
    "case.opened.v1": lambda f, team: f"{_capital(team)} put it in its queue.",
    "case.completed.v1": lambda f, team: "The papers that the panel needs are complete.",
    "case.listed.v1": lambda f, team: f"It was given a date: the panel sits on {plain(f.day('sits_on'))}.",
    "case.heard.v1": lambda f, team: "The panel met and talked about it.",
    "decision.issued.v1": lambda f, team: "The authority made its decision.",
    "case.deferred.v1": lambda f, team: f"The panel could not finish: it needs {_missing(f)}.",
    "case.withdrawn.v1": lambda f, team: "The panel took it out of its queue, as was asked.",
}

_STANDING: Mapping[str, Callable[[Fact, str], Standing]] = {
    "referral.received.v1": lambda f, team: Standing(
        "The council's SEND service", "The service decides which team can best help."
    ),
    "referral.routed.v1": lambda f, team: Standing(
        _capital(team),
        f"{_capital(team)} reads it and answers by {plain(f.day('answer_by'))}.",
        f.day("answer_by"),
    ),
    "referral.accepted.v1": lambda f, team: Standing(
        _capital(team),
        f"{_capital(team)} takes the next step by {plain(f.day('next_step_by'))}.",
        f.day("next_step_by"),
    ),
    "referral.returned.v1": lambda f, team: Standing(
        _SCHOOL, _RETURNED.get(f.text("reason") or "", "The school decides with you what to do next.")
    ),
    "referral.concluded.v1": lambda f, team: Standing(
        _SCHOOL,
        f"You and the school look together at how things are going on {plain(f.day('review_on'))}.",
        f.day("review_on"),
    ),
    "withdrawal.requested.v1": lambda f, team: Standing(
        _capital(team), "The panel answers the request to withdraw."
    ),
    "referral.withdrawn.v1": lambda f, team: Standing(
        "Nobody: the referral is closed", "Nothing more happens. The school can refer again at any time."
    ),
    "case.opened.v1": lambda f, team: _queued(f, team),
    "case.completed.v1": lambda f, team: _queued(f, team),
    "case.listed.v1": lambda f, team: Standing(
        _capital(team),
        f"The panel sits on {plain(f.day('sits_on'))}. "
        f"You hear the decision by {plain(f.day('decision_by'))}.",
        f.day("decision_by"),
    ),
    "case.heard.v1": lambda f, team: Standing(
        "The council's deciding officer",
        f"The officer decides, and you hear by {plain(f.day('decision_by'))}.",
        f.day("decision_by"),
    ),
    "decision.issued.v1": lambda f, team: Standing(
        "The council's EHC service",
        f"Your EHC co-ordinator takes the next step by {plain(f.day('next_step_by'))}.",
        f.day("next_step_by"),
    ),
    "case.deferred.v1": lambda f, team: Standing(
        _capital(team),
        f"{_OWNERS.get(f.text('owner') or '', 'The council')} brings what is missing. "
        f"The panel looks at it again on {plain(f.day('next_on'))}.",
        f.day("next_on"),
    ),
    "case.withdrawn.v1": lambda f, team: Standing(
        "Nobody: the case is closed", "Nothing more happens. The school can refer again at any time."
    ),
}
#: After these the team's wait and its advice for the time until then say nothing any more.
_WITHOUT_A_TEAM = {"referral.withdrawn.v1", "case.withdrawn.v1", "decision.issued.v1"}
_WITH_A_TEAM = frozenset(_STANDING) - _WITHOUT_A_TEAM


def _queued(fact: Fact, team: str) -> Standing:
    due = fact.day("due_on")
    if fact.data.get("complete") is False:
        words = "Your EHC co-ordinator collects the papers or dates that are missing. Then it gets a date."
        return Standing(_capital(team), words, due)
    by = f" The decision is due by {plain(due)}." if due else ""
    return Standing(_capital(team), f"The panel gives it a date, and you are told the date.{by}", due)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
