"""Whether a sentence is plain: not long, saying who does what, in words that everybody knows. For English only.

A rule of thumb finds the passive voice: a form of "to be", and soon after it a participle. It may be wrong about a
sentence, which is then named with a reason as one that stays.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

#: Words of a sentence at most: what the style guide of government pages asks for.
MOST_WORDS = 25
_SENTENCE = re.compile(r"(?<=[.!?:])\s+|\n\s*\n")
_WORD = re.compile(r"[^\W_]+(?:['’.@/-][^\W_]+)*")
_IRREGULAR = (
    "begun|bought|brought|built|done|found|given|gone over|heard|held|kept|known|left|let|looked at|lost|made|met|paid|"
    "put|read|said|seen|sent|set|shown|spoken|taken|taught|thought|told|understood|written"
)
_PASSIVE = re.compile(
    rf"\b(?:is|are|was|were|be|been|being)\s+(?:(?:not|now|then|also|already|still|yet|\w+ly)\s+)*"
    rf"((?!need|indeed|hundred)\w+ed|{_IRREGULAR})\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is not plain about a sentence; ``advice`` says what to do about it."""

    place: str
    sentence: str
    advice: str


def sentences(text: str) -> list[str]:
    """The sentences and headings of a text, without what follows a colon being taken for the same one."""
    found = (re.sub(r"\s+", " ", one).strip() for one in _SENTENCE.split(text))
    return [one for one in found if _WORD.search(one)]


def findings(place: str, text: str, jargon: Mapping[str, str], stays: frozenset[str]) -> list[Finding]:
    """What is not plain about ``text``. ``jargon`` has the plain word for each; sentences in ``stays`` may be so."""
    return [
        Finding(place, sentence, advice)
        for sentence in sentences(text)
        if sentence not in stays
        for advice in _advice(sentence, jargon)
    ]


def _advice(sentence: str, jargon: Mapping[str, str]) -> list[str]:
    words = len(_WORD.findall(sentence))
    advice = [f"{words} words: make two sentences of it, of at most {MOST_WORDS} each"] * (words > MOST_WORDS)
    advice += [f"'{found[0]}': say who does it" for found in _PASSIVE.finditer(sentence)]
    return advice + [
        f"'{word}': say '{plain}'"
        for word, plain in jargon.items()
        if re.search(rf"\b{re.escape(word)}\b", sentence, re.IGNORECASE)
    ]
