"""Families that could not be told, or say that they are reached elsewhere: what their school does about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chassis.decision import Decision, Refused
from schemas.family_v1 import ContactCorrected, CorrectedWay, TellingDecided
from schemas.told import UNTOLD
from services.referrals.domain.referral import FAMILY, ContactCheck, How, Referral, Told, known
from services.referrals.domain.work.moving import noted

Decided = Literal["told", "again"]
#: In the place of a person where nobody may be told: nothing can be sent.
NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class DecideTelling:
    """The school told somebody itself, or has the message sent again."""

    referral_id: str
    message_id: str
    decided: Decided
    by: str


@dataclass(frozen=True, slots=True)
class CheckContact:
    """Somebody at the school has looked at the record of a person's contact."""

    referral_id: str
    person_id: str
    way: CorrectedWay
    by: str


def untold(referral: Referral) -> list[Told]:
    """What could not be told, the oldest first; only of messages that are known by their id."""
    found = [each for each in referral.told if each.how in UNTOLD and each.message_id]
    return sorted(found, key=lambda each: each.at)


def waits(referral: Referral) -> bool:
    """Whether somebody at the school has to see to it that the family is reached: never once the child has died."""
    return not referral.child_has_died and bool(untold(referral) or referral.checks)


def decide(referral: Referral | None, command: DecideTelling, now: datetime) -> Decision[Referral]:
    """The notifications service does what was decided.

    Raises Refused where the message has got through meanwhile, and where nobody may be told by a message.
    """
    referral = known(referral)
    it = next((each for each in untold(referral) if each.message_id == command.message_id), None)
    if it is None:
        raise Refused("reached", "This has been seen to in the meantime: look at the list again.")
    again = command.decided == "again"
    if again and it.person_id == NOBODY:
        raise Refused("nobody", "There is nobody to send this to: record who may be told, and tell them.")
    how: How = "again" if again else "by-hand"
    after = it.model_copy(update={"how": how, "at": now, "why": ""})
    told = tuple(after if each == it else each for each in referral.told)
    event = TellingDecided(
        referral_id=referral.id,
        decided=command.decided,
        decided_at=now,
        **it.model_dump(include={"message_id", "person_id", "fact"}),
    )
    history = noted(referral, "telling-decided", now, command.by, detail=command.decided)
    return Decision(history.model_copy(update={"told": told}), (event,))


def corrected(referral: Referral | None, event: ContactCorrected, now: datetime) -> Decision[Referral]:
    """Somebody of the family gave another address or number on the page: their school is to look at its record."""
    referral = known(referral)
    check = ContactCheck(person_id=event.person_id, way=event.way, at=event.corrected_at)
    history = noted(referral, "contact-corrected", event.corrected_at, FAMILY, detail=event.way)
    checks = (*_others(referral, event.person_id, event.way), check)
    return Decision(history.model_copy(update={"checks": checks}))


def check(referral: Referral | None, command: CheckContact, now: datetime) -> Decision[Referral]:
    """The record was looked at. Raises Refused where a colleague has done so already."""
    referral = known(referral)
    others = _others(referral, command.person_id, command.way)
    if len(others) == len(referral.checks):
        raise Refused("checked", "This has been seen to in the meantime: look at the list again.")
    history = noted(referral, "contact-checked", now, command.by, detail=command.way)
    return Decision(history.model_copy(update={"checks": others}))


def _others(referral: Referral, person_id: str, way: CorrectedWay) -> tuple[ContactCheck, ...]:
    return tuple(each for each in referral.checks if (each.person_id, each.way) != (person_id, way))
