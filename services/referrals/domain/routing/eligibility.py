"""For whom a destination is and what it asks to see, in words, and what of that a referral lacks.

The data of one place, a destination's ``for`` and ``asks``, says it to routing, to the form, to the directory and to
the tools alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from dateutil.relativedelta import relativedelta

from chassis.english import capital, listed
from schemas.codes import SenProvision
from schemas.personal_v1 import ReferralPapers
from schemas.submissions_v1 import Agreement, ReferralSubmission
from schemas.words import NEEDS
from services.referrals.domain.referral import Papers
from services.referrals.domain.routing.conditions import Span, Who
from services.referrals.domain.routing.teams import Asks, Destination
from services.referrals.domain.words import EVIDENCE_WORDS, PHASE_WORDS, year_words

Lacking = Literal["cycles", "recent-cycle", "agreement", "parents-views", "childs-views", "evidence"]

_YOUNGEST, _OLDEST = 0, 25
_PROVISION_WORDS: dict[SenProvision, str] = {
    "E": "with an EHCP",
    "K": "at SEN support",
    "N": "without SEN support",
}


@dataclass(frozen=True, slots=True)
class Given:
    """What a referral brings of that which destinations ask to see. ``reviewed`` are the days of each round."""

    rounds: int = 0
    reviewed: Sequence[date] = ()
    evidence: frozenset[str] = frozenset()
    parents_say: bool = False
    child_says: bool = False
    agreed: bool | None = None


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that the destination will ask for, as a sentence; ``short`` names it alone."""

    what: Lacking
    words: str
    short: str


def given_in(form: ReferralSubmission) -> Given:
    """What a checked form brings."""
    return _given(form, form.agreement)


def given_since(papers: Papers) -> Given:
    """What a referral has brought by now, with all that was added after it was sent."""
    return _given(papers.papers, papers.agreement)


def _given(words: ReferralSubmission | ReferralPapers, agreement: Agreement) -> Given:
    return Given(
        rounds=len(words.tried),
        reviewed=tuple(each.reviewed for each in words.tried if each.reviewed),
        evidence=frozenset(each.kind for each in words.evidence),
        parents_say=bool(words.views and words.views.parents_say),
        child_says=bool(words.views and words.views.child_says),
        agreed=agreement.agreed,
    )


def lacks(destination: Destination, given: Given, today: date) -> Iterator[Lack]:
    """What the destination will ask for before it can begin; it keeps nobody from sending."""
    name, asks = f"The {destination.name}", destination.asks
    yield from _of_rounds(name, asks, given, today)
    if asks.agreement and given.agreed is False:
        words = f"{name} works with the family's agreement: they will ask what was done about it."
        yield Lack("agreement", words, "the family's agreement")
    if asks.views and not given.parents_say:
        yield Lack("parents-views", f"{name} will ask what the parents say.", "what the parents say")
    if asks.views and not given.child_says:
        yield Lack("childs-views", f"{name} will ask what the child says.", "what the child says")
    for kind in asks.evidence:
        if kind not in given.evidence:
            short = EVIDENCE_WORDS[kind]
            yield Lack("evidence", f"{name} will ask for this: {short}.", short)


def _of_rounds(name: str, asks: Asks, given: Given, today: date) -> Iterator[Lack]:
    if given.rounds < asks.cycles:
        short = f"{_rounds(asks.cycles)} of assess, plan, do, review"
        yield Lack("cycles", f"{name} asks for {short}; you have given {given.rounds}.", short)
    elif asks.within_months is not None and given.rounds:
        since = today - relativedelta(months=asks.within_months)
        if not any(since <= each for each in given.reviewed):
            short = f"a round that was reviewed within the last {asks.within_months} months"
            yield Lack("recent-cycle", f"{name} asks for {short}.", short)


def _rounds(number: int) -> str:
    return "one round" if number == 1 else f"{number} rounds"


# In words -----------------------------------------------------------------------------------------


def for_whom(destination: Destination) -> str | None:
    """For whom a destination is: the sentence of its file, and what its conditions say; None where it is for all."""
    sentences = [destination.for_whom, conditions(destination.for_)]
    return " ".join(filter(None, sentences)) or None


def conditions(who: Who) -> str | None:
    """Conditions on a child as a sentence, such as "Taken are children from 5 on with autism as the main need."."""
    words = child_words(who)
    return f"Taken are children {words}." if words else None


def child_words(who: Who) -> str:
    """The same after "a child" or "children"; empty where there is no condition."""
    return ", ".join(_conditions(who))


def _conditions(who: Who) -> Iterator[str]:
    if who.ages is not None:
        yield _span("of", who.ages)
    if who.years is not None:
        yield f"in {year_words(who.years.from_)} to {year_words(who.years.to)}"
    if who.phases is not None:
        yield f"in {_any_of(PHASE_WORDS[each] for each in sorted(who.phases))}"
    if who.needs is not None:
        yield f"whose main need is {_any_of(NEEDS[each] for each in sorted(who.needs))}"
    if who.any_need is not None:
        yield f"with {_any_of(NEEDS[each] for each in sorted(who.any_need))} among their needs"
    if who.sen_provision is not None:
        yield _any_of(_PROVISION_WORDS[each] for each in sorted(who.sen_provision))
    if who.looked_after is not None:
        yield "who are looked after" if who.looked_after else "who are not looked after"


def _span(of: str, ages: Span) -> str:
    if ages.from_ <= _YOUNGEST:
        return f"{of} up to {ages.to} years"
    return (
        f"{of} {ages.from_} years and over" if ages.to >= _OLDEST else f"{of} {ages.from_} to {ages.to} years"
    )


def _any_of(words: Iterator[str]) -> str:
    return listed(list(words), "or")


def asked(destination: Destination) -> list[str]:
    """What a destination asks to see, each as a phrase; empty where it asks for nothing."""
    asks = destination.asks
    found = []
    if asks.cycles:
        recent = f", the last reviewed within {asks.within_months} months" if asks.within_months else ""
        found.append(f"{_rounds(asks.cycles)} of assess, plan, do, review{recent}")
    found += [EVIDENCE_WORDS[kind] for kind in asks.evidence]
    if asks.views:
        found.append("what the parents and the child say")
    if asks.agreement:
        found.append("the family’s agreement")
    return [capital(each) for each in found]
