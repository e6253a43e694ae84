"""What the sentences of the family's page are made of, whatever they are about.

The places of a text are filled by their names: ``{team}`` is whoever dealt with it then, ``{sits_on}`` the fact's own
date of that name; for anything else the sentence brings a part.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from services.notifications.domain.fact import Fact
from services.notifications.domain.phrases import Phrase, Value, say

SCHOOL = "The school or setting that made the referral"
#: A text, or which text it is for a fact.
Text = str | Callable[[Fact], str]
#: What stands in a place, for a fact.
Part = Callable[[Fact], Value]
_PLACE = re.compile(r"{(\w+)}")


@dataclass(frozen=True, slots=True)
class Happened:
    """The sentence of a kind of fact. ``personal``: it tells what was decided or found about the child.

    What is personal, and all that follows it, is shown to whoever has proved by a second way that the page is theirs.
    """

    text: Text
    parts: Mapping[str, Part]
    personal: bool

    def __call__(self, fact: Fact, team: Value) -> Phrase:
        return _filled(self.text, self.parts, fact, team)


def openly(text: Text, **parts: Part) -> Happened:
    """Whoever holds the link reads it: a step of the way, which says nothing of the child and of no outcome."""
    return Happened(text, parts, personal=False)


def privately(text: Text, **parts: Part) -> Happened:
    """Only whoever has shown that the page is theirs reads it, and that it happened."""
    return Happened(text, parts, personal=True)


@dataclass(frozen=True, slots=True)
class Standing:
    """Who has the referral, what comes next, and the date that was promised for it."""

    holder: Phrase
    next: Phrase
    by: date | None = None


@dataclass(frozen=True, slots=True)
class Then:
    """How things stand after a kind of fact. ``by`` names the fact's date that was promised."""

    holder: Text
    next: Text
    by: str
    parts: Mapping[str, Part]

    def __call__(self, fact: Fact, team: Value) -> Standing:
        return Standing(
            _filled(self.holder, {}, fact, team),
            _filled(self.next, self.parts, fact, team),
            fact.day(self.by) if self.by else None,
        )


def then(holder: Text, next: Text, by: str = "", **parts: Part) -> Then:
    """How things stand from a fact on."""
    return Then(holder, next, by, parts)


def _filled(text: Text, parts: Mapping[str, Part], fact: Fact, team: Value) -> Phrase:
    chosen = text if isinstance(text, str) else text(fact)
    names = {name.lower() for name in _PLACE.findall(chosen)}
    values = {name: parts[name](fact) if name in parts else fact.day(name) for name in names - {"team"}}
    return say(chosen, **values, **({"team": team} if "team" in names else {}))
