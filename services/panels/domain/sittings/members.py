"""Who sits at a sitting, and who of them stands aside for which case."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Attends = Literal["yes", "no", "unknown"]
#: A member's school is the child's, or the one that is asked for; or they declared an interest of another kind.
AsideReason = Literal["current-school", "asked-school", "declared-interest"]


class Seat(BaseModel):
    """One seat of a sitting: its code in the panel's file (``chair``, ``head``), and the member of staff in it."""

    model_config = ConfigDict(frozen=True)

    staff_id: str
    seat: str
    attends: Attends = "unknown"


class Aside(BaseModel):
    """A member takes no part in one case. ``words`` say more of a declared interest, and stay here."""

    model_config = ConfigDict(frozen=True)

    staff_id: str
    case_id: str
    why: AsideReason
    words: str = ""
