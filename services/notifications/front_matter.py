"""What stands between the two lines of ``+++`` of a template: which fact, who hears of it, how, and for how long.

The English file says all of it; a translation has only its own subject and, until somebody who speaks the language has
read it, ``status = "awaiting translator"``. Everything is checked when the service starts.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

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
from services.notifications import languages
from services.notifications.domain.fact import Telling, Timed, is_date
from services.notifications.domain.timed import is_timed

#: Importing them registers their events.
HEARD = (referrals_v1, referral_work_v1, children_v1, panels_v1, panel_days_v1, places_v1, case_work_v1)
#: Who hears of a fact, by the word in the file.
AUDIENCES = {"family": "Everybody whose permission to be told is recorded"}
CHANNELS = ("email", "text", "letter")
AWAITING = "awaiting translator"
#: The field of an event that carries a right of appeal: the last day of it. No fact of a panel has one.
APPEAL_BY = "appeal_by"

#: The day that was missed, and the new one where there is one already.
MISSED = {"promised_by", "new_by"}

_OF_TRANSLATIONS = {"on", "code", "subject", "line", "status"}
_KEYS = (_OF_TRANSLATIONS - {"status"}) | {
    "when", "audience", "channels", "rights", "useful_days", "urgent", "digest", "lapses",
    "also", "remind", "missed", "waits", "again_days",
}  # fmt: skip
#: How the code of what time makes begins, by the word in the file: so it is known for that wherever it is read.
_BY_TIME: Mapping[str, tuple[Literal["remind", "missed", "waits"], str]] = {
    "remind": ("remind", "reminder."), "missed": ("missed", "apology."), "waits": ("waits", "update."),
}  # fmt: skip
_NAME = re.compile(r"(?P<code>[a-z][a-z.-]*[a-z])\.(?P<language>[a-z]{2})\.md")


class BadTemplate(Exception):
    """A template cannot be used; the text names the file and says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Head:
    """The front matter of one file. ``rights``: whether the words may speak of a right of appeal.

    ``line`` is what it says where it goes in one message with others; empty where it never does.
    """

    telling: Telling
    event: type[Event]
    language: str
    subject: str
    rights: bool = False
    draft: bool = False
    line: str = ""

    @property
    def dates(self) -> frozenset[str]:
        """The fields with a day that the words may use besides the common ones."""
        timed, again = self.telling.timed, {"again_by"} if self.telling.again_days else set()
        if timed is None:
            return frozenset(again) | {name for name in self.event.model_fields if is_date(name)}
        return frozenset(again) | {"remind": {*timed.fields}, "missed": MISSED, "waits": set()}[timed.does]


def read(path: Path) -> tuple[Head, str]:
    """The front matter of a file and the text below it. Raises BadTemplate."""
    name = _NAME.fullmatch(path.name)
    if name is None or not languages.known(name["language"]):
        raise BadTemplate(f"{path.name}: call it <fact>.<language>.md, such as referral.routed.en.md")
    head, body = _parts(path, _KEYS if name["language"] == languages.ENGLISH else _OF_TRANSLATIONS)
    event = _event(path, head)
    if head.get("code") != name["code"]:
        raise BadTemplate(f'{path.name}: code must be "{name["code"]}", as in the file\'s name')
    subject = str(head.get("subject", "")).strip()
    if not subject or "\n" in subject:
        raise BadTemplate(f"{path.name}: subject must be one line of text")
    if head.get("status", AWAITING) != AWAITING:
        raise BadTemplate(f'{path.name}: status is "{AWAITING}", or the line goes once one has read it')
    english = path.with_name(f"{name['code']}.{languages.ENGLISH}.md")
    if name["language"] != languages.ENGLISH and english.exists():
        telling = read(english)[0].telling
    else:
        telling = _telling(path, head, Telling(name["code"], event.type, _when(path, head, event)))
        telling = _by_time(path, head, event, telling)
    rights = _rights(path, head, event)
    line = _line(path, head)
    return Head(telling, event, name["language"], subject, rights, "status" in head, line), body


def listed(names: Iterable[str]) -> str:
    """Names for a sentence, in the order of the alphabet."""
    return ", ".join(sorted(names))


def _parts(path: Path, keys: set[str]) -> tuple[dict[str, Any], str]:
    parts = re.split(r"^\+\+\+\s*$", path.read_text(encoding="utf-8"), maxsplit=2, flags=re.MULTILINE)
    if len(parts) != 3 or parts[0].strip():
        raise BadTemplate(f"{path.name}: begin with +++, the front matter, and +++ again")
    try:
        head = tomllib.loads(parts[1])
    except tomllib.TOMLDecodeError as error:
        raise BadTemplate(f"{path.name}: the front matter is not TOML: {error}") from None
    unknown = sorted(set(head) - keys)
    if unknown:
        where = "; all else stands in the English file" if keys is _OF_TRANSLATIONS else ""
        known = listed(keys)
        raise BadTemplate(f"{path.name}: the front matter knows no '{unknown[0]}', only {known}{where}")
    if not parts[2].strip():
        raise BadTemplate(f"{path.name}: there is no text below the front matter")
    return head, parts[2]


def _line(path: Path, head: Mapping[str, Any]) -> str:
    line = str(head.get("line", "")).strip()
    if "\n" in line:
        raise BadTemplate(f"{path.name}: line must be one line of text")
    return line


