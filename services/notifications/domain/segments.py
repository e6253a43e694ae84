"""How many parts a text message is sent in: what the network counts, and the council pays for.

By 3GPP TS 23.038: up to 160 characters of the GSM alphabet are one part, and those of its extension (such as € and [)
count twice. With any other letter the whole text goes as UCS-2, of which 70 units are one part. Longer texts lose room
in each part to the header that joins them.
"""

from dataclasses import dataclass
from typing import Literal

from gsm0338 import Codec

Alphabet = Literal["GSM-7", "UCS-2"]
_ROOM: dict[Alphabet, tuple[int, int]] = {"GSM-7": (160, 153), "UCS-2": (70, 67)}


@dataclass(frozen=True, slots=True)
class Segments:
    """``units`` are septets of GSM-7 or 16-bit units of UCS-2; ``number`` is how many parts they fill."""

    alphabet: Alphabet
    units: int
    number: int


def segments(text: str) -> Segments:
    """How ``text`` goes over the air. An empty text is one part, as the network sends it."""
    sizes = [_septets(letter) for letter in text]
    if all(sizes):
        return _filled("GSM-7", sizes)
    return _filled("UCS-2", [len(letter.encode("utf-16-be")) // 2 for letter in text])


def foreign(text: str) -> str:
    """The letters, each once and in order, for which the text cannot go as GSM-7."""
    return "".join(dict.fromkeys(letter for letter in text if not _septets(letter)))


def _septets(letter: str) -> int:
    try:
        return len(_GSM.encode(letter)[0])
    except UnicodeEncodeError:
        return 0


def _filled(alphabet: Alphabet, sizes: list[int]) -> Segments:
    """A letter that counts twice never stands on both sides of a border between parts."""
    whole, part = _ROOM[alphabet]
    units = sum(sizes)
    if units <= whole:
        return Segments(alphabet, units, 1)
    number, left = 1, part
    for size in sizes:
        if size > left:
            number, left = number + 1, part
        left -= size
    return Segments(alphabet, units, number)


_GSM = Codec()
