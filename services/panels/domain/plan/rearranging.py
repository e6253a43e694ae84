"""How cases change their places: as the plan proposes, or one by hand. All of a change commits together, or nothing.

A case that leaves one sitting for another is unlisted and listed at once, so that its family hears the new date once.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from chassis.decision import Changes, Decision, Ref, Refused, World
from schemas.panels_v1 import SittingConfirmed
from services.panels.domain.cases.case import CASE, Case, Moved, as_seen, known
from services.panels.domain.faults import Wrong
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.plan.commands import AcceptPlan, Arrangement, KeepPlan, Move, MoveCase
from services.panels.domain.plan.plans import PLAN, Plan
from services.panels.domain.sittings.agenda import in_time, listed_there, opened, settled_batch
from services.panels.domain.sittings.sitting import SITTING, Sitting
from services.panels.domain.sittings.unlisting import unlisted

_CHANGED = "Somebody changed this meanwhile. Nothing of yours was done: look at it again, then decide."


def keep(plan: Plan | None, command: KeepPlan, now: datetime) -> Decision[Plan]:
    """The plan as it was just made, or found to be right still.

    One that is there already stays, with what was accepted of it, and is noted to be that of the later question. One of
    a later question stays as it is: another process was quicker, and this one took long over things as they were.
    """
    if plan is not None and command.plan.is_older_than(plan):
        return Decision()
    if plan is not None and plan.digest == command.plan.digest:
        return Decision(plan.model_copy(update={"read_at": command.plan.read_at}))
    return Decision(command.plan)


def touches(command: AcceptPlan | MoveCase) -> Iterable[Ref]:
    """The plan if it is one, every sitting concerned, and every case on their batches or to be on them."""
    asked = command.arrangement
    cases = {case_id for _, batch in asked.batches for case_id in batch} | {m.case_id for m in asked.moves}
    places = [SITTING.at(sitting_id) for sitting_id, _ in asked.batches]
    plan = [PLAN.at(command.panel)] if isinstance(command, AcceptPlan) else []
    return [*plan, *places, *map(CASE.at, sorted(cases))]


def accept(book: PanelBook, world: World, command: AcceptPlan, now: datetime) -> Changes:
    """Does what the plan proposes for the cases that were chosen.

    Raises Refused where the plan has changed and does not propose that any more, and as `rearranged`.
    """
    plan = world.get(PLAN, command.panel)
    if plan is None:
        raise Refused("no-plan", "There is no plan of this panel yet: it is made within seconds.")
    asked = command.arrangement
    if plan.digest != command.seen and any(plan.place_of(m.case_id) != m.to for m in asked.moves):
        raise Refused("plan-changed", f"The plan is not the one that you looked at. {_CHANGED}")
    changed = rearranged(book, world, asked, plan.reasons, now)
    accepted = Decision(plan.model_copy(update={"state": "accepted"}))
    return Changes({**changed.decisions, PLAN.at(plan.panel): accepted}, answer=changed.answer)


def move(book: PanelBook, world: World, command: MoveCase, now: datetime) -> Changes:
    """One case, with those who are heard with it, is given another place. Raises Refused as `rearranged`."""
    as_seen(world.get(CASE, command.case_id), command.seen)
    return rearranged(book, world, command.arrangement, {}, now)


def rearranged(
    book: PanelBook, world: World, asked: Arrangement, reasons: Mapping[str, str], now: datetime
) -> Changes:
    """The changes of all cases and sittings concerned; ``reasons`` are the plan's, by case.

    Raises Refused unless every case is where whoever asks saw it and may be heard where it goes, there is room, the
    batches are those that were seen, and a person said yes to each date that a family knows and that changes.
    """
    if not asked.moves:
        raise Refused("nothing-chosen", "Choose at least one case.")
    cases = {m.case_id: _where_it_was(world.get(CASE, m.case_id), m) for m in asked.moves}
    _said_yes(asked)
    _together(cases, asked)
    sittings = {id: _as_it_was(world.get(SITTING, id), seen, now) for id, seen in asked.batches}
    batches = {id: _batch(world, sitting, asked.moves) for id, sitting in sittings.items()}
    decisions: dict[Ref, Decision[Any]] = {}
    for id, sitting in sittings.items():
        _has_room(world, book, sitting, batches[id])
        decisions[SITTING.at(id)] = _settled(_with_asides(sitting, sittings, asked.moves), batches[id], now)
    for m in asked.moves:
        why = asked.why or reasons.get(m.case_id, "")
        note = Moved(was=m.was, to=m.to, at=now, by=asked.by, why=why, by_hand=bool(asked.why))
        case, to = _noted(cases[m.case_id], note), sittings[m.to] if m.to else None
        decisions[CASE.at(m.case_id)] = _moved(case, to, book, now)
    return Changes(decisions, answer=_answer(asked.moves))


def _where_it_was(case: Case | None, asked: Move) -> Case:
    case = known(case)
    here = case.listing.sitting_id if case.status == "listed" and case.listing else None
    if here != asked.was or case.status not in ("queued", "listed"):
        raise Refused("changed-meanwhile", f"Case {case.case_id} is {case.status} by now. {_CHANGED}")
    if asked.to == asked.was:
        raise Refused("same-place", f"Case {case.case_id} is there already.")
    return case


def _said_yes(asked: Arrangement) -> None:
    unasked = [m.case_id for m in asked.moves if m.was is not None and m.case_id not in asked.told_ok]
    if unasked:
        tell = "The family knows the present date: say that you want it changed."
        faults = tuple(Wrong(f"told-{case_id}", "family-knows", tell) for case_id in unasked)
        raise Refused("family-knows", tell, faults=faults)


def _together(cases: Mapping[str, Case], asked: Arrangement) -> None:
    places: dict[str, str | None] = {}
    for m in asked.moves:
        mark = cases[m.case_id].siblings
        if mark is not None and places.setdefault(mark, m.to) != m.to:
            raise Refused("siblings-apart", "Brothers and sisters are heard together: give all one sitting.")


def _as_it_was(sitting: Sitting | None, seen: tuple[str, ...], now: datetime) -> Sitting:
    sitting = opened(sitting, now)
    if set(sitting.case_ids) != set(seen):
        raise Refused("agenda-changed", f"Somebody changed a batch. {_CHANGED}")
    return sitting


def _batch(world: World, sitting: Sitting, moves: Iterable[Move]) -> tuple[str, ...]:
    leaving = {m.case_id for m in moves if m.was == sitting.sitting_id}
    kept = [id for id in sitting.case_ids if known(world.get(CASE, id)).sits(sitting.sitting_id)]
    coming = [m.case_id for m in moves if m.to == sitting.sitting_id]
    return (*(id for id in kept if id not in leaving), *coming)


def _has_room(world: World, book: PanelBook, sitting: Sitting, batch: tuple[str, ...]) -> None:
    if len(batch) > sitting.capacity:
        raise Refused(
            "capacity-exceeded",
            f"The sitting {sitting.sitting_id} hears {sitting.capacity} cases, and this would make {len(batch)}: "
            "move another case away from it first.",
        )
    if panel := book.at(sitting.panel, sitting.sits_on):
        in_time(sitting, panel, [known(world.get(CASE, id)) for id in batch])


def _settled(sitting: Sitting, batch: tuple[str, ...], now: datetime) -> Decision[Sitting]:
    if batch:
        return settled_batch(sitting, batch, now)
    flag = "confirmation-due" if now >= sitting.confirm_by else None
    changes = {"status": "scheduled", "case_ids": (), "confirmed_at": None, "flag": flag}
    emptied = SittingConfirmed(sitting_id=sitting.sitting_id, case_ids=(), confirmed_at=now)
    return Decision(sitting.model_copy(update=changes), (emptied,))


def _with_asides(sitting: Sitting, all_of_them: Mapping[str, Sitting], moves: Iterable[Move]) -> Sitting:
    """The sitting with whoever sits here and stood aside for a case where it comes from: they do so here, too."""
    there = {each.staff_id for each in sitting.members}
    came = {m.case_id: all_of_them[m.was].aside for m in moves if m.to == sitting.sitting_id and m.was}
    known = {(each.staff_id, each.case_id) for each in sitting.aside}
    brought = [
        each
        for case_id, asides in came.items()
        for each in asides
        if each.case_id == case_id and each.staff_id in there and (each.staff_id, case_id) not in known
    ]
    return sitting.model_copy(update={"aside": (*sitting.aside, *brought)}) if brought else sitting


def _noted(case: Case, note: Moved) -> Case:
    """The case with a note of the change, where it had a place before or somebody chose this one by hand."""
    return case.model_copy(update={"moves": (*case.moves, note)}) if note.was or note.by_hand else case


def _moved(case: Case, to: Sitting | None, book: PanelBook, now: datetime) -> Decision[Case]:
    was_on = case.listing.sits_on if case.listing else None
    left = unlisted(case, "moved" if to else "withdrawn", now) if was_on else Decision(case)
    if to is None:
        return left
    panel = book.at(to.panel, to.sits_on)
    if panel is None:
        raise Refused("unknown-panel", "No file in panels/ describes this panel on the day of the sitting.")
    there = listed_there(left.state, case.case_id, to, panel, book, now)
    if was_on is None:
        return there
    told = tuple(event.model_copy(update={"why": "moved", "was_on": was_on}) for event in there.events)
    return Decision(there.state, (*left.events, *told))


def _answer(moves: Iterable[Move]) -> dict[str, list[str]]:
    return {
        "listed": [m.case_id for m in moves if m.was is None],
        "moved": [m.case_id for m in moves if m.was and m.to],
        "unlisted": [m.case_id for m in moves if m.to is None],
    }
