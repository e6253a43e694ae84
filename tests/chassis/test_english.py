"""Dates, lists and beginnings of sentences, as every service and page says them."""

from datetime import UTC, date, datetime

import pytest

from chassis.english import capital, hour_in_words, in_words, listed, with_weekday


def test_a_day_is_said_with_its_month_in_words() -> None:
    assert in_words(date(2026, 3, 5)) == "5 March 2026"
    assert with_weekday(date(2026, 12, 31)) == "Thursday 31 December 2026"


def test_an_hour_is_the_one_that_london_s_clocks_show() -> None:
    assert hour_in_words(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == "00:30 on Wednesday 1 July 2026"


@pytest.mark.parametrize(
    ("items", "words"),
    [((), "nothing"), (("a",), "a"), (("a", "b"), "a or b"), (("a", "b", "c"), "a, b or c")],
)
def test_a_list_has_a_word_before_its_last(items: tuple[str, ...], words: str) -> None:
    assert listed(items, "or") == words


def test_a_sentence_begins_with_a_capital_and_keeps_those_that_it_has() -> None:
    assert capital("the EHC co-ordinator") == "The EHC co-ordinator"
    assert capital("") == ""
