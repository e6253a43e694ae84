"""Telephone numbers: which can be one, which takes texts, and that a shorter way there leads to the same."""

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from chassis.telephone import is_number, textable


@pytest.mark.parametrize(
    "number", ["07700 900123", "+44 7700 900123", "0044 7700 900123", "+44 (0)7700 900123", "07700900123"]
)
def test_a_mobile_number_is_one_number_however_it_is_written(number: str) -> None:
    assert textable(number) == "+447700900123"


@pytest.mark.parametrize(
    "number", [None, "", "01438 555010", "0800 1111", "0303 123 4567", "not a number", "07"]
)
def test_a_landline_and_what_is_no_number_take_no_texts(number: str | None) -> None:
    assert textable(number) is None


def test_a_mobile_number_from_abroad_takes_texts() -> None:
    assert textable("+33 6 12 34 56 78") == "+33612345678"


@given(st.from_regex(r"(0|\+44 ?)7([0-9]{3}|700|624|911|600|000) ?[0-9]{3} ?[0-9]{3}", fullmatch=True))
@example("07700 900123")
@example("07911 123456")
@example("07600 123456")  # a pager
def test_a_plain_mobile_number_is_judged_as_the_library_judges_it(number: str) -> None:
    parsed = phonenumbers.parse(number, "GB")
    fictitious = number.replace(" ", "")[-10:].startswith("7700900")
    mobile = phonenumbers.number_type(parsed) == PhoneNumberType.MOBILE
    assert is_number(number) == (phonenumbers.is_valid_number(parsed) or fictitious)
    known = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    assert textable(number) == (known if mobile or fictitious else None)
