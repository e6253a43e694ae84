"""Finds planted values wherever and however they are written: in clear, escaped, URL-encoded, base64, hex."""

import base64
import html
import json
import quopri
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, quote_plus


@dataclass(frozen=True, slots=True)
class Sighting:
    """A planted value somewhere it must not be: what it was, how it was written, and where."""

    canary: str
    writing: str
    place: str

    def __str__(self) -> str:
        return f"{self.canary} ({self.writing}) in {self.place}"


class Hunter:
    """Knows some planted values by name, and every way in which they might be written."""

    def __init__(self, canaries: Mapping[str, str]) -> None:
        self._exact: list[tuple[bytes, str, str]] = []
        self._any_case: list[tuple[bytes, str, str]] = []
        for name, value in canaries.items():
            for writing, needle in writings(value):
                into = self._exact if writing.startswith("base64") else self._any_case
                into.append((needle if into is self._exact else _folded(needle), name, writing))

    def hunt(self, place: str, content: bytes | str | None) -> list[Sighting]:
        """Every planted value in ``content``, once for each way of writing it."""
        if not content:
            return []
        raw = content.encode() if isinstance(content, str) else content
        folded = _folded(raw)
        found = [Sighting(name, writing, place) for needle, name, writing in self._exact if needle in raw]
        found += [
            Sighting(name, writing, place) for needle, name, writing in self._any_case if needle in folded
        ]
        return found


def _folded(raw: bytes) -> bytes:
    """Without the difference between capitals and small letters, as far as the bytes are text."""
    return raw.decode("utf-8", "surrogateescape").casefold().encode("utf-8", "surrogateescape")


def writings(value: str) -> Iterator[tuple[str, bytes]]:
    """(name of the way, bytes) for each way in which ``value`` might be written down."""
    for kind, text in _spellings(value):
        raw = text.encode()
        yield kind, raw
        yield f"{kind}, reversed", text[::-1].encode()
        yield f"{kind}, URL-encoded", quote(text).encode()
        yield f"{kind}, URL-encoded whole", quote(text, safe="").encode()
        yield f"{kind}, form-encoded", quote_plus(text).encode()
        yield f"{kind}, hex", raw.hex().encode()
        yield f"{kind}, JSON", json.dumps(text)[1:-1].encode()
        yield f"{kind}, JSON escapes", "".join(f"\\u{ord(letter):04x}" for letter in text).encode()
        yield f"{kind}, HTML", html.escape(text).encode()
        yield f"{kind}, quoted-printable", quopri.encodestring(raw).strip()
        if text.isascii() or text.encode("latin-1", "ignore").decode("latin-1") == text:
            yield f"{kind}, Latin-1", text.encode("latin-1")
        for offset in range(3):
            for alphabet, encode in (("", base64.b64encode), ("url", base64.urlsafe_b64encode)):
                yield f"base64{alphabet} of {kind}, offset {offset}", _aligned(raw, offset, encode)


def _aligned(raw: bytes, offset: int, encode: object) -> bytes:
    """The characters of base64 that depend on ``raw`` alone, where ``offset`` bytes of a group precede it."""
    assert callable(encode)
    whole: bytes = encode(b"\0" * offset + raw)
    return whole[-(-offset * 8 // 6) : (offset + len(raw)) * 8 // 6]


def _spellings(value: str) -> Iterator[tuple[str, str]]:
    yield "clear", value
    try:
        day = date.fromisoformat(value)
    except ValueError:
        packed = "".join(value.split())
        if packed != value and packed.isdecimal():
            yield "without blanks", packed
            yield "international", f"+44{packed.removeprefix('0')}"
        return
    yield "British", f"{day:%d/%m/%Y}"
    yield "short British", f"{day.day}/{day.month}/{day.year}"
    yield "dotted", f"{day:%d.%m.%Y}"
    yield "packed", f"{day:%Y%m%d}"
    yield "in words", f"{day.day} {day:%B %Y}"
    yield "as Python says it", repr(day)
