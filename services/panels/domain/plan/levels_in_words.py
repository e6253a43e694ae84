"""The levels of a plan as people read them: what each counts, how far it is proved, what a change of it costs."""

from collections.abc import Iterable, Mapping

from services.panels.domain.panels.levels import Level
from services.panels.domain.plan.plans import Plan, Proved

TITLES: Mapping[str, str] = {
    "urgent": "Urgent cases heard in time",
    "listed": "Cases listed",
    "legal": "Legal dates kept",
    "late": "Days late that are avoided, for urgent cases twice",
    "wait": "Days of waiting that are avoided",
    "fair": "Fairness between like cases: each wait by its square",
    "stay": "Dates that families know and that stay",
    "turn": "Who came first to the earlier sitting",
    "settle": "A fixed number, so that one question has one answer",
}
#: What one more or several more of a level's loss are; then what one less or several less are.
_DEARER: Mapping[Level, tuple[str, str]] = {
    "urgent": (
        "one urgent case more would not be heard in time",
        "{} urgent cases more would not be heard in time",
    ),
    "listed": ("one case more would find no sitting", "{} cases more would find no sitting"),
    "legal": ("one case more would miss its legal date", "{} cases more would miss their legal dates"),
    "late": (
        "cases would be heard one day later past their dates",
        "cases would be heard {} days later past their dates, for urgent ones counted twice",
    ),
    "wait": ("children would wait one day longer in all", "children would wait {} days longer in all"),
    "fair": (
        "waits would be shared less evenly between like cases",
        "waits would be shared less evenly between like cases",
    ),
    "stay": (
        "one family more that knows a date would be given another",
        "{} families more that know a date would be given another",
    ),
}
_CHEAPER: Mapping[Level, tuple[str, str]] = {
    "urgent": ("one urgent case more would be heard in time", "{} urgent cases more would be heard in time"),
    "listed": ("one case more would be listed", "{} cases more would be listed"),
    "legal": ("one legal date more would be kept", "{} legal dates more would be kept"),
    "late": (
        "cases would be heard one day sooner past their dates",
        "cases would be heard {} days sooner past their dates",
    ),
    "wait": ("children would wait one day less in all", "children would wait {} days less in all"),
    "fair": (
        "waits would be shared more evenly between like cases",
        "waits would be shared more evenly between like cases",
    ),
    "stay": (
        "one family more would keep the date it knows",
        "{} families more would keep the date they know",
    ),
}


def proof_of(proved: Proved) -> str:
    """How far a level is proved."""
    if proved.gap:
        return f"The search ended at its limit: up to {proved.gap:,} more may be possible"
    if proved.how == "search":
        return "Proved by a search: no plan reaches more"
    return "Proved: no plan reaches more"


def proof_in_words(plan: Plan) -> str:
    """How far the whole plan is proved, in a sentence or two."""
    if not plan.listings:
        return "There is nothing to list, so there is nothing to prove."
    if plan.one_by_one:
        return (
            "The solver failed, so this plan takes cases one after the other: the urgent ones first, then by their "
            "due dates. Nothing of it is proved."
        )
    if plan.proved:
        return "This is the best plan there is: at every level it is proved that no plan is better."
    ended = [f"“{TITLES[each.level]}” (up to {each.gap:,} more)" for each in plan.unproved]
    return f"The proof ended at a limit at {', '.join(ended)}. All that comes before it is proved."


def costs_in_words(lost: Iterable[tuple[Level, int]]) -> tuple[str, ...]:
    """What gets worse at which level, the most important first, and what gets better for it.

    ``lost`` says by how much each level gets worse, less than nought where it gets better.
    """
    return tuple(_changed(level, amount) for level, amount in lost if amount and level in _DEARER)


def _changed(level: Level, amount: int) -> str:
    one, many = _DEARER[level] if amount > 0 else _CHEAPER[level]
    return one if abs(amount) == 1 else many.format(f"{abs(amount):,}")
