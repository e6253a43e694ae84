"""What there is to choose from: schools that could be asked, schools that were, and kinds of places."""

from collections.abc import Sequence
from datetime import date

from chassis.english import capital
from chassis.storage import Connection
from chassis.web.fields import options
from services.panels import placed
from services.panels.domain.placing.centre import CENTRE
from services.panels.domain.placing.fitting import as_agreed, may_be_asked, unfit
from services.panels.domain.placing.placement import Placement
from services.panels.domain.placing.story import CAN_MEET, KINDS

_MOST = 20
Choices = list[dict[str, object]]


def kinds(with_centre: bool = False) -> list[dict[str, str]]:
    """The kinds of places that are offered; a Centre gives its own."""
    return options({code: words for code, words in KINDS.items() if with_centre or code != CENTRE})


async def schools_to_ask(conn: Connection, placement: Placement, words: str, today: date) -> Choices:
    """Settings with places as agreed, those with most free first, and those found by ``words``: who can be asked."""
    free = await _free(conn, placement, today)
    able = may_be_asked(placement)
    found = dict(await placed.schools_like(conn, words, _MOST, able, free)) if words else {}
    names = {setting: setting for setting in free} | await placed.school_names(conn, free) | found
    before = {each.setting for each in placement.consultations}
    order: Sequence[str] = sorted(
        names, key=lambda each: (each not in found, -free.get(each, -1), names[each])
    )
    return [
        {"value": each, "text": names[each], "hint": {"text": _places(free.get(each))}}
        for each in order
        if each not in before
    ]


async def _free(conn: Connection, placement: Placement, today: date) -> dict[str, int]:
    """How many places as agreed are free at each setting that takes children of this phase and has any."""
    known = [each for each in await placed.all_places(conn) if as_agreed(placement.provision, each.kind)]
    kinds = await placed.setting_kinds(conn, [each.setting for each in known])
    free: dict[str, int] = {}
    for each in known:
        if unfit(placement, kinds.get(each.setting), [each.kind]) is None:
            free[each.setting] = free.get(each.setting, 0) + each.free_from(today)
    return free


def _places(free: int | None) -> str:
    if free is None:
        return "No places are recorded there."
    return "No place is free there." if free == 0 else f"Free there: {free}."


async def schools_that_answered(conn: Connection, placement: Placement) -> Choices:
    """The schools that were asked, each with what it answered."""
    names = await placed.school_names(conn, [each.setting for each in placement.consultations])
    return [
        {
            "value": each.setting,
            "text": names.get(each.setting, each.setting),
            "hint": {
                "text": capital(CAN_MEET[each.answer.can_meet]) + "."
                if each.answer
                else "It has not answered yet."
            },
        }
        for each in placement.consultations
    ]
