"""A fact: what one event says of a referral, and which facts families are told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.calendar import london_date

#: Of a fact that was brought in from a list: it stands in the story, and nobody is told of it.
QUIET = "quiet"
#: After the first of these a first answer is waited for, after the others it is there.
_ASKS = frozenset({"referral.routed.v1", "referral.reopened.v1"})
_ANSWERS = frozenset({"referral.accepted.v1", "referral.returned.v1", "referral.concluded.v1"})


class Fact(BaseModel):
    """One event: its type, when it happened, and what of its data is needed.

    ``business_id`` is its place in its own stream: the id of the referral or case, and the how-manieth of
    its type. It is the same however often and in whatever company the event is read.
    """

    model_config = ConfigDict(frozen=True)

    type: str
    at: AwareDatetime
    stream: str
    business_id: str
    data: dict[str, str | bool | int | list[str] | None] = {}

    def text(self, name: str) -> str | None:
        """The value of a text field, or None."""
        value = self.data.get(name)
        return value if isinstance(value, str) else None

    def day(self, name: str) -> date | None:
        """The value of a date field (its name ends in _on, _by or _at), in London; None if it has none."""
        value = self.text(name)
        if value is None:
            return None
        return day_of(name, value)


@dataclass(frozen=True, slots=True)
class Timed:
    """Not the fact itself is told, but what time makes of it; see timed.py.

    ``remind``: so many ``days`` before the day that the fact has in one of ``fields``. ``missed``: so many after it,
    if it has passed. ``waits``: once the family has heard nothing for so many.
    """

    does: Literal["remind", "missed", "waits"]
    days: int
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Telling:
    """A fact that families are told: the event that it follows, and the values that the event must have.

    ``code`` names the fact and its template, ``on`` the event's type, ``when`` the allowed values by field.
    ``channels`` are those that have words for it, ``useful_days`` how long it is worth hearing. What is ``urgent`` may
    come at night; what goes into a ``digest`` is a small step that may wait for others. What is not worth hearing any
    more becomes a person's task, or with ``lapses`` nobody's.

    What is ``timed`` may follow the events ``also``, too. ``again_days``: whoever was told this hears again within so
    many days, also where nothing has happened.
    """

    code: str
    on: str
    when: Mapping[str, frozenset[str]] = field(default_factory=dict)
    audience: str = "family"
    channels: tuple[str, ...] = ("email",)
    useful_days: int = 30
    urgent: bool = False
    digest: bool = False
    lapses: bool = False
    also: frozenset[str] = frozenset()
    timed: Timed | None = None
    again_days: int | None = None

    def applies(self, fact: Fact) -> bool:
        """Whether families are told of this fact as soon as it is heard."""
        return self.timed is None and fact.data.get(QUIET) is not True and self.concerns(fact)

    def concerns(self, fact: Fact) -> bool:
        """Whether the fact is of a kind that this follows, and has the values."""
        return (fact.type == self.on or fact.type in self.also) and all(
            str(fact.data.get(name)) in allowed for name, allowed in self.when.items()
        )


def is_answered(facts: Sequence[Fact]) -> bool:
    """Whether a first answer has come since one was last asked for. ``facts`` are in order."""
    newest = next((fact for fact in reversed(facts) if fact.type in _ASKS | _ANSWERS), None)
    return newest is not None and newest.type in _ANSWERS


def is_date(field: str) -> bool:
    """Whether an event's field holds a date or an instant: by its name, which is a rule of the contracts."""
    return field.endswith(("_on", "_by", "_at"))


def day_of(name: str, value: str) -> date:
    """The day in London that a field says: an instant where its name ends in _at, else a date."""
    return london_date(datetime.fromisoformat(value)) if name.endswith("_at") else date.fromisoformat(value)
