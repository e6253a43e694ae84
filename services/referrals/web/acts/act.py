"""The shape of an act: who may do it, when it is offered, which fields it has, what command it becomes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chassis.web.fields import Fields
from schemas.personal_v1 import PersonDetails
from services.referrals.domain.book import Book
from services.referrals.domain.permissions import Action
from services.referrals.domain.referral import Papers, Referral


@dataclass(frozen=True, slots=True)
class Target:
    """The referral that is acted on, who acts, and the version that they saw of it.

    ``new_id`` is an id for what the act creates; the same however often its form is sent. ``persons`` are those of the
    referral as its school gave them last, the child first, for an act that changes them.
    """

    referral: Referral
    papers: Papers | None
    book: Book
    by: str
    seen: int | None
    new_id: str
    persons: tuple[PersonDetails, ...] = ()

    @property
    def about(self) -> dict[str, Any]:
        """What every command on a referral carries."""
        return {"referral_id": self.referral.id, "by": self.by, "seen": self.seen}


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do. Any of ``actions`` allows it; ``offers`` are values for it beside what was typed.

    ``reads`` makes the command; where a field is wrong its answer is thrown away.
    """

    code: str
    title: str
    button: str
    actions: tuple[Action, ...]
    offered: Callable[[Referral], bool]
    reads: Callable[[Fields, Target], object]
    done: str
    warns: bool = False
    offers: Callable[[Target], Mapping[str, Any]] = field(default=lambda _: {})
