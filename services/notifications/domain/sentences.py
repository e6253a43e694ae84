"""The sentences of the family's page: one line a fact in each of two tables.

``HAPPENED`` says what happened, and whether the link alone shows it (``openly``) or only a code as well
(``privately``); ``STANDING`` where things stand once it has. A fact without a line in ``STANDING`` leaves things as
they stood; one in ``NOT_SHOWN`` is the services' own business.
"""

from collections.abc import Mapping

from services.notifications.domain import sentences_of_places as places
from services.notifications.domain.fact import Fact
from services.notifications.domain.phrases import Phrase, say
from services.notifications.domain.standing import SCHOOL, Happened, Then, openly, privately, then

# The codes in the family's words, not those of schemas.words, which speak to staff about a child. What a family brings
# is "yours" here, and no sentence takes for granted what only a SENCo knows.
PROVISIONS = {
    "mainstream-with-support": say("a mainstream school with support"),
    "specialist-resource-provision": say("a place in a specialist resource provision"),
    "special-school": say("a place in a special school"),
    "other": say("other provision"),
}
FUNDING = {
    "funding": say("funding for your child’s or young person’s support at school"),
    "support": say("support for the school, without funding"),
    "both": say("funding and support"),
}
_MISSING = {
    "statutory-dates": say("some dates of the legal process"),
    "educational-psychology-advice": say("advice from an educational psychologist"),
    "family-views": say("your own views"),
    "school-report": say("a report from the school"),
    "health-advice": say("advice from health services"),
}
_OWNERS = {
    "school": say("The school"),
    "ehc-co-ordinator": say("Your EHC co-ordinator"),
    "health": say("The health service"),
    "family": say("Your family"),
}
_RETURNED = {
    "advice-given": "The school will use the advice. It can refer again at any time.",
    "more-evidence-needed": "The school can add what is missing and refer again.",
    "other-service-fits-better": "The school can refer to the service that the team suggests.",
}
_CONCLUDED = {
    "strategies-agreed": "{Team} agreed with the school what to do next.",
    "training-given": "{Team} trained the people who work with your child or young person.",
    "in-reach-arranged": "{Team} arranged for a specialist to come into the school.",
    "step-up-advised": "{Team} advised asking for more support.",
}
_HELPED = {
    "yes": "You and the school looked at it together: it helped.",
    "partly": "You and the school looked at it together: it helped in part.",
    "no": "You and the school looked at it together: it has not helped yet.",
}
_STEPPED = {
    "up": "It is now a request for more support.",
    "down": "It is now a request for lighter support.",
}
_VISITS = {
    "outreach-visit": say("A visit to the school"),
    "in-reach": say("A visit by the school's staff to a special school"),
    "training": say("Training for the people at the school"),
}
_CORRECTED = {
    "outcome": say("the outcome"),
    "provision": say("the kind of provision"),
    "setting": say("the school or setting"),
    "reasons": say("the reasons"),
}
_EHC = "The council's EHC service"
_NOTHING_MORE = "Nothing more will happen. The school can refer again at any time."


def _visit(fact: Fact) -> Phrase:
    return _VISITS.get(fact.text("kind") or "", say("A visit"))


def _owner(fact: Fact) -> Phrase:
    return _OWNERS.get(fact.text("owner") or "", say("The council"))


def _missing(fact: Fact) -> list[Phrase]:
    codes = fact.data.get("missing", fact.data.get("items"))
    words = [_MISSING.get(str(code), say("a paper")) for code in codes] if isinstance(codes, list) else []
    return words or [say("a paper")]


def _dated(fact: Fact) -> str:
    if fact.day("was_on"):
        return "Its date changed: the panel meets on {sits_on}, not on {was_on}."
    return "It has a date: the panel meets on {sits_on}."


def _corrected(fact: Fact) -> list[Phrase]:
    codes = fact.data.get("changed")
    words = [_CORRECTED[str(code)] for code in codes if code in _CORRECTED] if isinstance(codes, list) else []
    return words or [say("see below")]


def _withdrawal(fact: Fact) -> str:
    if fact.data.get("accepted"):
        return "{Team} agreed to close it."
    return "{Team} is going on with it, although the school asked to take it back."


