"""The checklist of a case: each paper that its panel asks for, with when it came, or who was asked for it."""

from collections.abc import Iterable
from datetime import date

from pydantic import BaseModel, ConfigDict

from schemas.codes import Owner
from schemas.panels_v1 import MissingItem


class PaperState(BaseModel):
    """One paper: on which day it arrived and who brought it; else of whom it was asked, when, and by when."""

    model_config = ConfigDict(frozen=True)

    item: MissingItem
    arrived_on: date | None = None
    brought_by: Owner | None = None
    asked_of: Owner | None = None
    asked_on: date | None = None
    bring_by: date | None = None


Papers = tuple[PaperState, ...]


def arrived(papers: Papers, items: Iterable[MissingItem], on: date, by: Owner | None) -> Papers:
    """The checklist once these papers are there."""
    return _with(papers, items, arrived_on=on, brought_by=by)


def asked(papers: Papers, items: Iterable[MissingItem], of: Owner, on: date, bring_by: date) -> Papers:
    """The checklist once somebody was asked for these papers."""
    return _with(papers, items, arrived_on=None, brought_by=None, asked_of=of, asked_on=on, bring_by=bring_by)


def checklist(papers: Papers, required: Iterable[MissingItem], missing: Iterable[MissingItem]) -> Papers:
    """Every paper that is required, missing or noted, in a fixed order; one that is not missing is there."""
    items = {*required, *missing, *(each.item for each in papers)} - {"statutory-dates"}
    return tuple(_of(papers, item) for item in sorted(items))


def _of(papers: Papers, item: MissingItem) -> PaperState:
    return next((each for each in papers if each.item == item), PaperState(item=item))


def _with(papers: Papers, items: Iterable[MissingItem], **changes: object) -> Papers:
    changed = {
        item: _of(papers, item).model_copy(update=changes) for item in items if item != "statutory-dates"
    }
    kept = [each for each in papers if each.item not in changed]
    return tuple(sorted([*kept, *changed.values()], key=lambda each: each.item))
