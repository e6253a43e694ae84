"""Words that follow no event: a code or a new link that a family asked for, a contact that was
changed, and small steps in one message.

Files in ``templates/notes``, as those of messages. Their front matter is only a subject, and in a translation that no
translator has read yet ``status = "awaiting translator"``; ``<note>.<language>.txt`` is the text message, if any.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template, TemplateError

from services.notifications import languages
from services.notifications.front_matter import AWAITING, BadTemplate

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
    "contact.changed": {
        "reference": "ABCD-EFGH-JKM4",
        "service": "SEND service",
        "enquiries": "Questions? Ask the school, or the SEND service.",
    },
    "messages.together": {
        "reference": "ABCD-EFGH-JKM4",
        "number": "2",
        "steps": "1. The panel has taken on your referral.\n2. Another panel has your referral now.",
        "link": "https://send-messages.council.gov.uk/f/AbCdEfGhIjKlMnOpQrStUv",
        "service": "SEND service",
        "enquiries": "Questions? Ask the school, or the SEND service.",
    },
}

#: What each is, for editors.
TITLES = {
    "page.code": "A code for the page, which somebody asked for",
    "page.link": "A new link, which somebody asked for",
    "contact.changed": "Word to the old address or number that somebody gave a new one",
    "messages.together": "Small steps, for whoever chose to hear of them together",
}


@dataclass(frozen=True, slots=True)
class Note:
    """One of them in words. ``text`` is the text message, or None where it has none."""

    language: str
    subject: str
    body: str
    text: str | None


def write(
    note: str,
    fields: dict[str, str],
    asked: str = languages.ENGLISH,
    drafts: bool = True,
    folder: Path = FOLDER,
) -> Note:
    """The words of ``note`` with these values, in the language that was ``asked`` for, or in English.

    ``drafts``: whether a translation will do that no translator has read yet. Raises BadTemplate, naming the file.
    """
    written = language(note, asked, drafts, folder)
    path = folder / f"{note}.{written}.md"
    head, short = _head(path), path.with_suffix(".txt")
    text = _rendered(short, _read(short), fields).strip() if short.exists() else None
    subject, body = _rendered(path, head["subject"], fields), _rendered(path, head["body"], fields)
    return Note(written, subject, body.strip() + "\n", text)


def language(note: str, asked: str, drafts: bool, folder: Path = FOLDER) -> str:
    """The language in which ``note`` is written to somebody who asked for this one."""
    there = (folder / f"{note}.{asked}.md").exists()
    return asked if there and (drafts or not is_draft(note, asked, folder)) else languages.ENGLISH


def is_draft(note: str, language: str, folder: Path = FOLDER) -> bool:
    """Whether its words in this language still await a translator."""
    return bool(_head(folder / f"{note}.{language}.md")["status"])


def check(folder: Path = FOLDER) -> None:
    """Writes each with its sample, so that a misspelt field is found at the start. Raises BadTemplate."""
    for note, sample in SAMPLES.items():
        for each in (languages.ENGLISH, *translated(note, folder)):
            write(note, sample, each, folder=folder)


def translated(note: str, folder: Path = FOLDER) -> list[str]:
    """The languages besides English that a note is there in, as drafts too."""
    found = {path.suffixes[-2][1:] for path in folder.glob(f"{note}.*.md")}
    return sorted(found - {languages.ENGLISH})


@cache
def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadTemplate(f"notes/{path.name} is missing: add it") from None


def _head(path: Path) -> dict[str, str]:
    """Subject, status and body of a file."""
    parts = re.split(r"^\+\+\+\s*$", _read(path), maxsplit=2, flags=re.MULTILINE)
    head = tomllib.loads(parts[1]) if len(parts) == 3 and not parts[0].strip() else {}
    if not {"subject"} <= set(head) <= {"subject", "status"} or "\n" in head["subject"]:
        raise BadTemplate(f'notes/{path.name}: begin with +++, subject = "…" on one line, and +++ again')
    if head.get("status", AWAITING) != AWAITING:
        raise BadTemplate(f'notes/{path.name}: status is "{AWAITING}", or is not there')
    return {"status": "", **head, "body": parts[2]}


@cache
def _template(words: str) -> Template:
    return _JINJA.from_string(words)


def _rendered(path: Path, words: str, fields: dict[str, str]) -> str:
    try:
        return _template(words).render(fields)
    except TemplateError as error:
        raise BadTemplate(f"notes/{path.name}: {error}") from error


# Plain text, so nothing is escaped.
_JINJA = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701
