"""Erasing a person: who may order it, and what must have ended before.

The basis of the work is a public task, so erasure is the exception, and needs a ground of article 17(1) of the UK GDPR
that is recorded. Two people who manage the service say yes to it. What it deletes is in `chassis.erasing`.
"""

from dataclasses import dataclass
from datetime import datetime

from chassis.decision import Changes, Decision, Ref, Refused, World
from chassis.erasure import ERASURE, erasure_id_of, ordered
from schemas.erasure_v1 import ErasureGround, PersonErased
from services.referrals.domain.holding import LEGAL_HOLD, is_held, may_order
from services.referrals.domain.queues import stage
from services.referrals.domain.referral import REFERRAL, Referral
from services.referrals.domain.staff.members import STAFF

#: Stages of the way to a place after which nobody is on it any more.
_OVER = frozenset({"ended", "support-ended"})


@dataclass(frozen=True, slots=True)
class ErasePerson:
    """``persons`` are all records of one person, ``others`` those who are known by these referrals alone.

    ``by`` orders it and ``second`` agrees: ids of two members of staff.
    """

    persons: tuple[str, ...]
    referrals: tuple[str, ...]
    others: tuple[str, ...]
    ground: ErasureGround
    by: str
    second: str

    @property
    def id(self) -> str:
        """The one erasure of these records."""
        return erasure_id_of(min(self.persons))


def touched(command: ErasePerson) -> list[Ref]:
    """The erasure itself."""
    return [ERASURE.at(command.id)]


def looked_at(command: ErasePerson) -> list[Ref]:
    """The referrals, legal holds, and who says yes."""
    people = (STAFF.at(command.by), STAFF.at(command.second))
    return [*map(REFERRAL.at, command.referrals), *map(LEGAL_HOLD.at, command.persons), *people]


def erase(world: World, command: ErasePerson, now: datetime) -> Changes:
    """Erases a person; answers the erasure's id.

    Raises Refused unless two say so who may, no legal hold keeps them, and nobody works on a referral of theirs.
    """
    if world.get(ERASURE, command.id) is not None:
        raise Refused("erased-already", "This person was erased already.")
    _two_say_yes(world, command, now)
    if any(is_held(world.get(LEGAL_HOLD, id)) for id in command.persons):
        raise Refused("legal-hold", "A legal hold keeps what is held about this person: lift it first.")
    for id in command.referrals:
        referral = world.get(REFERRAL, id)
        if referral is not None and not has_ended(referral):
            raise Refused(
                "still-open",
                f"The referral {referral.reference} is still open: withdraw or close it first, and end a place.",
            )
    fact = PersonErased(
        erasure_id=command.id,
        person_ids=(*command.persons, *command.others),
        referral_ids=command.referrals,
        ground=command.ground,
        erased_at=now,
    )
    done = ordered(fact).model_copy(update={"answered_at": now})
    return Changes({ERASURE.at(command.id): Decision(done, (fact,))}, answer=command.id)


def has_ended(referral: Referral) -> bool:
    """Whether nobody works on it any more, and the child is on no way to a place."""
    return stage(referral) == "ended" and (referral.place is None or referral.place.stage in _OVER)


def _two_say_yes(world: World, command: ErasePerson, now: datetime) -> None:
    if command.by == command.second:
        raise Refused("second-yes-missing", "Somebody else has to agree: name another one with --second.")
    for id in (command.by, command.second):
        if not may_order(world.get(STAFF, id), now):
            raise Refused(
                "not-allowed", "Only administrators and service managers order an erasure, and agree to it."
            )
