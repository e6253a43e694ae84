"""Who sits at a sitting, and who of them stands aside for which case."""

from pydantic import BaseModel, ConfigDict

from schemas.case_records_v1 import AsideReason as AsideReason
from schemas.case_records_v1 import Attends as Attends


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
