"""Which characters a document can show. Pure.

A document that is read aloud must have a shape for each of its characters: the typesetter refuses one it has no
shape for, and fails over some scripts that it has to join. So what is not known to be shown is shown as a box.
"""

import unicodedata
from functools import lru_cache
from typing import Any

#: First and last of each run of characters that the typesetter's own fonts have: Latin with all its accents, Greek,
#: Cyrillic, punctuation, currencies, arrows and mathematics.
SHOWN = (
    (0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x24F), (0x370, 0x3FF), (0x400, 0x482), (0x48A, 0x4FF), (0x1E00, 0x1EFF),
    (0x2010, 0x2027), (0x2030, 0x2040), (0x2044, 0x2052), (0x20A0, 0x20BF), (0x2190, 0x21FF), (0x2200, 0x22FF),
    (0x25A0, 0x25FF), (0x2713, 0x2714), (0x2717, 0x2718),
)  # fmt: skip
BOX = "□"


def printable(value: Any) -> Any:
    """The same data, its texts with a box for each character that cannot be shown; line ends and tabs are spaces."""
    if isinstance(value, str):
        return "".join(map(_shown, unicodedata.normalize("NFC", value)))
    if isinstance(value, dict):
        return {key: printable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [printable(each) for each in value]
    return value


@lru_cache(maxsize=4096)
def _shown(character: str) -> str:
    if character.isspace():
        return " " if character in "\t\n\r\v\f\u2028\u2029" else character if _has_shape(character) else " "
    category = unicodedata.category(character)
    if category in (
        "Cf",
        "Cc",
    ):  # soft hyphens, marks of direction: they have no shape, and mean nothing here
        return ""
    return character if category != "Cn" and _has_shape(character) else BOX


def _has_shape(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in SHOWN)


def paragraphs(text: str | None) -> list[str]:
    """What somebody wrote, by its lines; empty ones are left out."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]
