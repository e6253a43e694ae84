"""A person's names as a search sees them: what two spellings of one name have in common."""

import unicodedata

#: Letters that no accent explains, as people type them who have not got them.
_ALIKE = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t"}
)
#: They join two parts of one name as often as not: O'Neill, ONeill.
_NOTHING = frozenset("'’‘ʼ`´")
_PLAIN = str.maketrans(
    {
        chr(code): chr(code) if chr(code).isalnum() else None if chr(code) in _NOTHING else " "
        for code in range(128)
    }
)


def likeness(*names: str) -> str:
    """The words of these names in small Latin letters, without accents, in the order of the alphabet.

    The order of names does not matter then. A letter of another alphabet is written as its number, so that the
    database finds what resembles it whatever language it was set up for. Signs that are no letters are left out.
    """
    written = " ".join(names)
    if written.isascii():  # as most are: nothing to take apart, letter by letter
        return " ".join(sorted(written.lower().translate(_PLAIN).split()))
    plain = unicodedata.normalize("NFKD", written.casefold()).casefold().translate(_ALIKE)
    letters = (_letter(each) for each in plain if each not in _NOTHING and not unicodedata.combining(each))
    return " ".join(sorted("".join(letters).split()))


def _letter(letter: str) -> str:
    if not letter.isalnum():
        return " "
    return letter if letter.isascii() else f"{ord(letter):x}"
