"""The words of the messages: one file a fact and language, ``templates/<fact>.<language>.md``.

Between two lines of ``+++`` stands what the message follows (TOML), below it the text (Jinja):

    +++
    on = "referral.routed.v1"          # the event
    code = "referral.routed"           # the fact; one per file name
    subject = "Your referral {{ reference }}: who has it now"
    # when = { destination_kind = ["placement-panel"] }   # optional: only for these values
    +++
    … {{ holder }} answers by {{ answer_by }}. …

Every file is checked when the service starts: a misspelt field is found before any family is written to.
A message says nothing of the child: its fields are dates, the reference, the link and public names.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from schemas import (
    case_work_v1,
    children_v1,
    panel_days_v1,
    panels_v1,
    places_v1,
    referral_work_v1,
    referrals_v1,
)
from schemas.envelope import REGISTRY, Event
from schemas.topics import PANELS, REFERRALS
from services.notifications.domain.story import Telling, is_date

#: Importing them registers their events.
HEARD = (referrals_v1, referral_work_v1, children_v1, panels_v1, panel_days_v1, places_v1, case_work_v1)
FOLDER = Path(__file__).parent / "templates"
#: Besides the event's own dates; see `letters.fields` for where each comes from.
COMMON = frozenset(
    {
        "reference", "link", "service", "enquiries", "destination_kind",
        "holder", "holder_does", "advice_line", "opening_hours", "meanwhile", "wait_days",
    }
)  # fmt: skip
_KEYS = {"on", "code", "subject", "when"}
_NAME = re.compile(r"(?P<code>[a-z][a-z.-]*[a-z])\.(?P<language>[a-z]{2})\.md")


class BadTemplate(Exception):
    """A template cannot be used; the text names the file and says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Words:
    """One fact in one language, ready to be written."""

    telling: Telling
    language: str
    subject: Template
    body: Template


class Templates:
    """All templates of a folder. Raises BadTemplate for the first file that cannot be used."""

    def __init__(self, folder: Path = FOLDER) -> None:
        words = [_read(path) for path in sorted(folder.glob("*.md"))]
        self._words = {(one.telling.code, one.language): one for one in words}
        self.tellings = tuple(one.telling for one in words if one.language == "en")
        untranslated = {one.telling.code for one in words} - {telling.code for telling in self.tellings}
        if untranslated:
            raise BadTemplate(f"{min(untranslated)} has no English text: add {min(untranslated)}.en.md")

    def write(self, fact: str, language: str, fields: Mapping[str, Any]) -> tuple[str, str]:
        """Subject and body; in English where the language has no text. Raises BadTemplate."""
        words = self._words.get((fact, language)) or self._words.get((fact, "en"))
        if words is None:
            raise BadTemplate(f"no template is called {fact}: add templates/{fact}.en.md")
        try:
            return words.subject.render(fields), words.body.render(fields).strip() + "\n"
        except TemplateError as error:
            raise BadTemplate(f"{fact}: {error}") from error


def available(event: type[Event]) -> frozenset[str]:
    """The fields that a message which follows ``event`` may use."""
    return COMMON | {name for name in event.model_fields if is_date(name)}


def _read(path: Path) -> Words:
    name = _NAME.fullmatch(path.name)
    if name is None:
        raise BadTemplate(f"{path.name}: call it <fact>.<language>.md, such as referral.routed.en.md")
    head, body = _parts(path)
    event = _event(path, head)
    if head.get("code") != name["code"]:
        raise BadTemplate(f'{path.name}: code must be "{name["code"]}", as in the file\'s name')
    telling = Telling(name["code"], event.type, _when(path, head, event))
    subject = str(head.get("subject", "")).strip()
    if not subject or "\n" in subject:
        raise BadTemplate(f"{path.name}: subject must be one line of text")
    return Words(telling, name["language"], _checked(path, subject, event), _checked(path, body, event))


def _parts(path: Path) -> tuple[dict[str, Any], str]:
    parts = re.split(r"^\+\+\+\s*$", path.read_text(encoding="utf-8"), maxsplit=2, flags=re.MULTILINE)
    if len(parts) != 3 or parts[0].strip():
        raise BadTemplate(f"{path.name}: begin with +++, the front matter, and +++ again")
    try:
        head = tomllib.loads(parts[1])
    except tomllib.TOMLDecodeError as error:
        raise BadTemplate(f"{path.name}: the front matter is not TOML: {error}") from None
    unknown = sorted(set(head) - _KEYS)
    if unknown:
        raise BadTemplate(f"{path.name}: the front matter knows no '{unknown[0]}', only {_listed(_KEYS)}")
    if not parts[2].strip():
        raise BadTemplate(f"{path.name}: there is no text below the front matter")
    return head, parts[2]


def _event(path: Path, head: Mapping[str, Any]) -> type[Event]:
    heard = {name: one for name, one in REGISTRY.items() if one.topic in (REFERRALS, PANELS)}
    heard = {name: one for name, one in heard.items() if "referral_id" in one.model_fields}
    event = heard.get(str(head.get("on")))
    if event is None:
        raise BadTemplate(f"{path.name}: on must be one of {_listed(heard)}")
    return event


def _when(path: Path, head: Mapping[str, Any], event: type[Event]) -> dict[str, frozenset[str]]:
    conditions: dict[str, frozenset[str]] = {}
    for name, values in dict(head.get("when", {})).items():
        if name not in event.model_fields:
            raise BadTemplate(f"{path.name}: when: {event.type} has no field '{name}'")
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise BadTemplate(f'{path.name}: when: write {name} = ["…"], a list of values')
        conditions[name] = frozenset(values)
    return conditions


def _checked(path: Path, text: str, event: type[Event]) -> Template:
    try:
        tree = _JINJA.parse(text)
    except TemplateError as error:
        raise BadTemplate(f"{path.name}: {error}") from None
    allowed = available(event)
    for name in sorted(meta.find_undeclared_variables(tree) - allowed):
        if name in event.model_fields:
            raise BadTemplate(
                f"{path.name}: '{name}' is not for messages: they carry only dates, the reference, the link "
                "and public names"
            )
        raise BadTemplate(f"{path.name}: {event.type} has no field '{name}'; it has {_listed(allowed)}")
    if next(tree.find_all((nodes.Getattr, nodes.Getitem, nodes.Call)), None) is not None:
        raise BadTemplate(f"{path.name}: fields are plain values: write {{{{ name }}}}, without . or ()")
    return _JINJA.from_string(text)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


# Plain text, so nothing is escaped; the families' page has an environment of its own.
_JINJA = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined,
    autoescape=False,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
