"""How a sitting gets its cases: the co-ordinator confirms a batch, and all of it commits together."""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from chassis.decision import Changes, Decision, Ref, Refused, World
from schemas.panels_v1 import CaseListed, SittingConfirmed
from services.panels.domain.cases.case import CASE, Case, Listing, known
from services.panels.domain.commands import ConfirmSitting
from services.panels.domain.panels.panel import Panel
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.sittings.sitting import SITTING, Sitting, locked, locking, takes_cases
from services.panels.domain.sittings.unlisting import unlisted


def touches(command: ConfirmSitting) -> Iterable[Ref]:
    """The sitting, every case to be on it, and every case that was on it before."""
    return [
        SITTING.at(command.sitting_id),
        *map(CASE.at, sorted({*command.case_ids, *command.seen, *command.siblings})),
    ]


def _named(command: ConfirmSitting) -> list[str]:
    return sorted({*command.case_ids, *command.seen, *command.siblings})


def confirm(book: PanelBook, world: World, command: ConfirmSitting, now: datetime) -> Changes:
    """Lists the named cases; cases already on the batch stay. After papers closed it locks at once.

    Raises Refused, naming the case, unless each is queued, complete, of this panel, within its remit
    and had its papers in time; or where the sitting is not open or has too few places.
    """
    sitting = opened(world.get(SITTING, command.sitting_id), now)
    if set(sitting.case_ids) != set(command.seen):
        raise Refused("agenda-changed", "Somebody changed this batch meanwhile: look, then confirm again.")
    kept = [id for id in sitting.case_ids if known(world.get(CASE, id)).sits(sitting.sitting_id)]
    added = [id for id in dict.fromkeys(command.case_ids) if id not in kept]
    if len(set(command.case_ids)) != len(command.case_ids):
        raise Refused("listed-twice", "A case is named twice: name each once.")
    if not kept and not added:
        raise Refused("empty-batch", "Name at least one case; a sitting without cases lapses at its hour.")
    if len(kept) + len(added) > sitting.capacity:
        raise Refused("capacity-exceeded", _too_many(sitting, len(kept), len(added)))
    panel = book.at(sitting.panel, sitting.sits_on)
    if panel is None:
        raise Refused("unknown-panel", "No file in panels/ describes this panel on the day of the sitting.")
    batch = (*kept, *added)
    _together(batch, [known(world.get(CASE, id)) for id in (*added, *command.siblings)])
    in_time(sitting, panel, [known(world.get(CASE, id)) for id in batch])
    listed = {CASE.at(id): listed_there(world.get(CASE, id), id, sitting, panel, book, now) for id in added}
    settled: Decision[Sitting] = settled_batch(sitting, batch, now) if added else Decision()
    status = settled.state.status if settled.state else sitting.status
    answer = {
        "sitting_id": sitting.sitting_id,
        "state": status,
        "case_ids": list(batch),
        "capacity": sitting.capacity,
    }
    return Changes({SITTING.at(sitting.sitting_id): settled, **listed}, answer=answer)


def opened(sitting: Sitting | None, now: datetime) -> Sitting:
    """The sitting, whose batch can still change. Raises Refused where it cannot, or where there is none."""
    if sitting is None:
        raise Refused("unknown-sitting", "There is no sitting with this id. Look it up under /api/sittings.")
    if not takes_cases(sitting, now):
        raise Refused("sitting-closed", f"The sitting is {sitting.status}: its batch cannot change any more.")
    return sitting


def _too_many(sitting: Sitting, kept: int, added: int) -> str:
    free = sitting.capacity - kept
    return (
        f"The sitting hears {sitting.capacity} cases and has {free} places free, but {added} were named: leave some to "
        "other sittings, as the plan has them, or add an extra sitting."
    )


def in_time(sitting: Sitting, panel: Panel, batch: Iterable[Case]) -> None:
    """Raises Refused where the cases take longer than the sitting has; not asked where minutes are not counted."""
    needed = sum(minutes_of(case, panel) for case in batch)
    if sitting.minutes is not None and needed > sitting.minutes:
        detail = (
            f"The sitting has {sitting.minutes} minutes for its cases, and these take {needed}: name fewer."
        )
        raise Refused("minutes-exceeded", detail)


