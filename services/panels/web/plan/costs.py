"""What a place that is chosen by hand costs, in words for people and as figures for programs."""

from collections.abc import Mapping
from typing import Any

from chassis.beside import Unanswered
from services.panels.domain.cases.case import Case
from services.panels.domain.plan.levels_in_words import costs_in_words
from services.panels.drafting import Objection
from services.panels.web.desk import Desk

_OBJECTIONS: dict[Objection, str] = {
    "unknown": "the case is not waiting and can be moved no more, or the sitting has begun or does not take place",
    "locked": "its batch cannot change any more",
    "remit": "its panel does not hear such a case",
    "papers": "the papers were complete after papers closed for it",
    "quorum": "too many members would have to stand aside",
    "room": "it is full with cases that cannot be moved any more",
}


async def price_of(
    desk: Desk, case: Case, sitting_id: str, further: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What it costs that a case is heard at this sitting; ``possible`` says whether it can be at all.

    ``further`` are the sittings of other cases that change their places with it.
    ``costs`` are sentences without a full stop, the most important first: none where the plan is as good with it.
    """
    try:
        price = await desk.planning.price(case.panel, {case.case_id: sitting_id, **(further or {})})
    except TimeoutError:
        return _answer(
            case, sitting_id, "What it costs cannot be worked out just now: it would take too long."
        )
    except Unanswered:
        return _answer(case, sitting_id, "What it costs cannot be worked out just now.")
    if price.objection:
        what = "One of the two cannot be heard there" if further else "This sitting cannot hear it"
        detail = f"{what}: {_OBJECTIONS[price.objection]}."
        return _answer(case, sitting_id, detail, possible=False)
    words = costs_in_words(price.lost)
    detail = "It costs nothing: the best plan is as good with it." if not words else _sentence(words)
    levels = [{"level": level, "worse_by": lost} for level, lost in price.lost]
    return _answer(case, sitting_id, detail, costs=list(words), levels=levels)


def _answer(case: Case, sitting_id: str, sentence: str, **given: Any) -> dict[str, Any]:
    told = case.status == "listed"
    return {
        "case_id": case.case_id,
        "sitting_id": sitting_id,
        "possible": True,
        "told": told,
        "sentence": sentence,
        "costs": [],
        "levels": [],
    } | given


def _sentence(words: tuple[str, ...]) -> str:
    return f"Beside the best plan: {'; '.join(words)}."