def _late_papers(fact: Fact) -> str:
    if fact.data.get("accepted"):
        return "{Team} accepted the papers that the school added late."
    return "{Team} is going on without the papers that the school added late."


HAPPENED: Mapping[str, Happened] = {
    "referral.received.v1": openly("The referral arrived, and it was complete."),
    "referral.routed.v1": openly("It went to {team}."),
    "referral.accepted.v1": openly("{Team} took it on."),
    "referral.returned.v1": privately("{Team} gave it back to the school with advice."),
    "referral.concluded.v1": privately(
        lambda f: _CONCLUDED.get(f.text("outcome") or "", "{Team} finished its work.")
    ),
    "withdrawal.requested.v1": openly("The school asked to take the referral back."),
    "referral.withdrawn.v1": openly("The school took the referral back."),
    "referral.waiting.v1": openly("It is waiting for a panel that has not begun to meet."),
    "information.asked.v1": openly("{Team} asked the school a question."),
    "school.answered.v1": openly("The school answered, and {team} has it again."),
    "visit.arranged.v1": openly("{Visit} has a date: {visit_on}.", visit=_visit),
    "visit.moved.v1": openly("{Visit} has a new date: {visit_on}.", visit=_visit),
    "visit.done.v1": openly("{Visit} took place.", visit=_visit),
    "family.answered.v1": openly("You have an answer to what you wrote to us."),
    "review.due.v1": privately("The day came to look at how things are going."),
    "review.recorded.v1": privately(
        lambda f: _HELPED.get(f.text("helped") or "", "You and the school looked at it together.")
    ),
    "referral.stepped.v1": privately(
        lambda f: _STEPPED.get(f.text("direction") or "", "It is now a request for other support.")
    ),
    "referral.closed.v1": privately("{Team} closed it."),
    "referral.reopened.v1": openly("It is open again, and {team} has it."),
    "referral.amended.v1": openly(
        lambda f: (
            "From now on we also tell other people."
            if f.data.get("parts") == ["contacts"]
            else "The school changed what it had sent."
        )
    ),
    # Where a child goes to school is nobody's business who has come by the link.
    "referral.moved.v1": privately("It moved with you to the new school on {moved_on}."),
    "evidence.added.v1": openly("The school added papers."),
    "answer.overdue.v1": openly("{Team} did not answer by the day it promised."),
    "case.opened.v1": openly("{Team} put it in its queue."),
    "case.completed.v1": openly("The papers that the panel needs are complete."),
    "case.listed.v1": openly(_dated),
    "case.unlisted.v1": openly("The panel can no longer look at it on {sits_on}."),
    "case.papers-requested.v1": openly("{Team} asked for what is missing: {missing}.", missing=_missing),
    "case.dates-corrected.v1": openly(
        "The council put right the legal dates: the decision is due by {due_on}."
    ),
    "withdrawal.answered.v1": openly(_withdrawal),
    "evidence.answered.v1": openly(_late_papers),
    "case.heard.v1": openly("The panel met and talked about it."),
    "case.chair-action.v1": openly(
        "The panel's chair looked at it, because it could not wait for a meeting."
    ),
    "case.passed-on.v1": openly("The panel passed it on to {team}."),
    "decision.issued.v1": privately("The council made its decision."),
    "decision.corrected.v1": privately(
        "The council put right a mistake in its decision: {changed}.", changed=_corrected
    ),
    "case.deferred.v1": openly("The panel could not decide yet: it needs {missing}.", missing=_missing),
    "case.withdrawn.v1": openly("The panel closed it, because somebody asked it to."),
    **places.HAPPENED,
}


def _queued(fact: Fact) -> str:
    if fact.data.get("complete") is False or fact.data.get("missing"):
        return "Your EHC co-ordinator is collecting what is missing. Then the panel will give it a date."
    if fact.day("due_on"):
        return "The panel will give it a date, and we will tell you. The decision is due by {due_on}."
    return "The panel will give it a date, and we will tell you."


def _holds_on(fact: Fact) -> str:
    return _EHC if fact.text("reason") == "decided-already" else "{Team}"


def _after_a_withdrawal(fact: Fact) -> str:
    if fact.text("reason") == "decided-already":
        return "There is a decision already. Your EHC co-ordinator will take the next step."
    return (
        "{Team} will close it."
        if fact.data.get("accepted")
        else "{Team} is going on with it, on the date you know."
    )


