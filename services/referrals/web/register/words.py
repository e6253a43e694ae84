"""The register in words: kinds of settings, and what happened to one."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from chassis.english import in_words
from services.referrals.domain.register.by_hand import HandSetting
from services.referrals.domain.register.places import Setting, SettingKind
from services.referrals.storage.register_uploads import Change

KIND_NAMES: Mapping[SettingKind, str] = {
    "nursery": "Nursery school",
    "primary": "Primary school",
    "secondary": "Secondary school",
    "all-through": "All-through or independent school",
    "post-16": "College or other setting after 16",
    "special": "Special school",
    "early-years": "Early years setting",
}
_FIELDS = {
    "name": "Name",
    "kind": "Kind",
    "town": "Town",
    "area": "Area",
    "authority": "Authority",
    "status": "State",
    "closed_on": "Closed on",
    "successor": "Taken over by",
}
_DID = {"added": "Added", "changed": "Changed", "closed": "Closed", "opened": "Opened again"}
Line = tuple[datetime, str, list[str]]


def state_of(setting: Setting, today: date) -> str:
    """Whether it may refer."""
    return "Closed" if setting.closed(today) else "Open"


def changes(change: Change) -> Iterator[Line]:
    """What one import did to an establishment: when, what, and each field that is another."""
    yield change.at, f"{_DID[change.did]} by an import", list(_different(change.was, change.became))


def steps(hand: HandSetting, names: Mapping[str, str]) -> Iterator[Line]:
    """What was done to a setting by hand, the latest first."""
    before: list[Mapping[str, Any]] = [{}, *(step.said for step in hand.history)]
    for step, was in reversed(list(zip(hand.history, before, strict=False))):
        by = names.get(step.by, step.by)
        yield step.at, f"{_DID[step.did]} by {by}", list(_different(was, step.said))


def _different(was: Mapping[str, Any], became: Mapping[str, Any]) -> Iterator[str]:
    for name, title in _FIELDS.items():
        one, other = was.get(name), became.get(name)
        if one != other:
            yield (
                f"{title}: {_said(name, one)} → {_said(name, other)}"
                if one
                else f"{title}: {_said(name, other)}"
            )


def _said(name: str, value: Any) -> str:
    if value is None:
        return "none"
    if name == "closed_on":
        return in_words(date.fromisoformat(str(value)))
    return str(KIND_NAMES.get(value, value)) if name == "kind" else str(value)
