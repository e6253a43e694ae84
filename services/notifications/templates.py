"""The words of the messages: one file a fact and language, ``templates/<fact>.<language>.md``.

Between two lines of ``+++`` stands what the message follows (TOML, see `front_matter`), below it the text (Jinja):

    +++
    on = "referral.routed.v1"          # the event
    code = "referral.routed"           # the fact; one per file name
    subject = "Your referral {{ reference }}: who has it now"
    audience = "family"                # who hears of it
    channels = ["email", "text", "letter"]
    rights = "none"                    # "appeal" only where the event says until when
    useful_days = 30                   # after so long nobody is helped by hearing it
    # urgent = true                    # optional: also at night
    # digest = true                    # optional: a small step that may wait for others, and then says only
    # line = "{{ holder }} has it."    # this, in one message with them
    # lapses = true                    # optional: after useful_days it is closed, where else a person is asked
    # when = { destination_kind = ["placement-panel"] }   # optional: only for these values
    # again_days = 14                  # optional: they hear again within so many days, by {{ again_by }}
    +++
    … {{ holder }} answers by {{ answer_by }}. …

What time makes of a fact has one line more, and may follow other events, too (``also = ["visit.moved.v1"]``):

    remind = { field = "visit_on", days = 2 }     # code reminder.…: so many days before that day
    missed = { field = "decision_by", days = 1 }  # code apology.…: so many days after it, if nothing came of it;
                                                  # {{ promised_by }}, and {{ new_by }} if a new day is known
    waits = { days = 28 }                         # code update.…: nothing was told for so many days, and they wait

What goes as a text message has ``templates/<fact>.<language>.txt`` beside it: no front matter, one part if possible.

Every file is checked when the service starts: a misspelt field is found before any family is written to.
A message says nothing of the child, not even by the name or number of a team: its fields are dates, the reference and
the link.
"""

import re
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from schemas.envelope import Event
from services.notifications import front_matter, languages, samples
from services.notifications.domain.fact import Telling, is_date
from services.notifications.domain.segments import segments
from services.notifications.front_matter import BadTemplate, Head, listed

__all__ = ["COMMON", "FOLDER", "BadTemplate", "Templates", "Words", "available", "shipped"]

