"""What families were told, in words for staff and schools: the kinds of message, and what became of one."""

from collections.abc import Mapping

#: What each kind of message says, by its template's code.
MESSAGES: Mapping[str, str] = {
    "referral.routed": "We have it, and who deals with it",
    "referral.waiting": "We have it, and it waits",
    "answer.overdue": "We are sorry: the answer is late",
    "referral.accepted": "A team took it on",
    "referral.returned": "The school has advice",
    "referral.concluded": "The work is done",
    "referral.stepped": "It goes on with another service",
    "referral.closed": "It was closed",
    "referral.reopened": "It was opened again",
    "referral.withdrawn": "It was withdrawn",
    "visit.arranged": "A visit has a date",
    "visit.moved": "The date of a visit has changed",
    "family.answered": "An answer to what somebody of the family wrote",
    "review.due": "Time to look at how things are going",
    "case.listed": "The panel has a date",
    "case.moved": "The panel's date has changed",
    "case.unlisted": "The panel's date has to change",
    "case.papers-requested": "A paper of yours is asked for",
    "place.offered": "A place is offered",
    "place.declined": "The place that was offered has to change",
    "placement.confirmed": "The first day is settled",
    "placement.ended": "The placement has ended",
    "support.settled": "The first day of the support is settled",
    "case.deferred": "The panel needs more",
    "case.withdrawn": "The panel has closed the case",
    "case.passed-on": "Another panel has it",
    "decision.issued": "A decision was made",
    "decision.corrected": "A decision was corrected",
    "reminder.visit": "A reminder: a visit is near",
    "reminder.reply": "A reminder: say whether you take the place",
    "reminder.review": "A reminder: soon you look at how things are going",
    "reminder.papers": "A reminder: a paper of yours is asked for",
    "reminder.first-day": "A reminder: the first day is near",
    "apology.decision": "We are sorry: the decision is late",
    "apology.step": "We are sorry: the next step is late",
    "apology.day": "Nobody said that a day took place: we are sorry if it did not",
    "update.waiting": "It still waits, and is not forgotten",
}
#: What became of a message to somebody, as the services keep it.
BECAME: Mapping[str, str] = {
    "sent": "told",
    "failed": "could not be told",
    "held": "not told yet: a person has to decide",
    "by-hand": "told in another way",
    "told": "told in another way",
    "again": "sent again",
    "not-to-be-told": "not to be told",
    "not-told": "not to be told",
}
#: After these the family has not been told, and somebody has to find a way.
UNTOLD = frozenset({"failed", "held"})
