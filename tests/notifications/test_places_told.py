"""What a family is told on the way to a place: each letter with the days that there are, and no school."""

from datetime import date
from typing import Any

import pytest

from schemas.envelope import Event
from schemas.places_v1 import PlaceDeclined, PlacementConfirmed, PlacementEnded, PlaceOffered, SupportSettled
from services.notifications.domain.course import Timetable
from services.notifications.domain.story import Story, hear
from services.notifications.letters import fields
from services.notifications.templates import shipped
from tests.notifications.builders import MOTHER, NOW, REFERRAL
from tests.notifications.conftest import settings

OF: dict[str, Any] = {"placement_id": "p", "referral_id": REFERRAL}
PLACE: dict[str, Any] = {"setting": "117201", "kind": "special-school"}
FIRST, LAST, BACK = date(2026, 4, 13), date(2026, 5, 15), date(2026, 5, 18)
SHORT = {"short": True, "review_on": date(2026, 4, 27), "ends_on": LAST, "returns_on": BACK}


def letters(event: Event) -> list[str]:
    """The letters that follow a fact."""
    templates = shipped()
    story = Story(referral_id=REFERRAL, reference="ABCD-EFGH-JKM4", tell=(MOTHER,))
    after = hear(story, event, NOW, Timetable(templates.tellings))
    born = after.born if after else ()
    written = []
    for message in born:
        known = fields(message, None, "https://here.example/f/x", settings())
        subject, body = templates.write(message.fact, "en", known)
        written.append(f"{subject}\n{body}")
    return written


CONFIRMED = {**OF, **PLACE, "confirmed_at": NOW, "starts_on": FIRST}
ENDED = {**OF, "ended_at": NOW, "ended_on": LAST}
TOLD: list[tuple[Event, list[str], list[str]]] = [
    (
        PlaceOffered(**OF, **PLACE, offered_at=NOW, starts_on=FIRST, reply_by=date(2026, 3, 27)),
        ["13 April 2026", "27 March 2026"],
        [],
    ),
    (PlaceDeclined(**OF, reason="setting-cannot", declined_at=NOW), ["is looking for another place"], []),
    (PlacementConfirmed(**CONFIRMED), ["is 13 April 2026"], ["usual school", "looked at"]),
    (
        PlacementConfirmed(**CONFIRMED, **SHORT),
        ["13 April 2026", "27 April 2026", "15 May 2026", "18 May 2026"],
        [],
    ),
    (
        SupportSettled(**OF, setting="117201", settled_at=NOW, starts_on=FIRST),
        ["begin on 13 April 2026"],
        ["place"],
    ),
    (PlacementEnded(**ENDED, reason="moved-on"), ["ended on 15 May 2026"], ["usual school"]),
    (PlacementEnded(**ENDED, reason="returned", returns_on=BACK), ["18 May 2026"], []),
]


@pytest.mark.parametrize(("event", "says", "says_not"), TOLD)
def test_a_letter_has_the_days_that_there_are(event: Event, says: list[str], says_not: list[str]) -> None:
    (letter,) = letters(event)
    assert all(words in letter for words in says), letter
    assert not any(words in letter for words in says_not), letter
    assert "117201" not in letter
    assert "\n\n\n" not in letter


QUIET: list[Event] = [
    PlaceDeclined(**OF, reason="family-declined", declined_at=NOW),
    PlacementEnded(**ENDED, reason="family-withdrew", began=False),
]


@pytest.mark.parametrize("event", QUIET)
def test_a_family_is_not_told_what_it_said_itself(event: Event) -> None:
    assert letters(event) == []
