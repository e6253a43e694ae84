"""The areas, and the register that is shipped as CSV: what counts until an extract is imported."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from schemas.codes import Area
from services.referrals.domain.register.places import AREAS, URN, AreaInfo, Register, Setting, kind_of
from services.referrals.domain.routing.entries import Dated
from services.referrals.files.lines import BadData, TomlFile, whole

HERE = Path(__file__).parents[1]
_NEEDED = ("URN", "EstablishmentName", "PhaseOfEducation (name)", "Town")


class _Area(Dated):
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
    file = TomlFile(folder / "areas.toml", "areas.toml", complaints)
    areas = whole(file, _Areas, complaints)
    if areas is None:
        raise BadData("\n".join(complaints))
    complaints += _mistakes(areas, file)
    infos = [
        AreaInfo(each.code, each.name, each.officer, frozenset(each.towns), each.starts, each.ends)
        for each in areas.area
    ]
    towns = Register((), infos, areas.overrides)
    settings: list[Setting] = []
    for path in sorted((folder / "register").glob("*.csv")):
        settings += _settings(path, towns, authority, complaints)
    urns = [each.urn for each in settings]
    complaints += [f"register: {urn} stands in it twice" for urn in _repeated(urns)]
    if not settings:
        complaints.append("register: there is no establishment of this authority in any .csv file")
    if complaints:
        raise BadData("\n".join(complaints))
    return Register(settings, infos, areas.overrides)


def _mistakes(areas: _Areas, file: TomlFile) -> Iterator[str]:
    codes = [area.code for area in areas.area]
    yield from (f"areas.toml: {code} is missing: add its [[area]]" for code in AREAS if code not in codes)
    yield from dict.fromkeys(
        what for day in _days_of_change(areas) for what in _mistakes_on(day, areas, file)
    )
    for urn in areas.overrides:
        if not URN.fullmatch(urn):
            place = file.place(file.holding(urn))
            yield f"{place}: overrides name {urn}, which is neither six digits nor a code such as EY1001"


def _days_of_change(areas: _Areas) -> list[date]:
    """The first day of each state of the areas."""
    ended = [each.until + timedelta(days=1) for each in areas.area if each.until]
    return sorted({date.min, *(each.starts for each in areas.area), *ended})


def _mistakes_on(day: date, areas: _Areas, file: TomlFile) -> Iterator[str]:
    held = [(n, each) for n, each in enumerate(areas.area) if each.holds_on(day)]
    seen: dict[str, str] = {}
    for number, area in held:
        place = file.place(file.header("area", number))
        if area.code in [other.code for n, other in held if n < number]:
            yield f"{place}: {area.code} has two versions that hold on the same day: set from and until"
            continue
        for town in area.towns:
            if town in seen:
                line = file.place(_line_of_town(file, town, number))
                yield f"{line}: {town} is in two areas{_on(day)}: take it out of one"
            seen[town] = area.code
    known = {area.code for area in areas.area}
    for code in sorted(known - {area.code for _, area in held}):
        number = next(n for n, each in enumerate(areas.area) if each.code == code)
        place = file.place(file.header("area", number))
        yield f"{place}: nothing says how {code} is{_on(day) or ' at first'}: set from and until so that no day is left"
    before = {town for area in areas.area if area.starts <= day for town in area.towns}
    for town in sorted(before - set(seen)):
        line = file.place(file.holding(f'"{town}"'))
        yield f"{line}: {town} is in no area{_on(day)}, so that its schools could not refer: add it to one"


def _line_of_town(file: TomlFile, town: str, number: int) -> int | None:
    """The line of a town in the nth area; else where it stands last."""
    start = file.header("area", number) or 0
    lines = [line for n in range(1, 20) if (line := file.holding(f'"{town}"', n))]
    return next((line for line in lines if line >= start), lines[-1] if lines else None)


def _on(day: date) -> str:
    return "" if day == date.min else f" on {day}"


def _settings(path: Path, areas: Register, authority: str, complaints: list[str]) -> Iterator[Setting]:
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
        urn = (row["URN"] or "").strip()
        town, area = areas.place(urn, (row["Town"] or "").strip())
        if not URN.fullmatch(urn):
            complaints.append(
                f"{path.name}, line {number}: the URN is neither six digits nor a code such as EY1001"
            )
        elif area is None:
            complaints.append(f"{path.name}, line {number}: {town or 'no town'} is in no area of areas.toml")
        else:
            kind = kind_of(row.get("TypeOfEstablishment (name)") or "", row["PhaseOfEducation (name)"])
            name, fixed = (row["EstablishmentName"] or "").strip(), urn in areas.overrides
            yield Setting(urn, name, kind, town, area, fixed=fixed)


def _text(path: Path) -> str:
    """The national extract is written in Windows-1252, ours in UTF-8."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")


def _repeated(items: Sequence[str]) -> list[str]:
    return sorted({item for item in items if items.count(item) > 1})
