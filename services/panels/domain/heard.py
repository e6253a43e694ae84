"""What other services told, kept for the co-ordinator's view: the latest word wins."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from chassis.decision import Changes, Decision, Kind, Ref, World
from schemas.children_v1 import PersonMerged, PersonUnmerged
from schemas.codes import SettingKind
from schemas.directory_v1 import SettingListed
from schemas.notifications_v1 import MessageFailedV2, MessageHeld, MessageSentV2, MessageSettled
from schemas.personal_v1 import PersonDetails, ReferralPapers
from services.panels.domain.legal.school_age import school_age

#: ``told`` and ``not-told``: a person settled by hand what had failed or was held.
How = Literal["sent", "failed", "held", "told", "not-told"]


class Heard(BaseModel):
    """A piece of another service's knowledge."""

    model_config = ConfigDict(frozen=True)


class Child(Heard):
    """The name of a child, and its compulsory school age: after its end the rights are the young person's own.

    Of a person's details no more is kept, but that it has died: panels tell nobody and need no contact.
    """

    given_name: str
    family_name: str
    school_age_begins: date | None = None
    school_age_ends: date | None = None
    died_at: datetime | None = None


class Alias(Heard):
    """Which record of the same child stands for this one; None where it stands for itself."""

    into: str | None = None


class Words(Heard):
    """What the school wrote on a referral, for whoever presents the case."""

    narrative: str
    advice: str | None


class School(Heard):
    """A school by its public name; its kind where the directory says it."""

    name: str
    town: str
    kind: SettingKind | None = None


class Telling(Heard):
    """One message about a referral or its case, and what became of it."""

    message_id: str
    fact: str
    person_id: str
    how: How
    at: datetime


class Told(Heard):
    """Everything that the family was told, or not, about one referral and its case."""

    messages: tuple[Telling, ...] = ()


CHILD: Kind[Child] = Kind("child", Child)
ALIAS: Kind[Alias] = Kind("alias", Alias)
WORDS: Kind[Words] = Kind("words", Words)
SCHOOL: Kind[School] = Kind("school", School)
TOLD: Kind[Told] = Kind("told", Told)


def of_children(event: PersonDetails) -> tuple[Ref, ...]:
    """Only children are of interest here."""
    return (CHILD.at(event.person_id),) if event.relation == "child" else ()


def keep_child(world: World, event: PersonDetails, now: datetime) -> Changes:
    """A child's name became known, or was put right."""
    refs = of_children(event)
    if not refs:
        return Changes()
    age = school_age(event.born) if event.born else None
    child = Child(
        given_name=event.given_name,
        family_name=event.family_name,
        school_age_begins=age and age.begins,
        school_age_ends=age and age.ends,
        died_at=event.died_at,
    )
    return Changes({ref: Decision(child) for ref in refs})


def merged(_: Alias | None, event: PersonMerged, now: datetime) -> Decision[Alias]:
    """Two records are one child: cases keep the id that they have, and are shown together."""
    return Decision(Alias(into=event.kept_id))


def unmerged(_: Alias | None, event: PersonUnmerged, now: datetime) -> Decision[Alias]:
    """They are two children after all."""
    return Decision(Alias())


def keep_words(_: Words | None, event: ReferralPapers, now: datetime) -> Decision[Words]:
    """The school's words arrived, or were changed."""
    return Decision(Words(narrative=event.narrative, advice=event.advice))


def keep_school(_: School | None, event: SettingListed, now: datetime) -> Decision[School]:
    """A school is in the directory."""
    return Decision(School(name=event.name, town=event.town, kind=event.kind))


def message_sent(told: Told | None, event: MessageSentV2, now: datetime) -> Decision[Told]:
    """Somebody was told."""
    return _noted(told, event, "sent", event.sent_at)


def message_failed(told: Told | None, event: MessageFailedV2, now: datetime) -> Decision[Told]:
    """Somebody could not be told."""
    return _noted(told, event, "failed", event.failed_at)


def message_held(told: Told | None, event: MessageHeld, now: datetime) -> Decision[Told]:
    """A person decides whether somebody is told."""
    return _noted(told, event, "held", event.held_at)


def message_settled(told: Told | None, event: MessageSettled, now: datetime) -> Decision[Told]:
    """A person settled it: told in another way, or not to be told."""
    return _noted(told, event, "told" if event.told else "not-told", event.settled_at)


def _noted(
    told: Told | None,
    event: MessageSentV2 | MessageFailedV2 | MessageHeld | MessageSettled,
    how: How,
    at: datetime,
) -> Decision[Told]:
    others = (told or Told()).messages
    new = Telling(message_id=event.message_id, fact=event.fact, person_id=event.person_id, how=how, at=at)
    return Decision(Told(messages=(*(m for m in others if m.message_id != event.message_id), new)))
