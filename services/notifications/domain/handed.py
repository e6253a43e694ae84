"""Codes that schools hand over: the second factor of whoever has one contact only.

Handed over on paper, so longer than one of six digits: 80 bits are not guessed, and only its digest came here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.decision import Decision, Kind, Refused
from schemas.family_v1 import PageCodeHanded, PageCodeUsed

#: Letters of a code.
LETTERS = 16


class HandedCode(BaseModel):
    """A code, as the school's fact tells it; without a digest where only its use is known so far."""

    model_config = ConfigDict(frozen=True)

    id: str
    referral_id: str
    person_id: str
    digest: str = ""
    handed_by: str = ""
    why: str = ""
    handed_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None
    used_at: AwareDatetime | None = None

    def open_at(self, now: datetime) -> bool:
        """Whether it opens the page still, at this instant of business time."""
        spent = self.used_at or self.revoked_at
        return spent is None and self.ends_at is not None and now < self.ends_at


HANDED = Kind("handed_code", HandedCode)


@dataclass(frozen=True, slots=True)
class UseCode:
    """Somebody on this page wrote this code."""

    code_id: str
    referral_id: str
    person_id: str


def heard(kept: HandedCode | None, event: PageCodeHanded, now: datetime) -> Decision[HandedCode]:
    """The school handed it over, or took it back; that it was used stays."""
    code = HandedCode(id=event.code_id, **event.model_dump(exclude={"code_id"}))
    return Decision(code.model_copy(update={"used_at": kept.used_at if kept else None}))


def use(kept: HandedCode | None, command: UseCode, now: datetime) -> Decision[HandedCode]:
    """It works this once. Raises Refused where it works no more, or is another's."""
    whose = (command.referral_id, command.person_id)
    if kept is None or (kept.referral_id, kept.person_id) != whose or not kept.open_at(now):
        raise Refused("code-over", "This code does not work any more.")
    event = PageCodeUsed(code_id=kept.id, referral_id=whose[0], person_id=whose[1], used_at=now)
    return Decision(kept.model_copy(update={"used_at": now}), (event,))


def restored(kept: HandedCode | None, fact: PageCodeUsed) -> Decision[HandedCode]:
    """It was used: so it stays in a database that has lost it."""
    whose: dict[str, Any] = {"id": fact.code_id, "referral_id": fact.referral_id, "person_id": fact.person_id}
    return Decision((kept or HandedCode(**whose)).model_copy(update={"used_at": fact.used_at}))
