"""What happened to a referral, a step at a time, in plain English."""

from collections.abc import Mapping

from chassis.calendar import london_date
from chassis.english import in_words
from services.referrals.domain.referral import Step, What

_WORDS: Mapping[What, str] = {
    "received": "the school sent it",
    "routed": "it was sent on",
    "waiting": "it waits for a panel that does not sit yet",
    "accepted": "the team took it on",
    "assigned": "it was given to somebody of the team",
    "asked": "the school was asked a question",
    "answered": "the school answered",
    "returned": "it was given back to the school with advice",
    "visit-arranged": "a visit or training was arranged",
    "visit-moved": "a visit or training was moved to another day",
    "visit-done": "a visit or training took place",
    "concluded": "the team finished its work",
    "reviewed": "school and family said whether it helped",
    "stepped": "it was passed to another rung of support",
    "closed": "it was closed",
    "reopened": "it was reopened",
    "amended": "the school changed it",
    "evidence-added": "the school added evidence",
    "withdrawal-asked": "the school asked to withdraw it",
    "withdrawn": "it was withdrawn",
    "papers-requested": "the EHC co-ordinator asked for papers that are missing",
    "withdrawal-answered": "the panel answered the wish to withdraw it",
    "evidence-answered": "the panel answered about the evidence that came late",
    "answer-due": "the team was reminded of its promise",
    "overdue": "the team did not keep its promise",
    "school-overdue": "the school did not answer in time",
    "review-due": "the day of the review came",
    "family-answered": "the family had an answer to what it wrote",
    "page-code-handed": "somebody of the family was given a code for its page",
    "page-code-revoked": "a code for the family's page was taken back",
    "telling-decided": "the school saw to a message that did not reach the family",
    "contact-corrected": "somebody of the family gave another contact",
    "contact-checked": "the school looked at its record of a contact",
    "panel": "the panel went on with it",
    "moved": "the child went to another school",
    "child-died": "it was noted that the child has died",
}


def what_happened(step: Step) -> str:
    """One step in the middle of a sentence: what it was, and on which day."""
    return f"{_WORDS[step.what]} on {in_words(london_date(step.at))}"
