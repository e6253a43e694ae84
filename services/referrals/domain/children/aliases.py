"""Two records of one child: one becomes an alias of the other, for as long as nobody says that this was wrong.

Nothing of either record is rewritten, so that undoing it restores both exactly: referrals, cases and messages keep
the id that they have, and whoever shows a child gathers what belongs to all its records. Only whom families are told
at follows the record that is kept.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.decision import Changes, Decision, Kind, Ref, Refused, World
from schemas.children_v1 import PersonMerged, PersonUnmerged
from schemas.personal_v1 import PersonDetails
from services.referrals.domain.children.persons import PERSON, Person

_SHORTEST, _LONGEST = 10, 2000


@dataclass(frozen=True, slots=True)
class OnPair:
    """Two records, and what somebody says of them. ``by`` is who, ``reason`` why, in words."""

    kept: str
    other: str
    by: str
    reason: str = field(repr=False)


class MergePersons(OnPair):
    """Both are one child: ``other`` is an alias of ``kept`` from now on."""


class UnmergePersons(OnPair):
    """They are two children after all: ``other`` stands for itself again."""


class KeepApart(OnPair):
    """They look alike and are two children: nobody is asked again."""


class _State(BaseModel):
    model_config = ConfigDict(frozen=True)


class AliasStep(_State):
    """What somebody said of this record and another, and why."""

    did: Literal["merged", "unmerged", "kept-apart"]
    other: str
    by: str
    at: AwareDatetime
    reason: str


class Alias(_State):
    """Which record stands for this one, if another does; which look like it and are another child."""

    into: str | None = None
    apart: frozenset[str] = frozenset()
    steps: tuple[AliasStep, ...] = ()


ALIAS = Kind("alias", Alias)


def touched(command: OnPair) -> list[Ref]:
    """Both records' aliases, and the record whose contacts change."""
    return [ALIAS.at(command.kept), ALIAS.at(command.other), PERSON.at(command.other)]


def looked_at(command: OnPair) -> list[Ref]:
    """The record that is kept."""
    return [PERSON.at(command.kept)]


def merge(world: World, command: MergePersons, now: datetime) -> Changes:
    """Makes one an alias of the other.

    Raises Refused unless both are children born on one day, and where one is an alias already: two records that
    each stand for themselves can never make a circle.
    """
    kept, other = _both(world, command)
    if kept.details.born != other.details.born:
        raise Refused(
            "born-differs",
            "These have different birth dates: if one is wrong, ask the school to correct it first.",
        )
    alias = world.get(ALIAS, command.other) or Alias()
    if alias.into is not None or (world.get(ALIAS, command.kept) or Alias()).into is not None:
        raise Refused(
            "merged-already", "One of these stands for another record already: open that child first."
        )
    after = _stepped(alias, "merged", command, now, into=command.kept, apart=alias.apart - {command.kept})
    fact = PersonMerged(person_id=command.other, kept_id=command.kept, merged_at=now)
    return _changes(command, Decision(after, (fact,)), _reached_as(other.details, kept.details))


def unmerge(world: World, command: UnmergePersons, now: datetime) -> Changes:
    """Undoes it. Raises Refused where ``other`` is no alias of ``kept``."""
    _, other = _both(world, command)
    alias = world.get(ALIAS, command.other) or Alias()
    if alias.into != command.kept:
        raise Refused("not-merged", "These two are not merged, or no longer: open the child again.")
    after = _stepped(alias, "unmerged", command, now, into=None)
    fact = PersonUnmerged(person_id=command.other, unmerged_at=now)
    return _changes(command, Decision(after, (fact,)), other.details)


def keep_apart(world: World, command: KeepApart, now: datetime) -> Changes:
    """Says that they are two children. Raises Refused where they are merged."""
    _both(world, command)
    kept, other = (world.get(ALIAS, id) or Alias() for id in (command.kept, command.other))
    if command.kept == other.into or command.other == kept.into:
        raise Refused("merged-already", "These two are merged: undo that first.")
    after = _stepped(other, "kept-apart", command, now, apart=other.apart | {command.kept})
    return Changes({ALIAS.at(command.other): Decision(after)}, answer={"child": command.kept})


def _both(world: World, command: OnPair) -> tuple[Person, Person]:
    kept, other = world.get(PERSON, command.kept), world.get(PERSON, command.other)
    if command.kept == command.other:
        raise Refused("one-record", "This is one and the same record: choose two.")
    if kept is None or other is None or {kept.details.relation, other.details.relation} != {"child"}:
        raise Refused("child-unknown", "One of these records is not known as a child's: search again.")
    if not _SHORTEST <= len(command.reason.strip()) <= _LONGEST:
        raise Refused(
            "reason-missing", f"Say why in {_SHORTEST} to {_LONGEST} letters: the reason is kept and read."
        )
    return kept, other


def _stepped(alias: Alias, did: Any, command: OnPair, now: datetime, **facts: Any) -> Alias:
    step = AliasStep(did=did, other=command.kept, by=command.by, at=now, reason=command.reason.strip())
    return alias.model_copy(update={"steps": (*alias.steps, step), **facts})


def _reached_as(other: PersonDetails, kept: PersonDetails) -> PersonDetails:
    """The other record as those are to reach it who tell the child of its referrals."""
    names = ("address", "email", "phone", "may_be_told", "channel", "language")
    return other.model_copy(update={name: getattr(kept, name) for name in names})


def _changes(command: OnPair, alias: Decision[Alias], details: PersonDetails) -> Changes:
    """The alias, and the contacts to use for it from now on; the record itself stays as it is."""
    decisions: dict[Ref, Decision[Any]] = {
        ALIAS.at(command.other): alias,
        PERSON.at(command.other): Decision(events=(details,)),
    }
    return Changes(decisions, answer={"child": command.kept})
