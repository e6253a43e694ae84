"""The sentences of the family's page: one line a fact in each of two tables.

``HAPPENED`` says what happened, ``STANDING`` where things stand once it has. A fact without a line in ``STANDING``
leaves things as they stood; one in ``NOT_SHOWN`` is the services' own business.
"""

from collections.abc import Callable, Mapping

from chassis.english import capital
from services.notifications.domain import sentences_of_places as places
from services.notifications.domain.standing import SCHOOL, Standing, Words, plain
from services.notifications.domain.story import Fact

# The codes in the family's words, not those of schemas.words, which speak to staff about a child. What a family brings
# is "yours" here, and no sentence takes for granted what only a SENCo knows.
PROVISIONS = {
    "mainstream-with-support": "a mainstream school with support",
    "specialist-resource-provision": "a place in a specialist resource provision",
    "special-school": "a place in a special school",
    "other": "other provision",
}
FUNDING = {
    "funding": "funding for your child’s or young person’s support at school",
    "support": "support for the school, without funding",
    "both": "funding and support",
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
    "other-service-fits-better": "The school can refer to the service that the team suggests.",
}
_CONCLUDED = {
    "strategies-agreed": "agreed with the school what to do from now on",
    "training-given": "trained the people who work with your child or young person",
    "in-reach-arranged": "arranged for a specialist to come into the school",
    "step-up-advised": "advised asking for more support",
}
_HELPED = {
    "yes": "The school and you looked at it together: it helped.",
    "partly": "The school and you looked at it together: it helped in part.",
    "no": "The school and you looked at it together: it did not help yet.",
}
_ASKED = {"up": "more", "down": "lighter"}
_VISITS = {
    "outreach-visit": "A visit to the school",
    "in-reach": "A visit of the school's staff to a special school",
    "training": "Training for the people at the school",
}


def _visit(fact: Fact) -> str:
    return _VISITS.get(fact.text("kind") or "", "A visit")


def _missing(fact: Fact) -> str:
    codes = fact.data.get("missing", fact.data.get("items"))
    words = [_MISSING.get(str(code), "a paper") for code in codes] if isinstance(codes, list) else []
    return ", ".join(words) or "something that the panel needs"


def _dated(fact: Fact) -> str:
    sits = f"the panel sits on {plain(fact.day('sits_on'))}"
    known = fact.day("was_on")
    return f"Its date changed: {sits}, not on {plain(known)}." if known else f"It has a date: {sits}."


_CORRECTED = {
    "outcome": "the outcome",
    "provision": "the kind of provision",
    "setting": "the school or setting",
    "reasons": "the reasons",
}


def _corrected(fact: Fact) -> str:
    codes = fact.data.get("changed")
    words = [_CORRECTED[str(code)] for code in codes if code in _CORRECTED] if isinstance(codes, list) else []
    return f"The authority corrected a mistake in its decision: {', '.join(words) or 'see below'}."


