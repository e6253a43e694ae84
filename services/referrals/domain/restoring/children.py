"""Which records are one child, and schools that a child left, told by the service's own facts."""

from chassis.decision import Decision
from schemas.children_v1 import ChildDied, ChildMoved, PersonMerged, PersonUnmerged
from services.referrals.domain.children.aliases import Alias
from services.referrals.domain.referral import Referral, Relocation, Step
from services.referrals.domain.restoring.work import LOST_BY


def merged(alias: Alias | None, fact: PersonMerged) -> Decision[Alias]:
    """Another record stands for this one. Who said so and why only the database knew."""
    return Decision((alias or Alias()).model_copy(update={"into": fact.kept_id}))


def unmerged(alias: Alias | None, fact: PersonUnmerged) -> Decision[Alias]:
    """The record stands for itself again."""
    return Decision((alias or Alias()).model_copy(update={"into": None}))


def moved(referral: Referral | None, fact: ChildMoved) -> Decision[Referral]:
    """The referral is the new school's. With whom it is then says the fact that follows, if that changed."""
    if referral is None:
        return Decision()
    version = referral.version + 1
    step = Step(
        version=version, at=fact.moved_at, by=LOST_BY, what="moved", detail=fact.urn, on=fact.moved_on
    )
    left = Relocation(urn=fact.former_urn, area=referral.area, until=fact.moved_on, at=fact.moved_at)
    facts = {
        "urn": fact.urn,
        "area": fact.area,
        "version": version,
        "changed_at": fact.moved_at,
        "schools": (*referral.schools, left),
        "history": (*referral.history, step),
    }
    return Decision(referral.model_copy(update=facts))


def died(referral: Referral | None, fact: ChildDied) -> Decision[Referral]:
    """It was noted that the child has died. Who said so and how they knew only the database knew."""
    if referral is None:
        return Decision()
    version = referral.version + 1
    step = Step(version=version, at=fact.noted_at, by=LOST_BY, what="child-died")
    facts = {"version": version, "changed_at": fact.noted_at, "history": (*referral.history, step)}
    return Decision(referral.model_copy(update=facts))
