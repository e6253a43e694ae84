"""Who advises families independently (SENDIASS), as a council writes it in one line: a name, then how to reach it.

A council has to see to it that families can get such advice: Children and Families Act 2014, section 32.
"""

import re
from dataclasses import dataclass

import phonenumbers

_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_POSSIBLE = phonenumbers.ValidationResult.IS_POSSIBLE  # and not without its area's code alone
_PAGE = re.compile(r"https://[^\s]+\.[^\s]+")


@dataclass(frozen=True, slots=True)
class Adviser:
    """The name, and each way as it is read (``01632 960301``) and as it is linked (``tel:+441632960301``)."""

    name: str
    ways: tuple[tuple[str, str], ...]


def adviser(line: str) -> Adviser:
    """Reads «name, number, address, page»: the number is needed, what follows may be left out. Raises ValueError."""
    name, *rest = (part.strip() for part in line.split(","))
    if not name or any(character.isdigit() for character in name):
        raise ValueError("begins with no name: write a name, a comma and a telephone number")
    ways = tuple((way, _link(way)) for way in rest)
    if not any(link.startswith("tel:") for _, link in ways):
        raise ValueError("has no telephone number: write it after the name and a comma")
    return Adviser(name, ways)


def _link(way: str) -> str:
    if _PAGE.fullmatch(way):
        return way
    if _MAIL.fullmatch(way):
        return f"mailto:{way}"
    try:
        number = phonenumbers.parse(way, "GB")
    except phonenumbers.NumberParseException:
        number = None
    # Whether its area is in use is not asked: numbers that are kept for drama stand in demos.
    if number is None or phonenumbers.is_possible_number_with_reason(number) != _POSSIBLE:
        raise ValueError("has a part that is no telephone number, e-mail address or https:// page")
    return f"tel:{phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)}"
