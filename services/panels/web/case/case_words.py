"""Words for the codes of a case, as its pages say them."""

from collections.abc import Mapping

from services.panels.domain.legal.dates import ExceptionKind

BUDGET: Mapping[str, str] = {"yes": "yes, it is asked for", "no": "no", "not-known": "not known"}
TRANSFERS: Mapping[str, str] = {
    "none": "none is ahead",
    "school": "from early years into school",
    "junior": "from infant to junior school",
    "middle": "from primary to middle school",
    "secondary": "into secondary school",
    "post-16": "from secondary school to a place after 16",
    "another-post-16": "from one place after 16 to another",
}
EXCEPTIONS: Mapping[ExceptionKind, str] = {
    "school-closed": "the school that was asked for advice was closed for four weeks or more",
    "personal-circumstances": "exceptional personal circumstances of the child or a parent",
    "absent-from-area": "the child or a parent was away from the area for four weeks or more",
}
#: What happened to a case beside its changes of state.
HAPPENED: Mapping[str, str] = {
    "dates-given": "A date from which the law counts was given",
    "papers-arrived": "Papers arrived",
    "papers-requested": "Papers were asked for",
    "amount-asked": "What is asked of the fund was noted",
    "minutes-set": "How long it takes was noted",
    "linked": "It is heard together with another case",
    "parted": "It is heard by itself again",
    "set-out": "What the family asks for was noted",
    "exception-claimed": "An exception to a time limit was claimed",
    "child-died": "It was noted that the child has died",
    "evidence-added": "The school added papers",
    "evidence-raised": "The school added papers after the panel’s papers had closed",
    "evidence-answered": "The school was answered about its papers",
    "withdrawal-raised": "The school asked to withdraw it after papers had closed",
    "withdrawal-answered": "The school was answered about withdrawing it",
}
STATES: Mapping[str, str] = {
    "incomplete": "It came to the panel, and something was missing",
    "queued": "It was complete and waited for a sitting",
    "listed": "It was listed for a sitting",
    "heard": "The panel made its recommendation",
    "decided": "The authority decided",
    "deferred": "The panel deferred it",
    "withdrawn": "It was withdrawn",
}
