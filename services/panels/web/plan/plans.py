"""What pages and programs are shown of a plan, and what they ask when they accept some of it.

A case that somebody may not see is left out of what they are shown, never out of the plan.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from chassis.decision import Refused
from services.panels import views
from services.panels.domain.cases.case import Case
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.plan.commands import AcceptPlan, Arrangement, Move, MoveCase
from services.panels.domain.plan.levels_in_words import TITLES, proof_in_words, proof_of
from services.panels.domain.plan.plans import Change, Plan, Proved, changes, with_siblings
from services.panels.replanning import Standing

UNSEEN = (
    "It is heard together with another case that is not open to you. Nothing was done: "
    "ask somebody who may see both to move them."
)
CHANGED = "The plan is not the one that you looked at, and does not propose that any more. Look at it again."


def of_plan(book: PanelBook, standing: Standing, seen: Sequence[Case]) -> dict[str, Any]:
    """The plan beside the sittings as they are; ``plan`` None while the first one is being made."""
    plan, ids = standing.plan, {case.case_id for case in seen}
    found = changes(plan, standing.asked.current) if plan else ()
    shown = [change for change in found if change.case_id in ids]
    references = {case.case_id: case.reference for case in seen}
    return {
        "panel": standing.asked.panel,
        "name": views.panel_name(book, standing.asked.panel),
        "plan": _of_plan(plan, standing) if plan else None,
        "too_large": standing.too_large,
        "sittings": _fills(standing, found),
        "changes": [of_change(change) | {"reference": references[change.case_id]} for change in shown],
        "further": len(found) - len(shown),
        "held": len(standing.asked.held),
        "unlisted": [one.model_dump() for one in (plan.unlisted if plan else ()) if one.case_id in ids],
    }


def _of_plan(plan: Plan, standing: Standing) -> dict[str, Any]:
    return {
        "digest": plan.digest,
        "made_at": plan.made_at.isoformat(),
        "state": plan.state if standing.fresh else "stale",
        "how": "one-by-one" if plan.one_by_one else "proved" if plan.proved else "not-proved",
        "sentence": proof_in_words(plan),
        "levels": [_of_level(each) for each in plan.proofs],
    }


def _of_level(proved: Proved) -> dict[str, Any]:
    return {
        "level": proved.level,
        "title": TITLES[proved.level],
        "value": proved.value,
        "bound": proved.value + proved.gap,
        "gap": proved.gap,
        "how": proved.how,
        "nodes": proved.nodes,
        "sentence": proof_of(proved),
    }


def of_change(change: Change) -> dict[str, Any]:
    """One case's change; ``told``: its family knows the date that would not hold any more."""
    return {
        "case_id": change.case_id,
        "from": change.was,
        "to": change.to,
        "told": change.told,
        "reason": change.reason,
    }


def _fills(standing: Standing, found: Iterable[Change]) -> list[dict[str, Any]]:
    """How full each sitting that takes cases is, and would be."""
    coming, going = [each.to for each in found], [each.was for each in found]
    return [
        {
            "sitting_id": id,
            "sits_on": one.sitting.sits_on.isoformat(),
            "capacity": one.sitting.capacity,
            "listed": one.listed,
            "planned": one.listed + coming.count(id) - going.count(id),
        }
        for one, seen in zip(standing.asked.filled, standing.asked.plan_sittings, strict=True)
        if not seen.locked
        for id in (one.sitting.sitting_id,)
    ]


def acceptance(
    standing: Standing,
    digest: str,
    chosen: Collection[str],
    told_ok: Collection[str],
    by: str,
    shown: Mapping[str, str] = MappingProxyType({}),
) -> AcceptPlan:
    """The command for the changes of these cases, with whoever is heard together with one.

    ``shown`` is where the plan had a case when the caller looked, by its id; empty for no sitting. Raises Refused
    where the plan as it is kept changes one of them in no way, or has one elsewhere than was shown.
    """
    plan = standing.plan
    found = {each.case_id: each for each in changes(plan, standing.asked.current)} if plan else {}
    marks = {case.case_id: case.siblings for case in standing.asked.cases}
    ids = with_siblings(chosen, marks) & found.keys()
    if not set(chosen) <= ids or any(shown.get(id, found[id].to or "") != (found[id].to or "") for id in ids):
        raise Refused("plan-changed", CHANGED)
    moves = tuple(Move(each.case_id, each.was, each.to) for each in found.values() if each.case_id in ids)
    arrangement = Arrangement(moves, _batches(standing, moves), frozenset(told_ok), by)
    return AcceptPlan(standing.asked.panel, digest, arrangement)


def concerned(standing: Standing, asked: Arrangement) -> list[Case]:
    """The cases that would change their places."""
    ids = {m.case_id for m in asked.moves}
    return [case for case in standing.asked.cases if case.case_id in ids]


def all_seen(asked: Arrangement, seen: Iterable[Case]) -> None:
    """Raises Refused where a case would change its place that whoever asks may not see; which one is not said."""
    if {m.case_id for m in asked.moves} - {case.case_id for case in seen}:
        raise Refused("heard-with-others", UNSEEN)


def proposed(standing: Standing, seen: Collection[str]) -> list[str]:
    """Those of the cases that somebody may see which the plan would change."""
    found = changes(standing.plan, standing.asked.current) if standing.plan else ()
    return [each.case_id for each in found if each.case_id in seen]


def by_hand(
    standing: Standing, case: Case, sitting_id: str, why: str, told_ok: bool, by: str, seen: int | None
) -> MoveCase:
    """The command that gives a case, and whoever is heard together with it, another place."""
    marks = {each.case_id: each.siblings for each in standing.asked.cases}
    ids = with_siblings([case.case_id], marks)
    current = standing.asked.current
    moves = tuple(
        Move(id, current.get(id), sitting_id) for id in sorted(ids) if current.get(id) != sitting_id
    )
    told = frozenset(ids) if told_ok else frozenset()
    return MoveCase(
        case.case_id, Arrangement(moves, _batches(standing, moves, sitting_id), told, by, why), seen
    )


def swapped(
    standing: Standing, case: Case, other: Case, why: str, told_ok: Collection[str], by: str, seen: int | None
) -> MoveCase:
    """The command by which two cases change their places, each with whoever is heard together with it.

    ``told_ok`` are those of the two whose family is to hear another date. Raises Refused unless each is on a batch that
    can still change, and another one than the other's.
    """
    marks = {each.case_id: each.siblings for each in standing.asked.cases}
    current = standing.asked.current
    here, there = (with_siblings([each.case_id], marks) for each in (case, other))
    was, to = current.get(case.case_id), current.get(other.case_id)
    if was is None or to is None or was == to:
        raise Refused(
            "nothing-to-swap", "Two cases change places that are before two sittings which can change."
        )
    moves = (*(Move(id, was, to) for id in sorted(here)), *(Move(id, to, was) for id in sorted(there)))
    yes = frozenset(id for group in (here, there) if group & set(told_ok) for id in group)
    return MoveCase(case.case_id, Arrangement(moves, _batches(standing, moves), yes, by, why), seen)


def _batches(
    standing: Standing, moves: Iterable[Move], *further: str
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    places = {place for m in moves for place in (m.was, m.to) if place} | set(further)
    known = standing.asked.batches
    return tuple((place, known.get(place, ())) for place in sorted(places))