def _event(path: Path, head: Mapping[str, Any]) -> type[Event]:
    heard = _heard()
    event = heard.get(str(head.get("on")))
    if event is None:
        raise BadTemplate(f"{path.name}: on must be one of {listed(heard)}")
    return event


def _heard() -> dict[str, type[Event]]:
    topics = {name: one for name, one in REGISTRY.items() if one.topic in (REFERRALS, PANELS)}
    return {name: one for name, one in topics.items() if "referral_id" in one.model_fields}


def _when(path: Path, head: Mapping[str, Any], event: type[Event]) -> dict[str, frozenset[str]]:
    conditions: dict[str, frozenset[str]] = {}
    for name, values in dict(head.get("when", {})).items():
        if name not in event.model_fields:
            raise BadTemplate(f"{path.name}: when: {event.type} has no field '{name}'")
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise BadTemplate(f'{path.name}: when: write {name} = ["…"], a list of values')
        conditions[name] = frozenset(values)
    return conditions


def _telling(path: Path, head: Mapping[str, Any], telling: Telling) -> Telling:
    audience, channels = head.get("audience", telling.audience), head.get("channels", list(telling.channels))
    days = head.get("useful_days", telling.useful_days)
    if audience not in AUDIENCES:
        raise BadTemplate(f"{path.name}: audience must be one of {listed(AUDIENCES)}")
    if not isinstance(channels, list) or not channels or any(one not in CHANNELS for one in channels):
        raise BadTemplate(f"{path.name}: channels is a list of {', '.join(CHANNELS)}, in the order of trying")
    if type(days) is not int or not 1 <= days <= 366:
        raise BadTemplate(
            f"{path.name}: useful_days is a number of days, 1 to 366, after which nobody is helped"
        )
    for flag in ("urgent", "digest", "lapses"):
        if type(head.get(flag, False)) is not bool:
            raise BadTemplate(f"{path.name}: {flag} is true or false")
    urgent, digest = head.get("urgent", False), head.get("digest", False)
    if urgent and digest:
        raise BadTemplate(f"{path.name}: what is urgent cannot wait for a digest: choose one of the two")
    return replace(
        telling,
        audience=audience,
        channels=tuple(channels),
        useful_days=days,
        urgent=urgent,
        digest=digest,
        lapses=head.get("lapses", False),
    )


def _by_time(path: Path, head: Mapping[str, Any], event: type[Event], telling: Telling) -> Telling:
    """With what the file says of time: ``remind``, ``missed`` or ``waits``, ``also`` and ``again_days``."""
    again = head.get("again_days")
    if again is not None and (type(again) is not int or not 1 <= again <= 366):
        raise BadTemplate(
            f"{path.name}: again_days is a number of days, 1 to 366, after which they hear again"
        )
    telling = replace(telling, again_days=again)
    said = [word for word in _BY_TIME if word in head]
    if not said:
        if is_timed(telling.code) or "also" in head:
            raise BadTemplate(f"{path.name}: {listed(_BY_TIME)}: one of them belongs here, or another code")
        return telling
    does, begins = _BY_TIME[said[0]]
    if len(said) > 1 or not telling.code.startswith(begins):
        raise BadTemplate(f'{path.name}: {said[0]} stands alone, in a file whose code begins with "{begins}"')
    also = head.get("also", [])
    if not isinstance(also, list) or any(one not in _heard() for one in also):
        raise BadTemplate(f"{path.name}: also is a list of events, each one of {listed(_heard())}")
    timed = _timed(path, head[said[0]], does, [event, *(_heard()[one] for one in also)])
    return replace(telling, also=frozenset(also), timed=timed)


def _timed(
    path: Path, rule: Any, does: Literal["remind", "missed", "waits"], events: Sequence[type[Event]]
) -> Timed:
    wanted = {"days"} if does == "waits" else {"days", "field"}
    if not isinstance(rule, dict) or set(rule) != wanted:
        raise BadTemplate(f"{path.name}: {does} has {listed(wanted)}, and nothing else")
    days, names = rule["days"], rule.get("field", [])
    names = [names] if isinstance(names, str) else names
    if type(days) is not int or not 1 <= days <= 366:
        raise BadTemplate(f"{path.name}: {does}: days is a number of days, 1 to 366")
    if does == "remind" and len(names) != 1:
        raise BadTemplate(f"{path.name}: remind has one field, whose day is to come")
    for event in events:
        known = [name for name in names if name in event.model_fields and is_date(name)]
        if names and not known:
            raise BadTemplate(f"{path.name}: {does}: {event.type} has no date called {listed(names)}")
    return Timed(does, days, tuple(names))


def _rights(path: Path, head: Mapping[str, Any], event: type[Event]) -> bool:
    rights = head.get("rights", "none")
    if rights not in ("none", "appeal"):
        raise BadTemplate(f'{path.name}: rights is "none" or "appeal"')
    if rights == "appeal" and APPEAL_BY not in event.model_fields:
        raise BadTemplate(
            f"{path.name}: {event.type} carries no right of appeal: it has no field '{APPEAL_BY}'. "
            'Write rights = "none"'
        )
    return bool(rights == "appeal")
