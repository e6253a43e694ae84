"""Secrets that people copy by hand or read out: Crockford's base 32, in groups of four."""

from hashlib import sha256

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: What is read for another: the letters that stand for no value of their own.
ALIKE = str.maketrans("OIL", "011")
_GROUP = 4
_BITS = 5


def letters_of(chance: bytes) -> str:
    """Random bytes as letters, five bits each; the bits must be a whole number of letters."""
    whole = int.from_bytes(chance)
    places = range(len(chance) * 8 - _BITS, -1, -_BITS)
    return "".join(LETTERS[whole >> place & 31] for place in places)


def grouped(letters: str) -> str:
    """As it is written down: ``7K3M-X2TP-9QAB-45CD``."""
    return "-".join(letters[place : place + _GROUP] for place in range(0, len(letters), _GROUP))


def tidied(text: str) -> str:
    """However it was typed, with blanks, in small letters or without dashes, as it is written down."""
    return grouped("".join(each for each in text.upper() if each.isalnum()))


def typed(text: str, length: int) -> str:
    """The letters that somebody typed, small ones, blanks, dashes, O for 0, I and L for 1 forgiven; empty if none."""
    letters = "".join(each for each in text.upper() if each.isalnum()).translate(ALIKE)
    return letters if len(letters) == length and set(letters) <= set(LETTERS) else ""


def digest(letters: str) -> str:
    """All that is kept of it: its SHA-256 in hexadecimal digits."""
    return sha256(letters.encode()).hexdigest()
