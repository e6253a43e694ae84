"""Panels as they could be, made from those that are: the question "and with so many sittings?" needs no file."""

from datetime import date, timedelta

from services.panels.domain.panels.panel import Panel
from services.panels.domain.panels.sittings_calendar import PanelBook

#: The weekdays of the four weeks that each month has.
_DAYS = [f"{week}{day}" for week in (1, 2, 3, 4) for day in ("MO", "TU", "WE", "TH", "FR")]
#: For so many sittings each month has enough working days, the closures of December left out.
MOST = 16


def with_sittings(book: PanelBook, a_month: int) -> PanelBook:
    """The same panels, each with so many sittings a month (1 to `MOST`), spread evenly over its first four weeks.

    A panel that has so many already stays as it is, with its own days.
    """
    return PanelBook(
        tuple(_sitting(panel, a_month) for panel in book.panels), book.working, book.schools_closed
    )


def changing(before: PanelBook, after: PanelBook, day: date) -> PanelBook:
    """Panels as in one book, and from a day on as in the other: both are periods of the same panels."""
    ending = (
        panel.model_copy(update={"effective_to": day - timedelta(days=1)})
        for panel in before.panels
        if panel.in_effect(day - timedelta(days=1))
    )
    beginning = (
        panel.model_copy(update={"effective_from": day}) for panel in after.panels if panel.in_effect(day)
    )
    return PanelBook((*ending, *beginning), before.working, before.schools_closed)


def _sitting(panel: Panel, a_month: int) -> Panel:
    if panel.calendar.sittings_a_month == a_month:
        return panel
    chosen = [_DAYS[(2 * n + 1) * len(_DAYS) // (2 * a_month)] for n in range(a_month)]
    rule = f"FREQ=MONTHLY;BYDAY={','.join(chosen)}"
    changes = {"rule": rule, "sittings_a_month": a_month, "moved": ()}
    return panel.model_copy(update={"calendar": panel.calendar.model_copy(update=changes)})
