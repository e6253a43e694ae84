"""Reading the data files: areas, register, teams and routing. Every mistake is named, with its file."""

import csv
import io
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chassis.calendar import WorkingCalendar
from schemas.codes import Area
from services.referrals.domain.places import AREAS, URN, AreaInfo, Register, Setting, SettingKind
from services.referrals.domain.routing import Routing, Rule, Span, When, mistakes
from services.referrals.domain.teams import Destination, Support

HERE = Path(__file__).parent
T = TypeVar("T", bound=BaseModel)

_PHASES: dict[str, SettingKind] = {
    "Nursery": "nursery",
    "Primary": "primary",
    "Middle deemed primary": "primary",
    "Secondary": "secondary",
    "Middle deemed secondary": "secondary",
    "All-through": "all-through",
    "16 plus": "post-16",
    "Early years": "early-years",
}
_NEEDED = ("URN", "EstablishmentName", "PhaseOfEducation (name)", "Town")


class BadData(Exception):
    """Data files cannot be used; the text has one line for each mistake and says where it is."""


@dataclass(frozen=True, slots=True)
class Data:
    """Everything that the data files say."""

    register: Register
    destinations: dict[str, Destination]
    routing: Routing
    calendar: WorkingCalendar
    support: tuple[Support, ...] = ()


def load(folder: Path = HERE, *, authority: str = "919") -> Data:
    """All data of a folder with ``areas.toml``, ``closures.toml``, ``register/``, ``teams/`` and ``routing/``.

    ``support.toml``, who helps meanwhile, may be left out. Raises BadData with every mistake of every file.
    """
    register = load_register(folder, authority=authority)
    complaints: list[str] = []
    closures = list(_parsed([folder / "closures.toml"], _Closures, complaints))
    destinations = list(_entries(folder / "teams", "destination", Destination, complaints))
    rules = list(_entries(folder / "routing", "rule", Rule, complaints))
    support = list(
        _parsed([path for path in [folder / "support.toml"] if path.exists()], _Support, complaints)
    )
    codes = [each.code for each in destinations]
    complaints += [f"teams: {code} is described twice" for code in _repeated(codes)]
    complaints += [
        f"routing: rule {rule.code}: {what}" for rule in rules for what in _unknown(rule, register)
    ]
    if not complaints:
        complaints += [f"routing: {what}" for what in mistakes(rules, set(codes), AREAS)]
    _raise(complaints)
    helpers = tuple(each for file in support for each in file.support)
    by_code = {each.code: each for each in destinations}
    return Data(register, by_code, Routing(rules), _calendar(closures[0]), helpers)


def _calendar(closures: "_Closures") -> WorkingCalendar:
    return WorkingCalendar((each.from_, each.to) for each in closures.closed)


def _unknown(rule: Rule, register: Register) -> Iterator[str]:
    towns = {town for area in register.areas.values() for town in area.towns}
    for town in sorted((rule.when.towns or frozenset()) - towns):
        yield f"{town} is in no area of areas.toml"
    for urn in sorted(rule.when.urns or frozenset()):
        if register.find(urn) is None:
            yield f"{urn} is not in the register"


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