_QUEUED = then("{Team}", _queued, "due_on")
_ANSWERING = then("{Team}", "{Team} will read it, and answer by {answer_by}.", "answer_by")
_VISITING = then("{Team}", "{Visit} is on {visit_on}.", "visit_on", visit=_visit)
_DECIDING = then(
    "The council's deciding officer",
    "The officer will decide, and we will tell you by {decision_by}.",
    "decision_by",
)
_DECIDED = then(_EHC, "Your EHC co-ordinator will take the next step by {next_step_by}.", "next_step_by")
STANDING: Mapping[str, Then] = {
    "referral.received.v1": then(
        "The council's SEND service", "The service is deciding which team can best help."
    ),
    "referral.routed.v1": _ANSWERING,
    "referral.accepted.v1": then(
        "{Team}", "{Team} will take the next step by {next_step_by}.", "next_step_by"
    ),
    "referral.returned.v1": then(
        SCHOOL,
        lambda f: _RETURNED.get(f.text("reason") or "", "The school will decide with you what to do next."),
    ),
    "referral.concluded.v1": then(
        SCHOOL, "You and the school will look at how things are going on {review_on}.", "review_on"
    ),
    "withdrawal.requested.v1": then("{Team}", "The panel will answer the school."),
    "referral.withdrawn.v1": then("Nobody: the referral has ended", _NOTHING_MORE),
    "referral.waiting.v1": then(
        "The council's SEND service",
        "It is waiting until there is a panel for it. We will tell you when there is.",
    ),
    "information.asked.v1": then(
        SCHOOL, "The school will answer by {school_answers_by}. Then {team} will go on.", "school_answers_by"
    ),
    "school.answered.v1": _ANSWERING,
    "referral.reopened.v1": _ANSWERING,
    "visit.arranged.v1": _VISITING,
    "visit.moved.v1": _VISITING,
    "visit.done.v1": then("{Team}", "{Team} and the school will write down what they agreed."),
    "review.due.v1": then(SCHOOL, "You and the school will say whether it helped, and what to do next."),
    "review.recorded.v1": then(
        SCHOOL,
        "The school will decide with you whether you need more support. It can refer again at any time.",
    ),
    "referral.stepped.v1": then(
        "Whoever has the new request", "It has a new reference. We will tell you who is dealing with it."
    ),
    "referral.closed.v1": then("Nobody: the referral has ended", _NOTHING_MORE),
    "answer.overdue.v1": then(
        "{Team}", "{Team} owes you an answer. You can ask the team or the school why it is late."
    ),
    "case.opened.v1": _QUEUED,
    "case.completed.v1": _QUEUED,
    "case.listed.v1": then(
        "{Team}",
        "The panel meets on {sits_on}. We will tell you the decision by {decision_by}.",
        "decision_by",
    ),
    "case.unlisted.v1": then("{Team}", "The panel gives it a new date, and tells you the date.", "due_on"),
    "case.papers-requested.v1": then(
        "{Team}", "{Owner} will send what is missing by {bring_by}.", "bring_by", owner=_owner
    ),
    "withdrawal.answered.v1": then(_holds_on, _after_a_withdrawal),
    "case.heard.v1": _DECIDING,
    "case.chair-action.v1": _DECIDING,
    "case.passed-on.v1": _QUEUED,
    "decision.issued.v1": _DECIDED,
    "decision.corrected.v1": _DECIDED,
    "case.deferred.v1": then(
        "{Team}",
        "{Owner} will send what is missing. The panel will look at it again on {next_on}.",
        "next_on",
        owner=_owner,
    ),
    "case.withdrawn.v1": then("Nobody: the case has ended", _NOTHING_MORE),
    **places.STANDING,
}

#: Who of a team works on it, reminders to those who owe something, and what a school did about a message that came back
#: say nothing to a family.
NOT_SHOWN = frozenset(
    {
        *("case.rehomed.v1", "referral.assigned.v1", "answer.due.v1", "school.overdue.v1"),
        *("place.agreed-anew.v1", "telling.decided.v1"),
        "child.died.v1",  # it stops every message, and is told by none
    }
)
