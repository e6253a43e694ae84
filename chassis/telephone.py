"""Telephone numbers as people in the United Kingdom write them: which can be one, and which takes text messages."""

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

#: Numbers that Ofcom keeps for drama, so that a rehearsal reaches nobody; the library knows them as no kind of number.
_FICTITIOUS = range(7700_900_000, 7700_901_000)
_TAKES_TEXTS = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
#: A British mobile number as nearly everybody writes one; the library is asked about its block of numbers only.
_PLAIN_MOBILE = re.compile(r"(?:0|\+44 ?)(7[0-9]{3}) ?([0-9]{3}) ?([0-9]{3})")


def is_number(number: str) -> bool:
    """Whether this can be a telephone number: British, or international with +."""
    read = _read(number)
    return read is not None and read[1] != PhoneNumberType.UNKNOWN


def textable(number: str | None) -> str | None:
    """The number as +447…, whether it came with 0, +44 or 0044; None for a landline and for what is no number."""
    read = _read(number or "")
    return read[0] if read is not None and read[1] in _TAKES_TEXTS else None


def _read(number: str) -> tuple[str, int] | None:
    """The number with + and its country's code, and of what kind it is; None for what is no number."""
    if plain := _PLAIN_MOBILE.fullmatch(number):
        digits = "".join(plain.groups())
        kind = PhoneNumberType.MOBILE if int(digits) in _FICTITIOUS else _kind_of_block(digits[:6])
        return f"+44{digits}", kind
    try:
        parsed = phonenumbers.parse(number, "GB")
    except phonenumbers.NumberParseException:
        return None
    fictitious = parsed.country_code == 44 and parsed.national_number in _FICTITIOUS
    kind = PhoneNumberType.MOBILE if fictitious else phonenumbers.number_type(parsed)
    return str(phonenumbers.format_number(parsed, PhoneNumberFormat.E164)), kind


@lru_cache(4096)
def _kind_of_block(digits: str) -> int:
    """Of what kind the numbers are that begin with these six digits; they are given out in blocks no smaller than that.

    The blocks are kept in memory, the numbers are not.
    """
    return int(phonenumbers.number_type(phonenumbers.parse(f"0{digits}0000", "GB")))
