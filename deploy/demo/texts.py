"""What GOV.UK Notify's stand-in took for families, read as its owner would: from its log, by the words themselves."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from deploy.demo.mail import link_in
from deploy.local.notify import Notification
from services.notifications.templates import FOLDER

_FIELD = re.compile(r"\{\{ (\w+) \}\}")


@dataclass(frozen=True)
class Text:
    """One text or letter. ``at`` is real time (monotonic), ``message_id`` the services' own name for the message.

    ``fact`` and ``reference`` are empty for words that no template has. ``arrived`` is False where it came back.
    """

    at: float
    to: str
    fact: str
    reference: str
    words: str
    message_id: str
    arrived: bool

    @property
    def link(self) -> str | None:
        """The family's page that it leads to."""
        return link_in(self.words)


def read_texts(sent: Iterable[Notification]) -> list[Text]:
    """What these are about, in their order. A letter is about what the text with its id was about before."""
    texts: list[Text] = []
    known: dict[str, tuple[str, str]] = {}
    for one in sent:
        id, words = one.reference or "", one.words.get("body", "")
        known.setdefault(id, _about(words))
        fact, reference = known[id]
        texts.append(Text(one.at, one.to, fact, reference, words, id, not one.status.endswith("failure")))
    return texts


def _about(words: str) -> tuple[str, str]:
    for fact, pattern in _patterns():
        if found := pattern.fullmatch(words.strip()):
            return fact, found["reference"]
    return "", ""


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """English texts as patterns: families of the demo read English."""
    return tuple(_pattern_of())


def _pattern_of() -> Iterator[tuple[str, re.Pattern[str]]]:
    for path in sorted(FOLDER.glob("*.en.txt")):
        parts = _FIELD.split(path.read_text(encoding="utf-8").strip())
        fields = [f"(?P<{part}>.+)" if n % 2 else re.escape(part) for n, part in enumerate(parts)]
        yield path.name.removesuffix(".en.txt"), re.compile("".join(fields))