class _Support(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    support: tuple[Support, ...] = ()


class _Area(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Area
    name: str = Field(min_length=1)
    officer: str = Field(min_length=1)
    towns: tuple[str, ...] = Field(min_length=1)


class _Areas(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    area: tuple[_Area, ...]
    overrides: dict[str, Area] = {}


def load_register(folder: Path = HERE, *, authority: str = "919") -> Register:
    """The register and the areas of a folder with ``areas.toml`` and ``register/*.csv``.

    Rows of other authorities and closed establishments are left out. Raises BadData.
    """
    complaints: list[str] = []
    found = list(_parsed([folder / "areas.toml"], _Areas, complaints))
    _raise(complaints)
    areas = found[0]
    by_town = {town: area.code for area in areas.area for town in area.towns}
    complaints += [f"areas.toml: {code} is missing" for code in AREAS if code not in by_town.values()]
    towns = [town for area in areas.area for town in area.towns]
    complaints += [f"areas.toml: {town} is in two areas" for town in _repeated(towns)]
    settings: list[Setting] = []
    for path in sorted((folder / "register").glob("*.csv")):
        settings += _settings(path, by_town, areas.overrides, authority, complaints)
    urns = [each.urn for each in settings]
    complaints += [f"register: {urn} stands in it twice" for urn in _repeated(urns)]
    complaints += [
        f"areas.toml: overrides name {urn}, which is not in the register"
        for urn in sorted(set(areas.overrides) - set(urns))
    ]
    if not settings:
        complaints.append("register: there is no establishment of this authority in any .csv file")
    _raise(complaints)
    return Register(settings, (AreaInfo(a.code, a.name, a.officer, frozenset(a.towns)) for a in areas.area))


def _settings(
    path: Path, by_town: dict[str, Area], overrides: dict[str, Area], authority: str, complaints: list[str]
) -> Iterator[Setting]:
    reader = csv.DictReader(io.StringIO(_text(path)))
    missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
    if missing:
        complaints.append(f"{path.name}: the column {missing[0]} is missing")
        return
    for number, row in enumerate(reader, 2):
        if (row.get("LA (code)") or authority) != authority or row.get(
            "EstablishmentStatus (name)"
        ) == "Closed":
            continue
        urn, town = (row["URN"] or "").strip(), (row["Town"] or "").strip()
        area = overrides.get(urn) or by_town.get(town)
        if not URN.fullmatch(urn):
            complaints.append(
                f"{path.name}, line {number}: the URN is neither six digits nor a code such as EY1001"
            )
        elif area is None:
            complaints.append(f"{path.name}, line {number}: {town or 'no town'} is in no area of areas.toml")
        else:
            yield Setting(urn, (row["EstablishmentName"] or "").strip(), _kind(row), town, area)


def _kind(row: dict[str, str]) -> SettingKind:
    if "special" in row.get("TypeOfEstablishment (name)", "").lower():
        return "special"
    return _PHASES.get(row["PhaseOfEducation (name)"], "all-through")


def _text(path: Path) -> str:
    """The national extract is written in Windows-1252, ours in UTF-8."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")


def _entries(folder: Path, table: str, model: type[T], complaints: list[str]) -> Iterator[T]:
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        complaints.append(f"{folder.name}: there is no .toml file in this folder")
    for path in paths:
        for number, entry in enumerate(_table(path, table, complaints), 1):
            try:
                yield model.model_validate(entry)
            except ValidationError as error:
                code = entry.get("code", number) if isinstance(entry, dict) else number
                place = f"{folder.name}/{path.name}: {table} {code}"
                complaints += [f"{place}: {_explained(detail, model)}" for detail in error.errors()]


def _table(path: Path, table: str, complaints: list[str]) -> Sequence[Any]:
    content = _toml(path, complaints)
    complaints += [
        f"{path.parent.name}/{path.name}: {key} is not known here: this file holds [[{table}]] only"
        for key in content
        if key != table
    ]
    found = content.get(table, [])
    return found if isinstance(found, list) else [found]


def _parsed(paths: Iterable[Path], model: type[T], complaints: list[str]) -> Iterator[T]:
    for path in paths:
        before = len(complaints)
        content = _toml(path, complaints)
        if len(complaints) > before:
            continue
        try:
            yield model.model_validate(content)
        except ValidationError as error:
            complaints += [f"{path.name}: {_explained(detail, model)}" for detail in error.errors()]


def _toml(path: Path, complaints: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError:
        complaints.append(f"{path.name}: this file cannot be read")
    except ValueError as error:
        complaints.append(f"{path.parent.name}/{path.name}: this is not TOML: {error}")
    return {}


def _explained(detail: Any, model: type[BaseModel]) -> str:
    place = ".".join(str(part) for part in detail["loc"])
    if detail["type"] != "extra_forbidden":
        return f"{place}: {detail['msg'].removeprefix('Value error, ')}".removeprefix(": ")
    known = {
        info.alias or name
        for part in (model, When, Span, _Area, _Closure, Support)
        for name, info in part.model_fields.items()
    }
    near = get_close_matches(str(detail["loc"][-1]), known, n=1)
    return f"{place} is not a key that is known here" + (f": did you mean {near[0]}?" if near else "")


def _repeated(items: Sequence[str]) -> list[str]:
    return sorted({item for item in items if items.count(item) > 1})


def _raise(complaints: Sequence[str]) -> None:
    if complaints:
        raise BadData("\n".join(complaints))
