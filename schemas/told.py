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