HAPPENED: Mapping[str, Words] = {
    "referral.received.v1": lambda f, team: "The referral arrived, and it was complete.",
    "referral.routed.v1": lambda f, team: f"It went to {team}.",
    "referral.accepted.v1": lambda f, team: f"{capital(team)} took it on.",
    "referral.returned.v1": lambda f, team: f"{capital(team)} gave it back to the school with advice.",
    "referral.concluded.v1": lambda f, team: (
        f"{capital(team)} {_CONCLUDED.get(f.text('outcome') or '', 'finished its work')}."
    ),
    "withdrawal.requested.v1": lambda f, team: "The school asked to withdraw the referral.",
    "referral.withdrawn.v1": lambda f, team: "The referral was withdrawn.",
    "referral.waiting.v1": lambda f, team: "It waits for a panel that does not sit yet.",
    "information.asked.v1": lambda f, team: f"{capital(team)} asked the school a question.",
    "school.answered.v1": lambda f, team: f"The school answered, and {team} has it again.",
    "visit.arranged.v1": lambda f, team: f"{_visit(f)} has a date: {plain(f.day('visit_on'))}.",
    "visit.moved.v1": lambda f, team: f"{_visit(f)} has a new date: {plain(f.day('visit_on'))}.",
    "visit.done.v1": lambda f, team: f"{_visit(f)} took place.",
    "family.answered.v1": lambda f, team: "You have an answer to what you wrote to us.",
    "review.due.v1": lambda f, team: "The day came to look at how things are going.",
    "review.recorded.v1": lambda f, team: _HELPED.get(f.text("helped") or "", "You looked at it together."),
    "referral.stepped.v1": lambda f, team: (
        f"It goes on as a request for {_ASKED.get(f.text('direction') or '', 'other')} support."
    ),
    "referral.closed.v1": lambda f, team: f"{capital(team)} closed it.",
    "referral.reopened.v1": lambda f, team: f"It goes on after all, and {team} has it.",
    "referral.amended.v1": lambda f, team: "The school changed what it had sent.",
    "referral.moved.v1": lambda f, team: (
        f"It goes with the child to the new school, from {plain(f.day('moved_on'))} on."
    ),
    "evidence.added.v1": lambda f, team: "The school added papers.",
    "answer.overdue.v1": lambda f, team: f"{capital(team)} did not answer by the day that it had promised.",
    "case.opened.v1": lambda f, team: f"{capital(team)} put it in its queue.",
    "case.completed.v1": lambda f, team: "The papers that the panel needs are complete.",
    "case.listed.v1": lambda f, team: _dated(f),
    "case.unlisted.v1": lambda f, team: f"The date of {plain(f.day('sits_on'))} does not hold any more.",
    "case.papers-requested.v1": lambda f, team: f"{capital(team)} asked for what is missing: {_missing(f)}.",
    "case.dates-corrected.v1": lambda f, team: (
        f"The council put right the dates that the law counts from: the decision is due by {plain(f.day('due_on'))}."
    ),
    "withdrawal.answered.v1": lambda f, team: (
        f"{capital(team)} agreed to withdraw it."
        if f.data.get("accepted")
        else f"{capital(team)} goes on with it, although the school had asked to withdraw it."
    ),
    "evidence.answered.v1": lambda f, team: (
        f"{capital(team)} takes the papers that the school added late."
        if f.data.get("accepted")
        else f"{capital(team)} goes on without the papers that the school added late."
    ),
    "case.heard.v1": lambda f, team: "The panel met and talked about it.",
    "case.chair-action.v1": lambda f, team: (
        "The person who chairs the panel looked at it, because it could not wait until the panel meets."
    ),
    "case.passed-on.v1": lambda f, team: f"The panel passed it on to {team}.",
    "decision.issued.v1": lambda f, team: "The authority made its decision.",
    "decision.corrected.v1": lambda f, team: _corrected(f),
    "case.deferred.v1": lambda f, team: f"The panel could not finish: it needs {_missing(f)}.",
    "case.withdrawn.v1": lambda f, team: "The panel took it out of its queue, as somebody had asked.",
    **places.HAPPENED,
}