def _together(batch: Collection[str], cases: Collection[Case]) -> None:
    """Raises Refused where a case that waits is to be heard with one of the batch, and is not on it."""
    marks = {case.siblings for case in cases if case.case_id in batch and case.siblings}
    if any(
        case.status == "queued" and case.siblings in marks and case.case_id not in batch for case in cases
    ):
        detail = "One of these is heard together with another case that waits: name both, or part them first."
        raise Refused("siblings-apart", detail)


def minutes_of(case: Case, panel: Panel) -> int:
    """How long the panel needs for a case: as said of this one, else as for any that was so brought."""
    return panel.minutes_for(case.trigger) if case.minutes is None else case.minutes


def settled_batch(sitting: Sitting, batch: tuple[str, ...], now: datetime) -> Decision[Sitting]:
    """The sitting with this batch; after papers closed it locks at once."""
    changes = {"status": "confirmed", "case_ids": batch, "confirmed_at": now, "flag": None}
    after = sitting.model_copy(update=changes)
    confirmed = SittingConfirmed(sitting_id=sitting.sitting_id, case_ids=batch, confirmed_at=now)
    if now < sitting.papers_close_at:
        return Decision(after, (confirmed,))
    return Decision(locked(after, now), (confirmed, locking(after, now)))


def listed_there(
    case: Case | None, case_id: str, sitting: Sitting, panel: Panel, book: PanelBook, now: datetime
) -> Decision[Case]:
    """A queued case on the batch of a sitting. Raises Refused, naming it, where it cannot be heard there."""
    if case is None:
        raise Refused("unknown-case", f"There is no case {case_id}: look it up under /api/cases.")
    _fit(case, sitting, panel)
    decision_by = book.working.add(sitting.sits_on, panel.decisions.within_working_days)
    return on_the_list(case, sitting, decision_by, now)


def on_the_list(case: Case, sitting: Sitting, decision_by: date, now: datetime) -> Decision[Case]:
    """The case is heard at this sitting, and its family is told."""
    listing = Listing(
        sitting_id=sitting.sitting_id,
        sits_at=sitting.sits_at,
        sits_on=sitting.sits_on,
        papers_close_at=sitting.papers_close_at,
        decision_by=decision_by,
    )
    told = CaseListed(
        case_id=case.case_id,
        referral_id=case.referral_id,
        panel=case.panel,
        sitting_id=sitting.sitting_id,
        sits_on=sitting.sits_on,
        papers_close_at=sitting.papers_close_at,
        decision_by=decision_by,
        sits_at=sitting.sits_at,
    )
    return Decision(case.moved_to("listed", now, listing=listing), (told,))


def relisted(case: Case, sitting: Sitting, decision_by: date, now: datetime) -> Decision[Case]:
    """A listed case is heard at another sitting than it was: its family is told the new date, and nothing else."""
    off = unlisted(case, "moved", now)
    assert off.state is not None
    on = on_the_list(off.state, sitting, decision_by, now)
    assert case.listing is not None
    known = {"why": "moved", "was_on": case.listing.sits_on}
    return Decision(on.state, (*off.events, *(event.model_copy(update=known) for event in on.events)))


def _fit(case: Case, sitting: Sitting, panel: Panel) -> None:
    name = f"Case {case.case_id}"
    if case.died_at is not None:
        raise Refused("child-died", f"{name}: the child has died. Withdraw the case.")
    if case.missing:
        raise Refused("case-incomplete", f"{name} is incomplete: it lacks {', '.join(case.missing)}.")
    if case.status != "queued":
        raise Refused("case-not-queued", f"{name} is {case.status}, not queued.")
    if case.panel != sitting.panel:
        raise Refused("other-panel", f"{name} waits for another panel ({case.panel}).")
    objection = panel.remit.objection(case.area, case.phase, case.need, case.provision)
    if objection:
        raise Refused("outside-remit", f"{name}: {objection}.")
    if case.complete_at is None or case.complete_at > sitting.papers_close_at:
        raise Refused("papers-late", f"The papers of case {case.case_id} were complete after papers closed.")
