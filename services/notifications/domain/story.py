"""A referral's story: all that happened to it, in order, and the messages that this gives rise to.

Two topics tell it, each in order, but nothing orders the one against the other: a panel's fact may come
before the referral itself. Such facts are kept, and their messages made once it is known who may be told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chassis.calendar import london_date
from chassis.decision import Kind
from schemas.children_v1 import ChildDied
from schemas.envelope import REGISTRY, Event
from schemas.referral_work_v1 import ReferralAmended
from schemas.referrals_v1 import ReferralReceivedV2
from services.notifications.domain.course import Timetable
from services.notifications.domain.fact import QUIET, Fact, Telling, is_answered, is_date
from services.notifications.domain.hours import is_urgent
from services.notifications.domain.message import NOBODY, Message, message_id

# Neither a message nor the page needs these, so they are not kept here.
_LEFT_OUT = {
    "referral_id", "child_id", "tell", "urn", "area", "phase", "year_group", "sen_provision",
    "primary_need", "other_needs", "asks_for", "origin", "placement", "short_placement", "follows", "staff_id",
    "next_referral_id", "next_reference", "evidence_ids", "former_urn", "restricted",
    "setting_urn", "acted_by", "from_panel",
    "whose", "setting", "consultation_id", "accepted_by", "can_meet", "earliest_start_on",
}  # fmt: skip
_MOMENTS = {
    "decision.issued.v1": "decided_at",
    "case.passed-on.v1": "passed_at",
    "case.chair-action.v1": "acted_at",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """What set an event off, handed on to the messages that follow it."""

    correlation: str | None = None
    traceparent: str | None = None


_NO_CAUSE = Cause()


class Story(BaseModel):
    """``tell`` is None until the referral itself has arrived; then the persons who may be told.

    ``stopped``: the child has died. Nobody is told anything from then on, whatever is heard.

    ``timed_until``: what time made until then has been told; ``timed_next`` is when it makes something next. What it
    made until ``doubt_until`` may have been told from a database that is lost. See timed.py.

    ``born`` are the messages made since the story was loaded: they are stored beside it, not in it.
    """

    model_config = ConfigDict(frozen=True)

    referral_id: str
    reference: str | None = None
    tell: tuple[str, ...] | None = None
    facts: tuple[Fact, ...] = ()
    stopped: bool = False
    timed_until: AwareDatetime | None = None
    timed_next: AwareDatetime | None = None
    doubt_until: AwareDatetime | None = None
    born: tuple[Message, ...] = Field((), exclude=True)

    @property
    def in_order(self) -> list[Fact]:
        """The facts by the time at which they happened; of one instant, a decision before the place it led to."""
        return sorted(self.facts, key=lambda fact: (fact.at, _of_a_place(fact.type)))

    def last(self, name: str) -> str | None:
        """The latest value that any fact gave to the text field ``name``."""
        return next((v for fact in reversed(self.in_order) if (v := fact.text(name))), None)


STORY = Kind("story", Story)


@cache
def _of_a_place(kind: str) -> bool:
    """Whether the fact stands in the stream of a placement, to which a decision of the same instant has led."""
    event = REGISTRY.get(kind)
    return event is not None and event.key_field == "placement_id"


def hear(
    story: Story | None, event: Event, now: datetime, timetable: Timetable, cause: Cause = _NO_CAUSE
) -> Story | None:
    """The story after ``event``, with the messages that it gives rise to; None if it told nothing new."""
    referral_id: str = event.referral_id  # type: ignore[attr-defined]
    story = story or Story(referral_id=referral_id)
    fact = _fact(story, event, now)
    if fact is None:
        return None
    changes: dict[str, object] = {"facts": (*story.facts, fact)}
    if isinstance(event, ReferralReceivedV2):
        changes |= {"reference": event.reference, "tell": event.tell}
    if isinstance(event, ReferralAmended) and event.tell is not None:
        changes["tell"] = event.tell
    if isinstance(event, ChildDied):
        changes["stopped"] = True
    after = story.model_copy(update=changes)
    if after.tell is None or after.stopped:
        return after
    new = after.facts if story.tell is None else (fact,)
    born = tuple(message for one in new for message in _messages(after, one, timetable, now, cause))
    return after.model_copy(update={"born": (*after.born, *born)}) if born else after


def _fact(story: Story, event: Event, now: datetime) -> Fact | None:
    kind = _first_version(type(event).type)
    same = [fact for fact in story.facts if fact.stream == event.key]
    data = event.model_dump(mode="json", exclude=_left_out(type(event)))
    if data.get(QUIET) is False:
        del data[QUIET]  # as facts were kept before there were quiet ones
    earlier = [fact for fact in same if fact.type == kind]
    if earlier and earlier[-1].data == data:
        return None
    happened = getattr(event, _MOMENTS.get(kind, f"{kind.split('.')[1]}_at"), None) or now
    # Within a stream the order is given, even where an event carries no time of its own.
    at = max([happened, *(fact.at for fact in same)])
    business_id = f"{event.key}:{len(earlier) + 1}"
    return Fact(type=kind, at=at, stream=event.key, business_id=business_id, data=data)


@cache
def _left_out(event: type[Event]) -> set[str]:
    return _LEFT_OUT | {event.key_field}


@cache
def _first_version(kind: str) -> str:
    """A later version differs from the first in its codes: families are told the same, in the same words."""
    return f"{kind.rpartition('.v')[0]}.v1"


def _messages(story: Story, fact: Fact, timetable: Timetable, now: datetime, cause: Cause) -> list[Message]:
    return [
        one
        for telling in timetable.tellings(fact)
        for one in messages(story, fact, telling, now, cause, _dates(fact, telling, now))
    ]


def messages(
    story: Story,
    fact: Fact,
    telling: Telling,
    now: datetime,
    cause: Cause,
    dates: Mapping[str, str],
    about: str | None = None,
    until: date | None = None,
) -> list[Message]:
    """One message for each person who may be told of the fact.

    ``about`` is what they are about, and makes their ids: by default the fact. See `Message` for ``until``.
    """
    about, answered = about or fact.business_id, is_answered(story.in_order)
    return [
        Message(
            id=message_id(story.referral_id, telling.code, about, person),
            referral_id=story.referral_id,
            reference=story.reference or "",
            person_id=person,
            fact=telling.code,
            about=about,
            dates=dict(dates),
            destination=destination(story, fact),
            destination_kind=fact.text("destination_kind"),
            answered=answered,
            made_at=now,
            urgent=is_urgent(telling.urgent, dates, now),
            until=until,
            correlation=cause.correlation,
            traceparent=cause.traceparent,
        )
        for person in _whom(story, fact)
    ]


def _dates(fact: Fact, telling: Telling, now: datetime) -> dict[str, str]:
    dates = {name: value for name in fact.data if is_date(name) and (value := fact.text(name))}
    if telling.again_days is not None:
        dates["again_by"] = str(london_date(now) + timedelta(days=telling.again_days))
    return dates


def _whom(story: Story, fact: Fact) -> Iterable[str]:
    """Everybody who may be told; of what is for one person alone, that one, if they may be told still."""
    everybody = dict.fromkeys(story.tell or ())
    only = fact.text("person_id")
    if only is not None:
        return [each for each in everybody if each == only]
    return everybody or (NOBODY,)


def destination(story: Story, fact: Fact) -> str | None:
    """Who had the referral when ``fact`` happened: a code of the directory."""
    if own := fact.text("panel") or fact.text("destination"):
        return own
    until = [one for one in story.in_order if one.at <= fact.at]
    return next((d for f in reversed(until) if (d := f.text("panel") or f.text("destination"))), None)
