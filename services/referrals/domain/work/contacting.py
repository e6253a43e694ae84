"""Contacts as the school changes them after sending: its own are used at once, another school's wait."""

from collections.abc import Iterator, Sequence
from typing import Any

from chassis.decision import Decision, Ref, Refused, World
from schemas.personal_v1 import PersonDetails
from services.referrals.domain.children.ages import is_young_person
from services.referrals.domain.children.contacts import apply_at_once, waiting
from services.referrals.domain.children.persons import PERSON, Person, adult_details, described
from services.referrals.domain.commands import AmendReferral, Contacts
from services.referrals.domain.identity import Ids
from services.referrals.domain.referral import PAPERS, REFERRAL, Referral
from services.referrals.domain.work.moving import Move


def touched(command: AmendReferral) -> list[Ref]:
    """The referral, its papers, the child, and the adults whose contacts are given."""
    id, persons = command.referral_id, (command.child_id, *command.adult_ids)
    return [REFERRAL.at(id), PAPERS.at(id), *map(PERSON.at, persons)]


def adult_ids(referral: Referral, contacts: Contacts) -> tuple[str, ...]:
    """The ids of the adults that are given: those of the referral, and new ones behind them."""
    number = max(len(contacts.adults), len(referral.adults))
    new = (Ids.adult(referral.id, index) for index in range(len(referral.adults), number))
    return (*referral.adults, *new)


def known(
    child: Person, adults: Sequence[PersonDetails | None], referral_id: str
) -> list[PersonDetails | None]:
    """What the school has given so far, the child first: what waits of it, or what is in use."""
    offer = child.offer(referral_id)
    return [*offer.persons] if offer else [child.details, *adults]


def given(
    world: World, command: AmendReferral, referral: Referral, child: Person, move: Move
) -> tuple[PersonDetails, ...] | None:
    """The persons as the contacts describe them, the child first; None where nothing of them is new.

    Raises Refused where adults of the referral are left out: one who is not to be told any more is said to be so.
    """
    contacts = command.changes.contacts
    if contacts is None:
        return None
    if len(contacts.adults) < len(referral.adults) or command.adult_ids != adult_ids(referral, contacts):
        raise Refused(
            "adults-left-out", "Name every adult of the referral, and say of each whether to tell them."
        )
    before = known(child, [_details(world, id) for id in command.adult_ids], referral.id)
    after = tuple(_persons(child, contacts, command, referral, move))
    return None if list(after) == before else after


def _details(world: World, id: str) -> PersonDetails | None:
    person = world.get(PERSON, id)
    return person.details if person else None


def _persons(
    child: Person, contacts: Contacts, command: AmendReferral, referral: Referral, move: Move
) -> Iterator[PersonDetails]:
    own, born = contacts.child, child.details.born
    reachable = own.email is not None or own.phone is not None
    yield child.details.model_copy(
        update={
            "email": own.email,
            "phone": own.phone,
            "address": own.address,
            "language": own.language or "en",
            "channel": "text" if own.email is None and own.phone else "email",
            "may_be_told": reachable and born is not None and is_young_person(born, move.today),
            "school": _school(child, referral),
        }
    )
    for id, adult in zip(command.adult_ids, contacts.adults, strict=True):
        yield adult_details(id, adult, referral.urn)


def _school(child: Person, referral: Referral) -> str | None:
    """Of what is used at once the child's own; of what waits, whoever gave it."""
    return child.details.school if apply_at_once(child, referral.urn) else referral.urn


def facts(referral: Referral, persons: Sequence[PersonDetails]) -> dict[str, Any]:
    """What of the referral follows from its persons: who they are, and who is told."""
    told = tuple(each.person_id for each in persons if each.may_be_told)
    return {"adults": tuple(each.person_id for each in persons[1:]), "tell": told}


def decisions(
    world: World, child: Person, referral: Referral, persons: Sequence[PersonDetails], move: Move
) -> dict[Ref, Decision[Any]]:
    """What becomes of the persons."""
    if not apply_at_once(child, referral.urn):
        return {PERSON.at(referral.child_id): Decision(waiting(child, persons, referral.id, move.now))}
    return {
        PERSON.at(each.person_id): described(world.get(PERSON, each.person_id), each, whole=True)
        for each in persons
    }
