"""The register of schools and settings, and the nine areas."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import get_args

from schemas.codes import Area
from schemas.codes import SettingKind as SettingKind

AREAS: tuple[Area, ...] = get_args(Area)
SETTING_KINDS: tuple[SettingKind, ...] = get_args(SettingKind)

#: Six digits as in the national register, or the authority's own code for a setting that is not in it.
URN = re.compile(r"[0-9]{6}|[A-Z]{2}[0-9]{4}")

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


def kind_of(type_name: str, phase_name: str) -> SettingKind:
    """The kind of an establishment by the names of its type and phase in the national register."""
    if "special" in type_name.lower():
        return "special"
    return _PHASES.get(phase_name, "all-through")


@dataclass(frozen=True, slots=True)
class Setting:
    """A school, early-years setting or college that may refer, or could until it closed.

    ``successor`` is the URN of the one that took over from it, where that is known. ``fixed``: its area was
    decided for it alone, and does not follow from its town.
    """

    urn: str
    name: str
    kind: SettingKind
    town: str
    area: Area
    closed_on: date | None = None
    successor: str | None = None
    fixed: bool = False

    def closed(self, today: date) -> bool:
        """Whether it has closed and may not refer any more."""
        return self.closed_on is not None and self.closed_on <= today


@dataclass(frozen=True, slots=True)
class AreaInfo:
    """One area: its name, its officer by role, and the towns that belong to it; from and until when, both included."""

    code: Area
    name: str
    officer: str
    towns: frozenset[str]
    starts: date = date.min
    ends: date = date.max

    def holds_on(self, day: date) -> bool:
        """Whether the area is as it says on a day."""
        return self.starts <= day <= self.ends


@dataclass(frozen=True, slots=True)
class Edition:
    """Which register counts: how many imports, and how many changes by hand. Neither: the data files'."""

    imports: int = 0
    by_hand: int = 0


class Register:
    """All establishments that may refer, by URN, and the areas they lie in.

    Its establishments change while a service runs, each time all at once: see ``take``. So do the areas, on the days
    that their file says: see ``turn``.
    """

    def __init__(
        self,
        settings: Iterable[Setting],
        areas: Iterable[AreaInfo],
        overrides: Mapping[str, Area] | None = None,
    ) -> None:
        """``overrides`` are the areas of establishments whose town does not tell it, by URN.

        Until it is turned to a day, the areas are as they will be at last.
        """
        self.versions = tuple(areas)
        self.overrides: Mapping[str, Area] = overrides or {}
        self.edition = Edition()
        self._dated = any((each.starts, each.ends) != (date.min, date.max) for each in self.versions)
        self._day = date.max
        self.areas, self._by_town = self._on(date.max)
        self._settings = {each.urn: each for each in settings}
        #: What the data files say; it counts as long as no extract was imported.
        self.shipped = tuple(self._settings.values())

    def find(self, urn: str) -> Setting | None:
        """The establishment with this URN, a closed one too, or None."""
        return self._settings.get(urn)

    def open(self, today: date) -> Iterator[Setting]:
        """Those that may refer."""
        return (each for each in self if not each.closed(today))

    def place(self, urn: str, town: str) -> tuple[str, Area | None]:
        """The town as the areas write it, and the area of an establishment there; None where no area has it."""
        written, area = self._by_town.get(plain(town), (town, None))
        return written, self.overrides.get(urn, area)

    def placed(self, setting: Setting, day: date) -> tuple[Setting, AreaInfo]:
        """The establishment as it lies on a day, and the area that it lies in."""
        if not self._dated or day == self._day:
            return setting, self.areas[setting.area]
        areas, by_town = self._on(day)
        _, area = by_town.get(plain(setting.town), (setting.town, None))
        if setting.fixed or area is None:
            return setting, areas[setting.area]
        return replace(setting, area=area), areas[area]

    def lying(self, setting: Setting) -> Setting:
        """An establishment of another register, in the area in which it lies by this one."""
        town, area = self.place(setting.urn, setting.town)
        if area is None or (setting.fixed and setting.urn not in self.overrides):
            return setting
        return replace(setting, town=town, area=area, fixed=setting.urn in self.overrides)

    def take(self, settings: Iterable[Setting], edition: Edition) -> None:
        """From now on these are the establishments."""
        # One assignment, so that whoever reads meanwhile sees the whole old or the whole new register.
        self._settings = {each.urn: each for each in settings}
        self.edition = edition

    def turn(self, day: date) -> None:
        """From now on the areas are as they are on this day."""
        if not self._dated or day == self._day:
            return
        settings = {urn: self.placed(each, day)[0] for urn, each in self._settings.items()}
        self.areas, self._by_town = self._on(day)
        self._settings, self._day = settings, day

    def _on(self, day: date) -> tuple[dict[Area, AreaInfo], dict[str, tuple[str, Area]]]:
        areas = {each.code: each for each in self.versions if each.holds_on(day)}
        return areas, {plain(town): (town, each.code) for each in areas.values() for town in each.towns}

    def __iter__(self) -> Iterator[Setting]:
        return iter(self._settings.values())

    def __len__(self) -> int:
        return len(self._settings)


def plain(town: str) -> str:
    """A town's name for comparing: capitals, kinds of apostrophe and hyphen, and spaces do not count."""
    return " ".join(town.casefold().replace("\u2019", "'").replace("`", "'").replace("-", " ").split())
