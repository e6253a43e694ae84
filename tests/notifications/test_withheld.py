"""What the link alone shows: nothing from which a decision or a need can be told."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.directory_v1 import DestinationListedV2
from schemas.envelope import REGISTRY, Event
from schemas.places_v1 import PlaceAwaited, PlacementConfirmed, PlaceOffered
from services.notifications import wording
from services.notifications.domain import page
from services.notifications.domain.background import DirectoryEntry, Reasons
from services.notifications.domain.course import Timetable
from services.notifications.domain.fact import Fact
from services.notifications.domain.page import Page
from services.notifications.domain.sentences import HAPPENED, STANDING
from services.notifications.domain.standing import Happened
from services.notifications.domain.story import Story, hear
from services.notifications.languages import Spoken
from tests.notifications.builders import (
    CASE,
    NOW,
    REFERRAL,
    accepted,
    decided,
    deferred,
    destination,
    details,
    heard,
    listed,
    opened,
    papers,
    received,
    routed,
)
from tests.notifications.conftest import House
from tests.notifications.test_page import a_page, arranged, concluded, returned, stepped
from tests.notifications.test_proving import told
from tests.notifications.test_web import a_link, browser

Houses = Callable[..., Awaitable[House]]
DEAF = DestinationListedV2(
    entry="destination:deaf", code="deaf", kind="advisory-team", name="Deaf and Hearing Impairment team",
    does="Helps deaf children.", advice_line="01438 555 0177", expected_wait_days=12, expected_wait_p80_days=20,
    meanwhile="Speak face to face.",
)  # fmt: skip
ENTRY = DirectoryEntry.model_validate(DEAF.model_dump())
OF: dict[str, Any] = {"placement_id": "p", "referral_id": REFERRAL}
WHOSE: Any = {
    "reference": "X", "panel": "primary-panel", "child_id": "c", "urn": "117215", "area": "DSPL7", "phase": "primary",
    "need": "ASD",
}  # fmt: skip
AWAITED = PlaceAwaited(
    **OF, case_id=CASE, whose=WHOSE, provision="special-school", awaited_at=NOW, next_step_by=date(2026, 4, 1)
)
OFFERED = PlaceOffered(
    **OF, setting="117201", kind="special-school", offered_at=NOW, starts_on=date(2026, 4, 13),
    reply_by=date(2026, 3, 27),
)  # fmt: skip
CONFIRMED = PlacementConfirmed(
    **OF, setting="117201", kind="special-school", confirmed_at=NOW, starts_on=date(2026, 4, 13)
)


def a_story(*events: Event) -> Story:
    story: Story | None = None
    for event in events:
        story = hear(story, event, NOW, Timetable(())) or story
    assert story is not None
    return story


def by_link(*events: Event) -> Page:
    """What the link alone shows of what happened."""
    return page.withheld(a_story(*events), {ENTRY.entry: ENTRY}, today=NOW.date())


def all_of(shown: Page) -> str:
    """All words of a page, as one reads them."""
    speech = Spoken()
    phrases = [step.words for step in shown.steps]
    if shown.standing:
        phrases += [shown.standing.holder, shown.standing.next]
    said = [phrase.said(speech) for phrase in phrases] + [each.words for each in shown.dates]
    return " ".join([*said, repr((shown.team, shown.outcome, shown.reasons))])


def test_every_kind_of_fact_says_whether_the_link_alone_shows_it() -> None:
    assert {type(each) for each in HAPPENED.values()} == {Happened}
    assert {each.personal for each in HAPPENED.values()} == {True, False}


@pytest.mark.parametrize("kind", sorted(HAPPENED))
def test_what_follows_a_decision_is_personal(kind: str) -> None:
    if kind.startswith(("decision.", "place.", "placement.", "support.")):
        assert HAPPENED[kind].personal


@pytest.mark.parametrize("last", [decided(), returned(), concluded(), stepped(), AWAITED, OFFERED, CONFIRMED])
def test_from_the_decision_on_there_is_news_and_no_more(last: Event) -> None:
    before = by_link(received(), routed(), accepted(), opened(), listed())
    after = by_link(received(), routed(), accepted(), opened(), listed(), last)
    assert after.steps == before.steps
    assert (after.standing, after.team, after.dates) == (None, None, ())
    assert (after.outcome, after.reasons) == (None, None)
    assert (after.locked, after.news_on) == (True, NOW.date())


def test_how_many_steps_followed_is_not_told_either() -> None:
    one = by_link(received(), routed(), decided())
    many = by_link(received(), routed(), decided(), AWAITED, OFFERED, CONFIRMED, arranged())
    assert one == many


@given(st.lists(st.sampled_from(sorted(HAPPENED)), max_size=8), st.data())
def test_whatever_happened_a_personal_sentence_is_never_shown(kinds: list[str], data: st.DataObject) -> None:
    facts = [data.draw(st.sampled_from(wording._facts(REGISTRY[kind]))) for kind in kinds]
    story = a_story(received())
    story = story.model_copy(
        update={"facts": (*story.facts, *(_at(fact, n) for n, fact in enumerate(facts)))}
    )
    shown = page.withheld(story, {ENTRY.entry: ENTRY}, today=date(2020, 1, 1))
    private = next((n for n, kind in enumerate(kinds) if HAPPENED[kind].personal), None)
    assert len(shown.steps) == 1 + (len(kinds) if private is None else private)
    assert (shown.standing is None) == (private is not None)
    assert bool(shown.dates) <= (private is None)


def _at(fact: Fact, n: int) -> Fact:
    return fact.model_copy(update={"at": datetime(2026, 3, 3, n, tzinfo=NOW.tzinfo)})


def test_a_team_is_told_by_its_kind_alone() -> None:
    shown = by_link(received(), routed(destination="deaf", destination_kind="advisory-team"))
    words = all_of(shown)
    assert "It went to the specialist teaching team." in words
    assert "The specialist teaching team will read it, and answer by 23 March 2026." in words
    for private in ("Deaf", "Hearing", "deaf", "01438", "face to face"):
        assert private not in words
    assert shown.team is not None
    assert (shown.team.expected_wait_days, shown.team.expected_wait_p80_days) == (12, 20)


def test_what_is_missing_and_the_kind_of_a_visit_are_not_told() -> None:
    missing = ("educational-psychology-advice", "health-advice")
    words = all_of(by_link(received(), routed(), opened(), listed(), deferred(missing=missing), arranged()))
    assert "The panel could not decide yet: it needs a paper." in words
    assert "A visit has a date: 2 April 2026." in words
    assert "psychologist" not in words
    assert "health" not in words


def test_that_the_family_has_to_bring_something_is_told() -> None:
    assert "Your family will send what is missing." in all_of(by_link(received(), routed(), deferred()))


def test_the_whole_page_has_all_of_it() -> None:
    shown = a_page(
        received(),
        routed(),
        heard(),
        decided(),
        AWAITED,
        reasons=[Reasons(case_id=CASE, referral_id=REFERRAL, reasons="Because.")],
    )
    assert (shown.locked, shown.news_on, shown.reasons) == (False, None, "Because.")
    assert "The search for a place began." in [str(step.words) for step in shown.steps]


def test_every_standing_has_a_sentence_of_what_happened() -> None:
    assert set(STANDING) <= set(HAPPENED)


PRIVATE = (
    *("decision", "special school", "smaller class", "search for a place", "offered", "13 April", "27 March"),
    *("EHC", "primary placement panel", "01438 555 0100", "special provision"),
)


async def test_the_page_and_its_calendar_show_the_outcome_after_a_code_only(house: Houses) -> None:
    it = await house(public_url="http://here")
    await it.hear(destination(), received(), routed(), details(), opened(), papers("A smaller class."))
    await it.hear(decided(), AWAITED, OFFERED)
    link = await a_link(it)
    async with browser(it) as family:
        for path in (link, f"{link}/dates.ics", f"{link}/words", f"{link}/choices", f"{link}/code"):
            text = (await family.get(path)).text
            for private in PRIVATE:
                assert private not in text or (private, path) == ("decision", f"{link}/choices"), (
                    path,
                    private,
                )
        await family.post(f"{link}/code", data={"digits": await told(it, family)})
        text = (await family.get(link)).text
        assert "The council offered you a place from 13 April 2026." in text
        assert "A smaller class." in text
        assert "20260327" in (await family.get(f"{link}/dates.ics")).text


async def test_each_look_is_recorded_with_what_was_seen_and_whether_with_a_code(house: Houses) -> None:
    it = await house(public_url="http://here")
    await it.hear(received(), routed(), details(), listed())
    link = await a_link(it)
    async with browser(it) as family:
        await family.head(link)
        await family.head(f"{link}/dates.ics")
        await family.get(link)
        await family.get(f"{link}/dates.ics")
        await family.post(f"{link}/code", data={"digits": await told(it, family)})
        await family.get(link)
    rows = await it.pool.fetch("SELECT what, proved FROM page_view ORDER BY id")
    assert [tuple(row) for row in rows] == [("page", False), ("dates", False), ("page", True)]
