"""What stands for all that a plan is made from: the same digest, the same plan, on any machine."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from hashlib import sha256
from typing import Any

from pydantic import BaseModel

from services.panels.planning.order import Level
from services.panels.planning.question import Question

#: To be raised when the planner answers equal questions otherwise than before, so that stored plans are made anew.
EDITION = 2


def digest(question: Question, order: Sequence[Level]) -> str:
    """64 hexadecimal digits for a question and the order of its levels."""
    asked = [
        EDITION,
        order,
        [asdict(case) for case in question.cases],
        [asdict(s) for s in question.sittings],
    ]
    return sha256(json.dumps(asked, default=_plain, sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a plan cannot depend on a {type(value).__name__}")
