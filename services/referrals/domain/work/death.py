"""A child has died: it is noted once, with every referral of the child, and no family is written to any more.

It stands with the child as well, so that a referral that comes later is one of a child who has died from its beginning.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chassis.decision import Changes, Decision, Ref, Refused, World
from schemas.children_v1 import ChildDied
from services.referrals.domain.children.persons import PERSON, Person
from services.referrals.domain.commands import OnReferral
from services.referrals.domain.referral import CLOCK, PAPERS, REFERRAL, Referral
from services.referrals.domain.work.moving import Move, decided, written

_SHORTEST, _LONGEST = 10, 2000


@dataclass(frozen=True, slots=True)
class NoteDeath:
    """The child has died. ``referral_ids`` are all that the child has, also what has ended, under every record.

    ``records`` are the ids of those records, ``child_id`` among them. ``certain`` is the second yes of whoever says
    so: there is no way back.
    """

    child_id: str
    records: tuple[str, ...]
    referral_ids: tuple[str, ...]
    by: str
    words: str
    certain: bool


def touched(command: NoteDeath) -> list[Ref]:
    """The child's records, its referrals, and their papers, which keep what was written."""
    ids = command.referral_ids
    return [*map(PERSON.at, command.records), *map(REFERRAL.at, ids), *map(PAPERS.at, ids)]


def note_death(world: World, command: NoteDeath, now: datetime) -> Changes:
    """Notes it with each referral that does not say so yet; where each of them is stays as it was.

    Raises Refused without a second yes, without saying how it is known, and where it is noted already.
    """
    if not _SHORTEST <= len(command.words.strip()) <= _LONGEST:
        raise Refused("reason-missing", f"Say how you know, in {_SHORTEST} to {_LONGEST} letters.")
    if not command.certain:
        raise Refused("not-certain", "Say that you are certain: this cannot be undone.")
    found = [each for id in command.referral_ids if (each := world.get(REFERRAL, id)) is not None]
    to_note = [each for each in found if not each.child_has_died]
    if not to_note:
        raise Refused("noted-already", "This is noted already: no message goes to the family.")
    decisions: dict[Ref, Decision[Any]] = {
        PERSON.at(id): _of_the_child(child, now)
        for id in command.records
        if (child := world.get(PERSON, id)) is not None and child.details.died_at is None
    }
    for before in to_note:
        after = Move(OnReferral(before.id, by=command.by), now).of(before, "child-died")
        fact = ChildDied(referral_id=before.id, child_id=command.child_id, noted_at=now)
        decisions[REFERRAL.at(before.id)] = decided(before, after, now, fact)
        if (papers := world.get(PAPERS, before.id)) is not None:
            words = command.words.strip()
            decisions[PAPERS.at(before.id)] = written(papers, after.version, "reason", words)
    return Changes(decisions, answer={"referrals": len(to_note)})


def _of_the_child(child: Person, now: datetime) -> Decision[Person]:
    details = child.details.model_copy(update={"died_at": now})
    return Decision(child.model_copy(update={"details": details}), (details,))


def from_its_beginning(child: Person | None, begun: Decision[Referral]) -> Decision[Referral]:
    """A referral as it begins. Where the child has died it says so before anybody could be told."""
    if child is None or child.details.died_at is None or begun.state is None:
        return begun
    referral, noted_at = begun.state, child.details.died_at
    after = Move(OnReferral(referral.id, by=CLOCK), referral.changed_at).of(referral, "child-died")
    received, *others = begun.events
    fact = ChildDied(referral_id=referral.id, child_id=referral.child_id, noted_at=noted_at)
    return replace(begun, state=after, events=(received, fact, *others))
