"""Words with places for values, before they are said in somebody's language."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from chassis.english import capital, in_words
from services.notifications.domain.naming import with_article

UNKNOWN_DAY = "a date that we do not know yet"
_PLACE = re.compile(r"{(\w+)}")


class Speech(Protocol):
    """A language: what English words are in it, how a day is written, and what a kind of team is called."""

    def words(self, english: str) -> str:
        """The same in this language; in English where it has no words for it."""

    def day(self, on: date) -> str:
        """A date as people say it."""

    def team(self, name: str) -> str:
        """A team by its name, as it stands in a sentence."""

    def holder(self, kind: str | None) -> str:
        """Who has a referral, in words that name no team: a team's own name may say what a child needs."""


class English:
    """The language that sentences are written in."""

    def words(self, english: str) -> str:
        return english

    def day(self, on: date) -> str:
        return in_words(on)

    def team(self, name: str) -> str:
        return with_article(name)

    def holder(self, kind: str | None) -> str:
        return "the team that deals with it"


ENGLISH: Speech = English()


@dataclass(frozen=True, slots=True)
class Phrase:
    """Such as ``{Team} took it on.``: a place is named for its value, with a capital where the value begins with one.

    A value is said in the same language: another phrase, several that are listed, a day. A name stays as it is.
    """

    text: str
    values: Mapping[str, "Value"] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.said(ENGLISH)

    def said(self, speech: Speech) -> str:
        """The words in this language."""
        return _PLACE.sub(lambda place: self._value(place[1], speech), speech.words(self.text))

    def _value(self, name: str, speech: Speech) -> str:
        said = _said(self.values[name.lower()], speech)
        return capital(said) if name[0].isupper() else said


@dataclass(frozen=True, slots=True)
class TeamOfKind:
    """A team by its kind alone, where its name would tell a need; None: nobody knows which."""

    kind: str | None = None


@dataclass(frozen=True, slots=True)
class TeamNamed:
    """A team by the name that the directory has for it."""

    name: str


Value = str | date | Phrase | TeamNamed | TeamOfKind | Sequence[Phrase] | None


def say(text: str, **values: Value) -> Phrase:
    """A phrase with its values."""
    return Phrase(text, values)


def _said(value: Value, speech: Speech) -> str:
    if value is None:
        return speech.words(UNKNOWN_DAY)
    if isinstance(value, date):
        return speech.day(value)
    if isinstance(value, TeamNamed):
        return speech.team(value.name)
    if isinstance(value, TeamOfKind):
        return speech.holder(value.kind)
    if isinstance(value, Phrase):
        return value.said(speech)
    return value if isinstance(value, str) else ", ".join(each.said(speech) for each in value)
