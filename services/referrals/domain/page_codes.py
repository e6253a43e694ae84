"""Codes for a family's private page that the school hands over on paper, where no other code can reach somebody.

The code itself is nobody's to keep: here, and in the fact that the notifications service hears, is its digest.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.decision import Changes, Decision, Kind, Ref, Refused, World
from schemas.family_v1 import PageCodeHanded, PageCodeUsed
from services.referrals.domain.referral import REFERRAL, Referral, known
from services.referrals.domain.work.moving import noted

#: How long it works, in business time: a family may look at its page at the weekend after next.
LASTS = timedelta(days=14)
#: Bytes of chance in a code: 80 bits are 16 letters.
BYTES = 10
_SHORTEST, _LONGEST = 5, 500

Standing = Literal["open", "used", "revoked", "over"]


class PageCode(BaseModel):
    """A code that was handed to a person: by whom, why, and what became of it."""

    model_config = ConfigDict(frozen=True)

    id: str
    referral_id: str
    person_id: str
    digest: str
    by: str
    why: str
    handed_at: AwareDatetime
    ends_at: AwareDatetime
    revoked_at: AwareDatetime | None = None
    used_at: AwareDatetime | None = None

    def standing(self, now: datetime) -> Standing:
        """Whether it works still; if not, why."""
        if self.used_at:
            return "used"
        if self.revoked_at:
            return "revoked"
        return "open" if now < self.ends_at else "over"


PAGE_CODE = Kind("page_code", PageCode)


@dataclass(frozen=True, slots=True)
class HandCode:
    """Somebody hands a person a code; ``instead`` are that person's earlier ones, which work no more."""

    code_id: str
    referral_id: str
    person_id: str
    by: str
    digest: str = field(repr=False)
    why: str = field(repr=False)
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RevokeCode:
    """Somebody takes a code back."""

    code_id: str
    referral_id: str
    by: str


def touched(command: HandCode | RevokeCode) -> list[Ref]:
    """The referral, in whose history it stands, the code, and those in whose place it comes."""
    earlier = command.instead if isinstance(command, HandCode) else ()
    return [REFERRAL.at(command.referral_id), *map(PAGE_CODE.at, (command.code_id, *earlier))]


def hand(world: World, command: HandCode, now: datetime) -> Changes:
    """The code works from now on, and those before it no more.

    Raises Refused for somebody who may not be told, a reason that says nothing, and where a child has died.
    """
    referral = _open(world, command.referral_id)
    if command.person_id not in referral.tell:
        raise Refused("not-told", "Choose somebody who may be told of this referral.")
    why = command.why.strip()
    if not _SHORTEST <= len(why) <= _LONGEST:
        raise Refused(
            "reason-missing", f"Write how you know them, in {_SHORTEST} to {_LONGEST} letters: it is kept."
        )
    new = PageCode(
        id=command.code_id,
        **{name: getattr(command, name) for name in ("referral_id", "person_id", "digest", "by")},
        why=why,
        handed_at=now,
        ends_at=now + LASTS,
    )
    decisions: dict[Ref, Decision[Any]] = {
        REFERRAL.at(referral.id): Decision(noted(referral, "page-code-handed", now, command.by)),
        PAGE_CODE.at(new.id): Decision(new, (_said(new),)),
    }
    for id in command.instead:
        before = world.get(PAGE_CODE, id)
        if before is not None and _same_person(before, new) and before.standing(now) == "open":
            decisions[PAGE_CODE.at(id)] = _revoked(before, now)
    return Changes(decisions)


def revoke(world: World, command: RevokeCode, now: datetime) -> Changes:
    """The code works no more. Raises Refused where it does not any more, or is none of this referral's."""
    referral = known(world.get(REFERRAL, command.referral_id))
    code = world.get(PAGE_CODE, command.code_id)
    if code is None or code.referral_id != referral.id or code.standing(now) != "open":
        raise Refused("not-open", "This code does not work any more: look at the list again.")
    history = noted(referral, "page-code-revoked", now, command.by)
    return Changes({REFERRAL.at(referral.id): Decision(history), PAGE_CODE.at(code.id): _revoked(code, now)})


def used(code: PageCode | None, event: PageCodeUsed, now: datetime) -> Decision[PageCode]:
    """Whoever has it opened their page with it. Nothing where the code was erased meanwhile."""
    return Decision(code.model_copy(update={"used_at": event.used_at})) if code else Decision()


def restored(code: PageCode | None, fact: PageCodeHanded) -> Decision[PageCode]:
    """The code, as its fact tells it."""
    kept = fact.model_dump(exclude={"code_id", "handed_by"})
    again = PageCode(id=fact.code_id, by=fact.handed_by, **kept)
    return Decision(again.model_copy(update={"used_at": code.used_at}) if code else again)


def _open(world: World, referral_id: str) -> Referral:
    referral = known(world.get(REFERRAL, referral_id))
    if referral.child_has_died:
        raise Refused("child-died", "The child has died: the family's page is shown to nobody any more.")
    return referral


def _same_person(one: PageCode, other: PageCode) -> bool:
    return (one.referral_id, one.person_id) == (other.referral_id, other.person_id)


def _revoked(code: PageCode, now: datetime) -> Decision[PageCode]:
    over = code.model_copy(update={"revoked_at": now})
    return Decision(over, (_said(over),))


def _said(code: PageCode) -> PageCodeHanded:
    kept = code.model_dump(exclude={"id", "by", "used_at"})
    return PageCodeHanded(code_id=code.id, handed_by=code.by, **kept)
