"""The families' page in other languages: whole sentences, days as they are said there, and nothing forgotten."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import get_args

import pytest
from babel import Locale

import services.notifications as service
from schemas.codes import Language
from schemas.envelope import REGISTRY
from services.notifications import documents, languages, wording
from services.notifications.domain import dates, page, preference, said, sentences
from services.notifications.domain.phrases import ENGLISH, UNKNOWN_DAY, Speech, TeamNamed, say
from services.notifications.languages import Spoken, spoken
from services.notifications.web.family import choosing, correcting, new_link, proof, saying, showing
from tests.notifications.builders import NOW, decided, details, listed, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_page import a_page, concluded
from tests.notifications.test_papers import AGREED, REASONS, WRITERS
from tests.notifications.test_web import a_link, browser

Houses = Callable[..., Awaitable[House]]
FOLDER = Path(service.__file__).parent
_PLACES = re.compile(r"{\w+}")


class Listening:
    """A language that remembers what it was asked for."""

    def __init__(self) -> None:
        self.heard = set[str]()

    def words(self, english: str) -> str:
        self.heard.add(english)
        return english

    day = staticmethod(ENGLISH.day)
    team = staticmethod(ENGLISH.team)
    holder = staticmethod(ENGLISH.holder)


def _sentences(speech: Speech) -> None:
    for kind, happened in sentences.HAPPENED.items():
        for fact in wording._facts(REGISTRY[kind]):
            happened(fact, "the panel").said(speech)
            if kind in sentences.STANDING:
                standing = sentences.STANDING[kind](fact, "the panel")
                standing.holder.said(speech)
                standing.next.said(speech)
    for decision in wording._facts(REGISTRY["decision.issued.v1"]):
        for outcome in ("agreed", "not-agreed", "more-information", ""):
            page._outcome(decision.model_copy(update={"data": decision.data | {"outcome": outcome}})).said(
                speech
            )
    for phrase in (*sentences.PROVISIONS.values(), *sentences.FUNDING.values(), *sentences._MISSING.values()):
        phrase.said(speech)


def _documents(speech: Speech) -> None:
    shown = a_page(received(), routed(), concluded(), decided(), listed(), reasons=REASONS, agreed=AGREED)
    for kind in get_args(documents.Kind):
        documents.document(kind, shown, speech, "en", WRITERS, NOW.date())


def everything() -> set[str]:
    """All English words that the page asks a reader's language for."""
    speech = Listening()
    _sentences(speech)
    _documents(speech)
    found = speech.heard | {UNKNOWN_DAY, said.NO_WORDS, said.TOO_LONG, said.SENT_ALREADY}
    found |= {preference.CHANGED_MEANWHILE, preference.PAUSE_ENDS}
    found |= {words for each in dates._WORDS.values() for words in each.values()}
    for path in sorted((FOLDER / "pages" / "family").glob("*.html")):
        found |= set(wording.in_templates(path.read_text()))
    for words in (
        choosing.CHANNELS,
        choosing.PAUSES,
        proof._WORDS,
        saying.ABOUT,
        saying.FAULTS,
        new_link.FAULTS,
    ):
        found |= set(words.values())
    found |= {"Your referral {reference}", "You wrote to us"}
    found |= {*correcting.WAYS.values(), *correcting._WORDS.values(), choosing._WRONG, *showing.TITLES}
    found |= {module._TITLE for module in (correcting, choosing, proof, saying, new_link)}
    return {each for each in found if each and not re.fullmatch(r"[\W\d]*|({\w+} ?)+", each)}


@pytest.mark.parametrize("language", get_args(Language))
def test_a_language_is_called_what_those_who_speak_it_call_it(language: Language) -> None:
    assert languages.OWN_NAMES[language] == Locale.parse(language).get_display_name(language)


@pytest.mark.parametrize("language", languages.translated())
def test_a_language_has_all_words_of_the_page_and_no_others(language: str) -> None:
    words = languages._catalogue(language).words
    assert sorted(everything() - set(words)) == []
    assert sorted(set(words) - everything()) == []


@pytest.mark.parametrize("language", languages.translated())
def test_a_translation_has_the_places_of_the_english_words(language: str) -> None:
    for english, words in languages._catalogue(language).words.items():
        assert {p.lower() for p in _PLACES.findall(words)} == {p.lower() for p in _PLACES.findall(english)}, (
            english
        )


def test_who_asks_for_a_language_that_is_a_draft_reads_english_unless_drafts_go_out() -> None:
    assert spoken(["pl"], drafts=True) == Spoken("pl")
    assert spoken(["pl"], drafts=False) == Spoken("en")
    assert spoken(["xx", "no"], drafts=True) == Spoken("en")


async def test_somebody_who_reads_polish_has_the_page_in_polish(house: Houses) -> None:
    it = await house(draft_translations=True)
    await it.hear(received(), routed(), details(language="pl"), listed())
    link = await a_link(it)
    async with browser(it) as family:
        text = (await family.get(link)).text
        assert '<html lang="pl" dir="ltr">' in text
        assert "<title>Skierowanie ABCD-EFGH-JKM4</title>" in text
        assert "Jest termin: komisja zbiera się 18 marca 2026." in text
        assert '<p lang="en" dir="ltr">Questions?' in text, "what is English says so"
        for path in ("choices", "code", "words"):
            assert "Powrót do strony skierowania" in (await family.get(f"{link}/{path}")).text
        assert "Posiedzenie komisji" in (await family.get(f"{link}/dates.ics")).text
        lost = await family.get("/f/x", headers={"Accept-Language": "pl-PL,pl;q=0.9,en;q=0.8"})
        assert "Nie znaleziono strony" in lost.text
        assert "This page cannot be found" in (await family.get("/f/x")).text


def test_a_teams_name_has_an_article_in_english_alone() -> None:
    name = TeamNamed("Vision Impairment team")
    assert say("It went to {team}.", team=name).said(Spoken("en")) == "It went to the Vision Impairment team."
    assert "się Vision Impairment team." in say("It went to {team}.", team=name).said(Spoken("pl"))


async def test_a_draft_is_not_shown_to_a_family(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details(language="pl"))
    link = await a_link(it)
    async with browser(it) as family:
        assert '<html lang="en" dir="ltr">' in (await family.get(link)).text
