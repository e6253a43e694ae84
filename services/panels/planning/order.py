"""The levels of a plan, in the order in which they count; what each is worth is in ``levels``."""

from services.panels.domain.panels.levels import ORDER, Level

__all__ = ["LAST", "ORDER", "Level"]

#: It chooses between plans that are equally good, so that equal questions have equal answers.
LAST: tuple[Level, ...] = ("turn",)
