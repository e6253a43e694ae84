"""Settings outside of the national register: added, changed and closed by hand, with the same rules everywhere."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.calendar import london_date
from chassis.decision import Decision, Kind, Refused
from schemas.codes import Area
from schemas.submissions_v1 import Fault
from services.referrals.domain.register.places import (
    AREAS,
    SETTING_KINDS,
    URN,
    Register,
    Setting,
    SettingKind,
)

LONGEST = 120


Did = Literal["added", "changed", "closed", "opened"]


class SettingStep(BaseModel):
    """Something that was done to a setting by hand: what, by whom, when, and what is said of it since."""

    model_config = ConfigDict(frozen=True)

    did: Did
    by: str
    at: AwareDatetime
    said: dict[str, str | None]


class HandSetting(BaseModel):
    """A setting that is kept by hand; ``area`` only where its town does not tell it."""

    model_config = ConfigDict(frozen=True)

    urn: str
    name: str
    kind: SettingKind
    town: str
    area: Area | None = None
    closed_on: date | None = None
    successor: str | None = None
    by: str = ""
    history: tuple[SettingStep, ...] = ()


HAND_SETTING = Kind("hand-setting", HandSetting)


@dataclass(frozen=True, slots=True)
class KeepSetting:
    """It is added, or changed where its code is known; a closed one opens again. ``by`` is who says so."""

    urn: str
    name: str
    kind: str
    town: str
    by: str
    area: str | None = None
    new: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class CloseSetting:
    """It closes, or has closed, on a day; past referrals stay, new ones are refused from that day on."""

    urn: str
    on: date
    by: str
    successor: str | None = None


def keep(
    register: Register, state: HandSetting | None, command: KeepSetting, now: datetime
) -> Decision[HandSetting]:
    """Adds or changes a setting. Raises Refused with each field that is wrong."""
    faults = tuple(_faults(register, state, command))
    if faults:
        raise Refused("setting-faulty", "The setting could not be kept.", faults=faults)
    town, _ = register.place(command.urn, command.town.strip())
    kept = HandSetting(
        urn=command.urn,
        name=command.name.strip(),
        kind=command.kind,
        town=town,
        area=command.area or None,
        by=command.by,
    )
    before = state.history if state else ()
    if state is not None and state.model_copy(update={"by": command.by, "history": ()}) == kept:
        return Decision()
    did: Did = "added" if state is None else "opened" if state.closed_on else "changed"
    return Decision(_remembered(kept, before, did, now))


def close(
    register: Register, state: HandSetting | None, command: CloseSetting, now: datetime
) -> Decision[HandSetting]:
    """Closes a setting. Raises Refused where it is not kept by hand or its successor is not known."""
    if state is None:
        raise Refused(
            "setting-unknown",
            "No setting with this code is kept by hand: one of the national register closes by its import.",
        )
    successor = command.successor or None
    if successor is not None:
        heir = register.find(successor)
        if heir is None or successor == command.urn or heir.closed(london_date(now)):
            faults = (
                _fault(
                    "successor", "urn-unknown", "Name another setting that is open, by its number, or none."
                ),
            )
            raise Refused("setting-faulty", "The setting could not be closed.", faults=faults)
    closed = state.model_copy(update={"closed_on": command.on, "successor": successor, "by": command.by})
    if closed == state:
        return Decision()
    return Decision(_remembered(closed, state.history, "closed", now))


def _remembered(kept: HandSetting, before: tuple[SettingStep, ...], did: Did, now: datetime) -> HandSetting:
    said = kept.model_dump(mode="json", exclude={"urn", "by", "history"})
    step = SettingStep(did=did, by=kept.by, at=now, said=said)
    return kept.model_copy(update={"history": (*before, step)})


def _faults(register: Register, state: HandSetting | None, command: KeepSetting) -> Iterable[Fault]:
    if not URN.fullmatch(command.urn):
        yield _fault(
            "urn",
            "urn-format",
            "Write two capitals and four digits, such as EY1001, or the six digits of a URN.",
        )
    elif state is None and register.find(command.urn) is not None:
        yield _fault("urn", "setting-known", "This number is in the register already: use another code.")
    elif state is not None and command.new:
        yield _fault("urn", "setting-known", "This code is in use: choose another, or change that setting.")
    if not command.name.strip() or len(command.name) > LONGEST or not command.name.isprintable():
        yield _fault("name", "empty", f"Write the setting's name, up to {LONGEST} characters on one line.")
    if command.kind not in SETTING_KINDS:
        yield _fault("kind", "not-in-list", "Choose what kind of setting it is.")
    if not command.town.strip() or len(command.town) > LONGEST or not command.town.isprintable():
        yield _fault("town", "empty", "Write the town of its address.")
    elif command.area and command.area not in AREAS:
        yield _fault("area", "not-in-list", "Choose one of the nine areas, or let the town tell it.")
    elif not command.area and register.place(command.urn, command.town)[1] is None:
        yield _fault(
            "area", "area-unknown", "This town is in no area: check its spelling, or choose the area."
        )


def _fault(field: str, code: str, message: str) -> Fault:
    return Fault(field=field, code=code, message=message)


def as_setting(register: Register, kept: HandSetting) -> Setting | None:
    """What the register says of it; None where its town is in no area any more."""
    town, area = register.place(kept.urn, kept.town)
    area = kept.area or area
    if area is None:
        return None
    fixed = kept.area is not None or kept.urn in register.overrides
    return Setting(kept.urn, kept.name, kept.kind, town, area, kept.closed_on, kept.successor, fixed)


def next_code(register: Register, kind: str) -> str:
    """A code that is free, to be suggested for a setting of this kind."""
    letters = {"early-years": "EY", "post-16": "PS"}.get(kind, "IN")
    used = {each.urn for each in register}
    return next(code for n in range(1001, 10000) if (code := f"{letters}{n}") not in used)
