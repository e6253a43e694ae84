"""Reading the data files: areas, register, teams and routing. Every mistake is named, with file and line."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chassis.calendar import WorkingCalendar
from services.referrals.domain.register.places import AREAS, URN, Register
from services.referrals.domain.routing.rule_checks import mistakes, of_destinations
from services.referrals.domain.routing.rules import Routing, Rule
from services.referrals.domain.routing.teams import Destination, Destinations, Support
from services.referrals.files.lines import BadData, TomlFile, entries, whole
from services.referrals.files.register import HERE, load_register

__all__ = ["HERE", "BadData", "Data", "load", "load_register"]


@dataclass(frozen=True, slots=True)
class Data:
    """Everything that the data files say."""

    register: Register
    destinations: Destinations
    routing: Routing
    calendar: WorkingCalendar
    support: tuple[Support, ...] = ()
    repeats_within_days: int = 60


def load(folder: Path = HERE, *, authority: str = "919") -> Data:
    """All data of a folder with ``areas.toml``, ``closures.toml``, ``register/``, ``teams/`` and ``routing/``.

    ``support.toml``, who helps meanwhile, and ``form.toml`` may be left out. Raises BadData with every
    mistake of every file.
    """
    register = load_register(folder, authority=authority)
    complaints: list[str] = []
    closures = whole(TomlFile(folder / "closures.toml", "closures.toml", complaints), _Closures, complaints)
    destinations = list(entries(folder / "teams", "destination", Destination, complaints))
    helpers = _helpers(folder / "support.toml", complaints)
    days = _repeats_within(folder / "form.toml", complaints)
    rules = list(entries(folder / "routing", "rule", Rule, complaints))
    complaints += [
        f"{destinations[at].place}: {what}"
        for at, what in of_destinations([each.said for each in destinations])
    ]
    complaints += [
        f"{rule.place}: rule {rule.said.code}: {what}"
        for rule in rules
        for what in _unknown(rule.said, register)
    ]
    teams = Destinations(each.said for each in destinations)
    if not complaints:
        found = mistakes([rule.said for rule in rules], teams, AREAS)
        complaints += [f"{rules[at].place if rules else 'routing'}: {what}" for at, what in found]
    if complaints or closures is None:
        raise BadData("\n".join(complaints))
    routing = Routing([rule.said for rule in rules], teams)
    return Data(register, teams, routing, _calendar(closures), helpers, days)


def _helpers(path: Path, complaints: list[str]) -> tuple[Support, ...]:
    found = whole(TomlFile(path, path.name, complaints), _Support, complaints) if path.exists() else None
    return found.support if found else ()


def _repeats_within(path: Path, complaints: list[str]) -> int:
    found = whole(TomlFile(path, path.name, complaints), _Form, complaints) if path.exists() else None
    return (found or _Form()).repeats_within_days


def _calendar(closures: "_Closures") -> WorkingCalendar:
    return WorkingCalendar((each.from_, each.to) for each in closures.closed)


def _unknown(rule: Rule, register: Register) -> Iterator[str]:
    towns = {town for area in register.versions for town in area.towns}
    for town in sorted((rule.when.towns or frozenset()) - towns):
        yield f"{town} is in no area of areas.toml"
    for urn in sorted(rule.when.urns or frozenset()):
        if not URN.fullmatch(urn):
            yield f"{urn} is neither six digits nor a code such as EY1001"


class _Closure(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    from_: date = Field(alias="from")
    to: date
    why: str

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.to < self.from_:
            raise ValueError("from is later than to: swap the two")
        return self


class _Closures(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    closed: tuple[_Closure, ...] = ()


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    repeats_within_days: int = Field(60, ge=1, le=730)


class _Support(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    support: tuple[Support, ...] = ()
