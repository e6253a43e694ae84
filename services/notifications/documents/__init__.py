"""What a family takes with it from its page, as tagged PDF: the decision, what was agreed, the whole story.

Pure but for the folder's name: from the page that is shown, to the data of ``templates/family.typ``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from schemas.personal_v1 import Agreed
from services.notifications.domain.adviser import adviser
from services.notifications.domain.page import Page
from services.notifications.domain.phrases import Phrase, Speech, say

Kind = Literal["decision", "agreed", "story"]
ADVISES = "{who} advises you free of charge, and is independent of the council."
TEMPLATES = Path(__file__).parent / "templates"
TITLES: Mapping[Kind, str] = {
    "decision": "The decision on your referral {reference}",
    "agreed": "What we agreed about your referral {reference}",
    "story": "Your referral {reference}, from the beginning",
}


@dataclass(frozen=True, slots=True)
class House:
    """Who writes: the service's name, whom to ask, and who advises families independently, as one line."""

    service: str
    enquiries: str
    sendiass: str


@dataclass(frozen=True, slots=True)
class _Section:
    heading: str
    words: list[str] = field(default_factory=list)
    facts: list[list[list[str]]] = field(default_factory=list)
    quoted: bool = False

    def __bool__(self) -> bool:
        return bool(self.words or self.facts)


def offered(shown: Page) -> tuple[Kind, ...]:
    """The documents that there are of a page: none of one that holds something back."""
    if shown.locked:
        return ()
    there: dict[Kind, bool] = {"decision": bool(shown.outcome), "agreed": bool(shown.actions), "story": True}
    return tuple(kind for kind, is_there in there.items() if is_there)


def document(
    kind: Kind, shown: Page, speech: Speech, language: str, house: House, today: date
) -> dict[str, Any]:
    """The data of the template for one of those that are ``offered``, as of ``today``."""
    written = _Writing(shown, speech, house)
    sections = {"decision": written.decision, "agreed": written.agreed, "story": written.story}[kind]()
    title = written.said(say(TITLES[kind], reference=shown.reference))
    return {
        "title": title,
        "marking": written.words("Private: for you only"),
        "service": house.service,
        "lang": language,
        "page-of": [written.words("Page"), written.words("of")],
        "intro": [written.said(say("As it stands on {today}.", today=today))],
        "sections": [
            {"heading": each.heading, "words": each.words, "facts": each.facts, "quoted": each.quoted}
            for each in sections
            if each
        ],
        "foot": [house.enquiries],
    }


@dataclass(frozen=True, slots=True)
class _Writing:
    """One page in one language, by its parts."""

    shown: Page
    speech: Speech
    house: House

    def words(self, english: str) -> str:
        return self.speech.words(english)

    def said(self, phrase: Phrase) -> str:
        return phrase.said(self.speech)

    def decision(self) -> list[_Section]:
        if self.shown.outcome is None:
            return []
        dates = [step for step in self.shown.steps if step.decides]
        independent = adviser(self.house.sendiass)
        reach = ", ".join(way for way, _ in independent.ways)
        return [
            _Section(
                self.words("The decision"),
                [self.said(self.shown.outcome)],
                [[[self.speech.day(step.on), self.said(step.words)] for step in dates]],
            ),
            _Section(self.words("The reasons"), _lines(self.shown.reasons), quoted=True),
            self._now(),
            _Section(
                self.words("If you do not agree"),
                [
                    self.words("Tell us on your page that you do not agree, and somebody answers you."),
                    f"{self.said(say(ADVISES, who=independent.name))} {reach}",
                ],
            ),
        ]

    def agreed(self) -> list[_Section]:
        on = self.shown.review_on
        look = say("You and the school look at how things are going on {on}.", on=on)
        return [
            _Section(
                self.words("What we agreed with the school"),
                facts=[self._action(each) for each in self.shown.actions],
            ),
            _Section(self.words("What comes next"), [self.said(look)] if on else []),
        ]

    def story(self) -> list[_Section]:
        told = [[self.speech.day(step.on), self.said(step.words)] for step in self.shown.steps]
        happened = _Section(self.words("What has happened so far"), facts=[told])
        decision = self.decision()
        return [*(decision or [self._now()]), *self.agreed(), happened]

    def _now(self) -> _Section:
        standing = self.shown.standing
        if standing is None:
            return _Section("")
        rows = [
            [self.words("Who has it"), self.said(standing.holder)],
            [self.words("What comes next"), self.said(standing.next)],
        ]
        by = [[self.words("By when"), self.speech.day(standing.by)]] if standing.by else []
        return _Section(self.words("Where it is now"), facts=[rows + by])

    def _action(self, action: Agreed) -> list[list[str]]:
        return [
            [self.words("What"), action.what],
            [self.words("Who does it"), action.who],
            [self.words("By when"), self.speech.day(action.by)],
        ]


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]
