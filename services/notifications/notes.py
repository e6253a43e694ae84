"""The words of what a family asked for itself: a code, a new link. Files in ``templates/notes``, as those of messages.

They follow no event, so their front matter is only a subject; ``<note>.<language>.txt`` is the text message, if any.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined, TemplateError

from services.notifications import languages
from services.notifications.front_matter import BadTemplate

FOLDER = languages.FOLDER / "notes"
#: What each may say, with a sample. Each is there in English.
SAMPLES: dict[str, dict[str, str]] = {
    "page.code": {"reference": "ABCD-EFGH-JKM4", "code": "123456", "service": "SEND service"},
    "page.link": {
        "reference": "ABCD-EFGH-JKM4",
        "link": "https://send-messages.council.gov.uk/f/AbCdEfGhIjKlMnOpQrStUv",
        "service": "SEND service",
        "enquiries": "Questions? Ask the school, or the SEND service.",
    },
}


@dataclass(frozen=True, slots=True)
class Note:
    """One of them in words. ``text`` is the text message, or None where it has none."""

    subject: str
    body: str
    text: str | None


def write(note: str, fields: dict[str, str], folder: Path = FOLDER) -> Note:
    """The words of ``note`` with these values. Raises BadTemplate, naming the file."""
    path = folder / f"{note}.{languages.ENGLISH}.md"
    subject, body = _parts(path)
    short = path.with_suffix(".txt")
    text = _rendered(short, _read(short), fields).strip() if short.exists() else None
    return Note(subject, _rendered(path, body, fields).strip() + "\n", text)


def check(folder: Path = FOLDER) -> None:
    """Writes each with its sample, so that a misspelt field is found at the start. Raises BadTemplate."""
    for note, sample in SAMPLES.items():
        write(note, sample, folder)


@cache
def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadTemplate(f"notes/{path.name} is missing: add it") from None


def _parts(path: Path) -> tuple[str, str]:
    parts = re.split(r"^\+\+\+\s*$", _read(path), maxsplit=2, flags=re.MULTILINE)
    head = tomllib.loads(parts[1]) if len(parts) == 3 and not parts[0].strip() else {}
    if set(head) != {"subject"} or "\n" in head["subject"]:
        raise BadTemplate(f'notes/{path.name}: begin with +++, subject = "…" on one line, and +++ again')
    return head["subject"], parts[2]


def _rendered(path: Path, words: str, fields: dict[str, str]) -> str:
    try:
        return _JINJA.from_string(words).render(fields)
    except TemplateError as error:
        raise BadTemplate(f"notes/{path.name}: {error}") from error


# Plain text, so nothing is escaped.
_JINJA = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701
