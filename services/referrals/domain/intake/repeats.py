"""What a new referral may repeat: one of the same child, from the same school and to the same destination."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

from chassis.decision import Kind, Ref, Refused, World
from schemas.submissions_v1 import ReferralSubmission
from services.referrals.domain.children.names import likeness
from services.referrals.domain.referral import Referral


@dataclass(frozen=True, slots=True)
class SameChild:
    """How a child is known again: by a permanent number, else by names and birth date; and at which school.

    Two permanent UPNs are two children, whatever their names; a temporary one ends in a letter, and counts as none.
    ``own`` is the id that the new referral has or will have: it repeats no other by being there already.
    """

    own: str
    urn: str
    child_id: str
    born: date
    upn: str | None
    likeness: str

    @property
    def ref(self) -> Ref:
        """What a rule names to look at what was sent before; the names come last, since they have blanks."""
        return EARLIER.at(
            f"{self.own} {self.urn} {self.child_id} {self.born} {self.upn or '-'} {self.likeness}"
        )

    @classmethod
    def read(cls, id: str) -> Self:
        """The child that the id of a ``ref`` means."""
        own, urn, child_id, born, upn, likeness = id.split(" ", 5)
        return cls(own, urn, child_id, date.fromisoformat(born), None if upn == "-" else upn, likeness)


def child_of(form: ReferralSubmission, own: str, child_id: str) -> SameChild:
    """The child of a form, which becomes the referral with the id ``own``; the child has the id ``child_id``."""
    child = form.child
    return SameChild(
        own=own,
        urn=form.urn,
        child_id=child_id,
        born=child.born,
        upn=permanent(child.upn),
        likeness=likeness(child.given_name, child.family_name),
    )


def permanent(upn: str | None) -> str | None:
    """The number, if it is for good."""
    return upn if upn is not None and upn[-1:].isdigit() else None


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a school has sent about a child and not withdrawn, the latest first; nothing that is restricted."""

    referrals: tuple[Referral, ...]


#: Is looked at and never written: the referrals are where they are.
EARLIER = Kind("earlier", Earlier)


class LikelyDuplicate(Refused):
    """The school sent the same not long ago, under ``references``."""

    def __init__(self, references: tuple[str, ...]) -> None:
        super().__init__("likely-duplicate", "This school sent a referral of this child not long ago.")
        self.references = references


def refuse_repeat(world: World, child: SameChild, destination: str, since: datetime) -> None:
    """Raises LikelyDuplicate where this destination was sent the same child by this school since then."""
    earlier = world.get(EARLIER, child.ref.id)
    if earlier is None:
        return
    found = tuple(
        each.reference
        for each in earlier.referrals
        if each.destination == destination and each.received_at >= since
    )
    if found:
        raise LikelyDuplicate(found)
