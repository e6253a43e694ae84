"""Contacts that another school gives of a child while those of its own school are in use.

They wait: they are told to no other service, and nobody is told there, until somebody who may says yes. A school
becomes the child's own by giving the first contacts, and another in its place by a recorded move. So no form, in
whatever order it comes, has a message go where nobody confirmed it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chassis.decision import Changes, Decision, Ref, Refused, World
from schemas.personal_v1 import PersonDetails
from services.referrals.domain.children.persons import PERSON, Answer, Offer, Person, described

_SHORTEST, _LONGEST = 10, 2000
#: What a person is reached by.
_REACH = ("address", "email", "phone")


@dataclass(frozen=True, slots=True)
class DecideContacts:
    """Somebody says whether the contacts that a referral's school gave are right.

    ``adult_ids`` are the adults of these contacts, ``seen`` when those were given that somebody looked at.
    ``reason`` is needed for a no.
    """

    child_id: str
    referral_id: str
    adult_ids: tuple[str, ...]
    seen: datetime
    accepted: bool
    by: str
    reason: str = field(default="", repr=False)


def touched(command: DecideContacts) -> list[Ref]:
    """The child, and the adults that were given."""
    return [PERSON.at(command.child_id), *map(PERSON.at, command.adult_ids)]


def apply_at_once(child: Person | None, urn: str | None) -> bool:
    """Whether contacts from this school are used without a question: nobody gave any, or it is the child's own."""
    return child is None or (urn is not None and child.details.school == urn)


def taken(
    world: World, persons: Sequence[PersonDetails], referral_id: str, now: datetime
) -> dict[Ref, Decision[Any]]:
    """What becomes of the persons of a form, the child first: they are in use from now on, or wait."""
    child = persons[0]
    known = world.get(PERSON, child.person_id)
    if known is None or apply_at_once(known, child.school):
        return {
            PERSON.at(each.person_id): described(world.get(PERSON, each.person_id), each) for each in persons
        }
    return {PERSON.at(child.person_id): Decision(waiting(known, persons, referral_id, now))}


def waiting(known: Person, persons: Sequence[PersonDetails], referral_id: str, now: datetime) -> Person:
    """The child with these contacts behind those in use, in place of what this referral gave before."""
    offer = Offer(urn=persons[0].school or "", referral_id=referral_id, at=now, persons=tuple(persons))
    others = (each for each in known.waiting if each.referral_id != referral_id)
    return known.model_copy(update={"waiting": (*others, offer)})


def decide(world: World, command: DecideContacts, now: datetime) -> Changes:
    """Brings them into use, or puts them aside for good.

    Raises Refused where they do not wait any more, are others than those that were looked at, or a no has no reason.
    """
    child = world.get(PERSON, command.child_id)
    offer = child.offer(command.referral_id) if child else None
    if child is None or offer is None:
        raise Refused("not-waiting", "Somebody has answered this already: go back and look at the child.")
    if offer.at != command.seen or {each.person_id for each in offer.persons[1:]} != set(command.adult_ids):
        raise Refused("changed-meanwhile", "The school has given others since you opened this: look again.")
    reason = command.reason.strip()
    if not command.accepted and not _SHORTEST <= len(reason) <= _LONGEST:
        raise Refused(
            "reason-missing", f"Say why not, in {_SHORTEST} to {_LONGEST} letters: the school reads it."
        )
    answer = Answer(
        urn=offer.urn,
        referral_id=offer.referral_id,
        at=now,
        by=command.by,
        accepted=command.accepted,
        reason=reason or None,
    )
    answered = child.without([offer], answer)
    if not command.accepted:
        return Changes({PERSON.at(command.child_id): Decision(answered), **_put_aside(world, offer)})
    return Changes(in_use(world, answered, [offer], child.details.school or offer.urn))


def in_use(world: World, child: Person, offers: Iterable[Offer], school: str) -> dict[Ref, Decision[Any]]:
    """The child and the adults as these offers say, the latest last; ``school`` is the child's own from now on."""
    before, decisions = child, dict[Ref, Decision[Any]]()
    for offer in offers:
        first, *adults = offer.persons
        new = described(child, first.model_copy(update={"school": school})).state
        child = new or child
        for each in adults:
            decisions[PERSON.at(each.person_id)] = described(
                world.get(PERSON, each.person_id), each, whole=True
            )
    details = child.details.model_copy(update={"school": school})
    child = child.model_copy(update={"details": details})
    events = (details,) if details != before.details else ()
    decisions[PERSON.at(details.person_id)] = Decision(child, events)
    return decisions


def moved(world: World, child: Person, urn: str, adult_ids: Iterable[str]) -> dict[Ref, Decision[Any]]:
    """The child at another school: what that school gave is in use; what others gave goes on waiting."""
    named = set(adult_ids)
    theirs = [
        each
        for each in child.waiting
        if each.urn == urn and named.issuperset(one.person_id for one in each.persons[1:])
    ]
    return in_use(world, child.without(theirs), theirs, urn)


def _put_aside(world: World, offer: Offer) -> dict[Ref, Decision[Any]]:
    """Adults of whom nothing is in use are known from now on as nobody who may be told."""
    nothing = {**dict.fromkeys(_REACH), "may_be_told": False}
    unknown = [each for each in offer.persons[1:] if world.get(PERSON, each.person_id) is None]
    silent = [each.model_copy(update=nothing) for each in unknown]
    return {PERSON.at(each.person_id): Decision(Person(details=each), (each,)) for each in silent}


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of what changes: for whom, which field, and both values in words."""

    who: str
    what: str
    now: str
    then: str


_SHOWN = (
    ("given_name", "Given name"),
    ("family_name", "Family name"),
    ("address", "Address"),
    ("email", "E-mail"),
    ("phone", "Telephone"),
    ("channel", "Prefers"),
    ("letters", "By letter"),
    ("role", "Role"),
    ("language", "Language"),
    ("may_be_told", "May be told"),
)


def differences(known: PersonDetails | None, given: PersonDetails) -> list[Difference]:
    """What is different of one person, in words."""
    who = "The child" if given.relation == "child" else f"{given.given_name} {given.family_name}"
    both = [
        (words, _words(getattr(known, name)) if known else "Not known", _words(getattr(given, name)))
        for name, words in _SHOWN
    ]
    return [Difference(who, words, now, then) for words, now, then in both if now != then]


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value or "Not given")
