"""What families read is plain English: short sentences that say who does what, in words that everybody knows."""

import pytest

from schemas.panels_v1 import CaseDeferred
from services.notifications import wording
from services.notifications.domain.plain_words import findings, sentences
from services.notifications.templates import shipped

JARGON = {"commence": "begin", "sitting": "meeting"}


def advice(text: str, *stays: str) -> list[str]:
    return [one.advice for one in findings("here", text, JARGON, frozenset(stays))]


def test_everything_that_families_read_is_plain() -> None:
    assert wording.looked_through(wording.everything(shipped())) == []


@pytest.mark.parametrize(
    "text",
    [
        "The panel looks at it on 30 September 2026.",
        "You do not have to do anything.",
        "Your EHC co-ordinator tells you which place it is, and answers your questions.",
        "The team needs more time. It is open.",
        "It is indeed late.",
    ],
)
def test_a_plain_sentence_is_left_alone(text: str) -> None:
    assert advice(text) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("The school was asked.", "was asked"),
        ("It was opened again.", "was opened"),
        ("The date is not yet set.", "is not yet set"),
        ("It has been carefully considered.", "been carefully considered"),
        ("You are told the date.", "are told"),
    ],
)
def test_the_passive_voice_is_found(text: str, what: str) -> None:
    assert advice(text) == [f"'{what}': say who does it"]


def test_a_long_sentence_is_found_and_one_of_25_words_is_not() -> None:
    assert advice(" ".join(["word"] * 25) + ".") == []
    assert advice(" ".join(["word"] * 26) + ".") == ["26 words: make two sentences of it, of at most 25 each"]


def test_jargon_is_answered_by_the_plain_word_and_parts_of_other_words_are_not_jargon() -> None:
    assert advice("The work will commence.") == ["'commence': say 'begin'"]
    assert advice("The babysitting is over.") == []


def test_a_sentence_that_is_named_stays() -> None:
    assert advice("It was opened again. The rest is gone.", "It was opened again.") == []


def test_paragraphs_and_what_follows_a_colon_are_sentences_of_their_own() -> None:
    assert sentences("Hello\n\nThe panel\nmet: it agreed. ABCD: now") == [
        "Hello", "The panel met:", "it agreed.", "ABCD:", "now",
    ]  # fmt: skip


def test_a_sentence_that_stays_needs_a_reason() -> None:
    assert all(wording.style().stays.values())


def test_the_families_page_is_read_for_every_code_that_a_fact_may_carry() -> None:
    said = "\n".join(text for place, text in wording.of_sentences() if CaseDeferred.type in place)
    assert "your own views" in said
    assert "Your family will send what is missing." in said
    assert "The health service will send what is missing." in said


def test_the_pages_themselves_are_read_without_their_markup() -> None:
    said = "\n".join(text for _, text in wording.of_pages())
    assert "This link leads nowhere" in said
    assert "<" not in said
    assert "{" not in said