FOLDER = languages.FOLDER
#: Besides the event's own dates; see `letters.fields` for where each comes from.
COMMON = frozenset(
    {
        "reference", "link", "service", "enquiries", "destination_kind",
        "holder", "advice_line", "advice_on_page", "opening_hours", "wait_days",
    }
)  # fmt: skip
#: Of these a text message may use what is always short.
_SHORT = frozenset({"reference", "link", "destination_kind"})
#: Parts of a text message that a family is sent at most.
MOST_SEGMENTS = 2
_RIGHTS = re.compile(r"appeal|tribunal|mediation|disagreement resolution|right to", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Words:
    """One fact in one language, ready to be written. ``text`` is the text message, where it has one.

    ``line`` is what it says in one message with others, where it is a small step.
    """

    head: Head
    subject: Template
    body: Template
    text: Template | None = None
    line: Template | None = None

    @property
    def telling(self) -> Telling:
        """The fact that they tell."""
        return self.head.telling

    @property
    def language(self) -> str:
        """The language's code."""
        return self.head.language


class Templates:
    """All templates of a folder. Raises BadTemplate for the first file that cannot be used.

    ``drafts``: whether translations are sent that still await a translator.
    """

    def __init__(self, folder: Path = FOLDER, drafts: bool = False) -> None:
        self.all = tuple(_read(path) for path in sorted(folder.glob("*.md")))
        english = {one.telling.code: one for one in self.all if one.language == languages.ENGLISH}
        self.tellings = tuple(one.telling for one in english.values())
        self.drafts = drafts
        untranslated = {one.telling.code for one in self.all} - english.keys()
        if untranslated:
            raise BadTemplate(f"{min(untranslated)} has no English text: add {min(untranslated)}.en.md")
        _texts_belong(folder, english)
        _lines_belong(self.all, english)
        waiting = [one.code for one in self.tellings if one.timed and one.timed.does == "waits"]
        if len(waiting) > 1:
            raise BadTemplate(f"{waiting[1]}.en.md: {waiting[0]} says already that somebody still waits")
        self._words = self._sent()

    def with_drafts(self) -> "Templates":
        """The same, where translations are sent that still await a translator. No file is read again."""
        others = copy(self)
        others.drafts = True
        others._words = others._sent()
        return others

    def language(self, fact: str, asked: str) -> str:
        """The language in which a fact is written to somebody who asked for this one: English where it has no text."""
        return asked if (fact, asked) in self._words else languages.ENGLISH

    def write(self, fact: str, language: str, fields: Mapping[str, Any]) -> tuple[str, str]:
        """Subject and body; in English where the language has no text. Raises BadTemplate."""
        words = self._found(fact, language)
        return _rendered(fact, words.subject, fields), _rendered(fact, words.body, fields).strip() + "\n"

    def text(self, fact: str, language: str, fields: Mapping[str, Any]) -> str | None:
        """The text message, or None where the fact has none. Raises BadTemplate."""
        words = self._found(fact, language)
        if words.text is None:
            words = self._found(fact, languages.ENGLISH)
        return _rendered(fact, words.text, fields).strip() if words.text else None

    def line(self, fact: str, language: str, fields: Mapping[str, Any]) -> str:
        """What a small step says among others; in English where the language has no text. Raises BadTemplate."""
        line = self._found(fact, language).line
        if line is None:
            raise BadTemplate(f"{fact} is no small step: it goes in words of its own")
        return _rendered(fact, line, fields).strip()

    def telling(self, fact: str) -> Telling | None:
        """What is told by this code; None if no template has it any more."""
        words = self._words.get((fact, languages.ENGLISH))
        return words.telling if words else None

    @property
    def small(self) -> frozenset[str]:
        """The codes of small steps, which may go in one message with others."""
        return frozenset(one.code for one in self.tellings if one.digest)

    def _sent(self) -> dict[tuple[str, str], Words]:
        return {
            (one.telling.code, one.language): one for one in self.all if self.drafts or not one.head.draft
        }

    def _found(self, fact: str, language: str) -> Words:
        words = self._words.get((fact, self.language(fact, language)))
        if words is None:
            raise BadTemplate(f"no template is called {fact}: add templates/{fact}.en.md")
        return words


def shipped(*, drafts: bool = False) -> Templates:
    """Those that come with the service, read and checked once. Raises BadTemplate."""
    return _shipped(drafts)


@cache
def _shipped(drafts: bool) -> Templates:
    return _shipped(False).with_drafts() if drafts else Templates()


def available(event: type[Event]) -> frozenset[str]:
    """The fields that a message which follows ``event`` may use."""
    return COMMON | {name for name in event.model_fields if is_date(name)}


def _read(path: Path) -> Words:
    head, body = front_matter.read(path)
    allowed = COMMON | head.dates
    if not head.rights and (spoken := _RIGHTS.search(f"{head.subject} {head.line} {body}")):
        raise BadTemplate(f"{path.name}: '{spoken[0]}' belongs only to a decision with a right of appeal")
    short = path.with_suffix(".txt")
    return Words(
        head,
        _checked(path, head.subject, head, allowed),
        _checked(path, body, head, allowed),
        _text(short, head) if short.exists() else None,
        _checked(path, head.line, head, allowed) if head.line else None,
    )


def _text(path: Path, head: Head) -> Template:
    written = path.read_text(encoding="utf-8").strip()
    template = _checked(path, written, head, _SHORT | head.dates)
    sample = template.render(samples.fields(head.event, head.language)).strip()
    if samples.LINK not in sample:
        raise BadTemplate(f"{path.name}: a text message ends with {{{{ link }}}}")
    if (parts := segments(sample).number) > MOST_SEGMENTS:
        raise BadTemplate(f"{path.name}: it is sent in {parts} parts, at most {MOST_SEGMENTS}: shorten it")
    return template


def _texts_belong(folder: Path, english: Mapping[str, Words]) -> None:
    """A text message and the English file's ``channels`` have to agree."""
    files = {path.name.rsplit(".", 2)[0]: path.name for path in sorted(folder.glob("*.txt"))}
    for code, name in files.items():
        if code not in english or "text" not in english[code].telling.channels:
            raise BadTemplate(f'{name}: {code}.en.md has no "text" among its channels')
    for code, words in english.items():
        if "text" in words.telling.channels and words.text is None:
            raise BadTemplate(f'{code}.en.md: channels names "text": add {code}.en.txt')


def _lines_belong(everything: Iterable[Words], english: Mapping[str, Words]) -> None:
    """What is a small step in English has a line in every language, and nothing else has."""
    for words in everything:
        code = words.telling.code
        if (words.line is not None) != english[code].telling.digest:
            wrong = (
                "only a small step has a line" if words.line else "a small step has a line for one message"
            )
            raise BadTemplate(f"{code}.{words.language}.md: {wrong} with others: see digest in {code}.en.md")


def _checked(path: Path, text: str, head: Head, allowed: frozenset[str]) -> Template:
    event = head.event
    try:
        tree = _JINJA.parse(text)
    except TemplateError as error:
        raise BadTemplate(f"{path.name}: {error}") from None
    for name in sorted(meta.find_undeclared_variables(tree) - allowed):
        if name in event.model_fields or name in COMMON:
            raise BadTemplate(
                f"{path.name}: '{name}' is not for messages: they carry only dates, the reference, the link "
                "and public names"
            )
        raise BadTemplate(f"{path.name}: {event.type} has no field '{name}'; it has {listed(allowed)}")
    if next(tree.find_all((nodes.Getattr, nodes.Getitem, nodes.Call)), None) is not None:
        raise BadTemplate(f"{path.name}: fields are plain values: write {{{{ name }}}}, without . or ()")
    return _JINJA.from_string(text)


def _rendered(fact: str, template: Template, fields: Mapping[str, Any]) -> str:
    try:
        return template.render(fields)
    except TemplateError as error:
        raise BadTemplate(f"{fact}: {error}") from error


# Plain text, so nothing is escaped; the families' page and the HTML of e-mails have environments of their own.
_JINJA = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined,
    autoescape=False,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
