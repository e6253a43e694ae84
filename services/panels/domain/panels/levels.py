"""What makes a plan better, by name; a panel's file says in which order. What each is worth is in ``planning``."""

from typing import Literal

#: The last two only choose between equal plans; "settle" stands in plans that were made before, "turn" does both now.
Level = Literal["urgent", "listed", "legal", "late", "wait", "fair", "stay", "turn", "settle"]

#: All levels that mean something, in the order in which they count where nothing else is said.
ORDER: tuple[Level, ...] = ("urgent", "listed", "legal", "late", "wait", "fair", "stay")
