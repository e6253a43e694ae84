"""The levels of a plan, in the order in which they count; what each is worth is in ``levels``."""

from typing import Literal

Level = Literal["urgent", "listed", "legal", "late", "wait", "fair", "stay", "turn", "settle"]

ORDER: tuple[Level, ...] = ("urgent", "listed", "legal", "late", "wait", "fair", "stay")
#: They choose between plans that are equally good, so that equal questions have equal answers.
LAST: tuple[Level, ...] = ("turn", "settle")
