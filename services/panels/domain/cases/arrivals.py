"""What came from the school after the batch was locked, and what was answered: parts of a case's state."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from schemas.case_work_v1 import DeclineReason
from schemas.codes import WithdrawalReason

RaisedKind = Literal["withdrawal", "evidence"]


class Answered(BaseModel):
    """The answer: by whom, when, and if it is no, why; ``words`` stay with the case."""

    model_config = ConfigDict(frozen=True)

    accepted: bool
    reason: DeclineReason | None = None
    words: str = ""
    by: str
    at: datetime


class Raised(BaseModel):
    """One thing to decide. ``reason`` is why the school withdraws, ``files`` how many it added."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: RaisedKind
    at: datetime
    reason: WithdrawalReason | None = None
    files: int = 0
    answered: Answered | None = None