STANDING: Mapping[str, Callable[[Fact, str], Standing]] = {
    "referral.received.v1": lambda f, team: Standing(
        "The council's SEND service", "The service decides which team can best help."
    ),
    "referral.routed.v1": lambda f, team: Standing(
        capital(team),
        f"{capital(team)} reads it and answers by {plain(f.day('answer_by'))}.",
        f.day("answer_by"),
    ),
    "referral.accepted.v1": lambda f, team: Standing(
        capital(team),
        f"{capital(team)} takes the next step by {plain(f.day('next_step_by'))}.",
        f.day("next_step_by"),
    ),
    "referral.returned.v1": lambda f, team: Standing(
        SCHOOL, _RETURNED.get(f.text("reason") or "", "The school decides with you what to do next.")
    ),
    "referral.concluded.v1": lambda f, team: Standing(
        SCHOOL,
        f"You and the school look together at how things are going on {plain(f.day('review_on'))}.",
        f.day("review_on"),
    ),
    "withdrawal.requested.v1": lambda f, team: Standing(
        capital(team), "The panel answers the request to withdraw."
    ),
    "referral.withdrawn.v1": lambda f, team: Standing(
        "Nobody: the referral has ended", "Nothing more happens. The school can refer again at any time."
    ),
    "referral.waiting.v1": lambda f, team: Standing(
        "The council's SEND service",
        "It waits until there is a panel for it. You hear from us when there is.",
    ),
    "information.asked.v1": lambda f, team: Standing(
        SCHOOL,
        f"The school answers by {plain(f.day('school_answers_by'))}. Then {team} goes on.",
        f.day("school_answers_by"),
    ),
    "school.answered.v1": lambda f, team: _answering(f, team),
    "referral.reopened.v1": lambda f, team: _answering(f, team),
    "visit.arranged.v1": lambda f, team: _visiting(f, team),
    "visit.moved.v1": lambda f, team: _visiting(f, team),
    "visit.done.v1": lambda f, team: Standing(
        capital(team), f"{capital(team)} writes down with the school what they agreed."
    ),
    "review.due.v1": lambda f, team: Standing(
        SCHOOL, "You and the school say whether it helped, and what comes next."
    ),
    "review.recorded.v1": lambda f, team: Standing(
        SCHOOL, "The school decides with you whether more support is needed. It can refer again at any time."
    ),
    "referral.stepped.v1": lambda f, team: Standing(
        "Whoever has the new request", "It goes on under a new reference. You hear who deals with it."
    ),
    "referral.closed.v1": lambda f, team: Standing(
        "Nobody: the referral has ended", "Nothing more happens. The school can refer again at any time."
    ),
    "answer.overdue.v1": lambda f, team: Standing(
        capital(team), f"{capital(team)} owes an answer. You may ask it or the school why it takes longer."
    ),
    "case.opened.v1": lambda f, team: _queued(f, team),
    "case.completed.v1": lambda f, team: _queued(f, team),
    "case.listed.v1": lambda f, team: Standing(
        capital(team),
        f"The panel sits on {plain(f.day('sits_on'))}. "
        f"You hear the decision by {plain(f.day('decision_by'))}.",
        f.day("decision_by"),
    ),
    "case.unlisted.v1": lambda f, team: Standing(
        capital(team), "The panel gives it a new date, and tells you the date.", f.day("due_on")
    ),
    "case.papers-requested.v1": lambda f, team: Standing(
        capital(team),
        f"{_OWNERS.get(f.text('owner') or '', 'The council')} brings what is missing by {plain(f.day('bring_by'))}.",
        f.day("bring_by"),
    ),
    "withdrawal.answered.v1": lambda f, team: _withdrawal_answered(f, team),
    "case.heard.v1": lambda f, team: _deciding(f),
    "case.chair-action.v1": lambda f, team: _deciding(f),
    "case.passed-on.v1": lambda f, team: _queued(f, team),
    "decision.issued.v1": lambda f, team: _decided(f),
    "decision.corrected.v1": lambda f, team: _decided(f),
    "case.deferred.v1": lambda f, team: Standing(
        capital(team),
        f"{_OWNERS.get(f.text('owner') or '', 'The council')} brings what is missing. "
        f"The panel looks at it again on {plain(f.day('next_on'))}.",
        f.day("next_on"),
    ),
    "case.withdrawn.v1": lambda f, team: Standing(
        "Nobody: the case has ended", "Nothing more happens. The school can refer again at any time."
    ),
    **places.STANDING,
}

#: Who of a team works on it, and reminders to those who owe something, say nothing to a family.
NOT_SHOWN = frozenset(
    {"case.rehomed.v1", "referral.assigned.v1", "answer.due.v1", "school.overdue.v1", "place.agreed-anew.v1"}
) | {"child.died.v1"}  # it stops every message, and is told by none


def _deciding(fact: Fact) -> Standing:
    by = fact.day("decision_by")
    return Standing(
        "The council's deciding officer", f"The officer decides, and you hear by {plain(by)}.", by
    )


def _decided(fact: Fact) -> Standing:
    by = fact.day("next_step_by")
    return Standing(
        "The council's EHC service", f"Your EHC co-ordinator takes the next step by {plain(by)}.", by
    )


def _queued(fact: Fact, team: str) -> Standing:
    due = fact.day("due_on")
    if fact.data.get("complete") is False or fact.data.get("missing"):
        words = "Your EHC co-ordinator collects the papers or dates that are missing. Then it gets a date."
        return Standing(capital(team), words, due)
    by = f" The decision is due by {plain(due)}." if due else ""
    return Standing(capital(team), f"The panel gives it a date, and tells you the date.{by}", due)


def _withdrawal_answered(fact: Fact, team: str) -> Standing:
    if fact.text("reason") == "decided-already":
        words = "There is a decision already. Your EHC co-ordinator takes the next step."
        return Standing("The council's EHC service", words)
    goes = "closes it" if fact.data.get("accepted") else "goes on with it, on the date that you know"
    return Standing(capital(team), f"{capital(team)} {goes}.")


def _answering(fact: Fact, team: str) -> Standing:
    by = fact.day("answer_by")
    return Standing(capital(team), f"{capital(team)} reads it and answers by {plain(by)}.", by)


def _visiting(fact: Fact, team: str) -> Standing:
    on = fact.day("visit_on")
    return Standing(capital(team), f"{_visit(fact)} is on {plain(on)}.", on)
