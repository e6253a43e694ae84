"""Compulsory school age ends: from then on the young person is told, beside those who may be told already.

Rights pass to the young person at the end of the school leaving date (Children and Families Act 2014 section 83(2)).
Adults go on being told as the school recorded it, until it records otherwise.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.calendar import london_date
from chassis.decision import Changes, Decision, Ref, World
from schemas.referral_work_v1 import ReferralAmended
from services.referrals.domain.children.ages import is_young_person
from services.referrals.domain.children.persons import PERSON, Person
from services.referrals.domain.commands import OnReferral
from services.referrals.domain.referral import CLOCK, REFERRAL
from services.referrals.domain.work.moving import Move, decided


@dataclass(frozen=True, slots=True)
class TellYoungPerson:
    """Compulsory school age of this child has ended; ``referral_ids`` are those that have not ended."""

    child_id: str
    referral_ids: tuple[str, ...]


def touched(command: TellYoungPerson) -> list[Ref]:
    """The child, and the referrals of which they are told from now on."""
    return [PERSON.at(command.child_id), *map(REFERRAL.at, command.referral_ids)]


def tell_young_person(world: World, command: TellYoungPerson, now: datetime) -> Changes:
    """Nothing where it is too early, or the young person has no contact of their own: the school has to ask them."""
    child = world.get(PERSON, command.child_id)
    if child is None or not _turns(child, now):
        return Changes({})
    details = child.details.model_copy(update={"may_be_told": True})
    decisions: dict[Ref, Decision[Any]] = {
        PERSON.at(command.child_id): Decision(child.model_copy(update={"details": details}), (details,)),
        **dict(_told_too(world, command, now)),
    }
    return Changes(decisions)


def _turns(child: Person, now: datetime) -> bool:
    known = child.details
    reachable = known.email is not None or known.phone is not None
    of_age = known.born is not None and is_young_person(known.born, london_date(now))
    return reachable and of_age and not known.may_be_told and known.died_at is None


def _told_too(world: World, command: TellYoungPerson, now: datetime) -> Iterator[tuple[Ref, Decision[Any]]]:
    for id in command.referral_ids:
        before = world.get(REFERRAL, id)
        if before is None or command.child_id in before.tell:
            continue
        tell = (*before.tell, command.child_id)
        after = Move(OnReferral(id, by=CLOCK), now).of(before, "amended", detail="contacts", tell=tell)
        fact = ReferralAmended(referral_id=id, parts=("contacts",), amended_at=now, tell=tell)
        yield REFERRAL.at(id), decided(before, after, now, fact)
