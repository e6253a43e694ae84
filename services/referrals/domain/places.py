"""The register of schools and settings, and the nine areas."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from schemas.codes import Area

SettingKind = Literal["nursery", "primary", "secondary", "all-through", "post-16", "special", "early-years"]
AREAS: tuple[Area, ...] = get_args(Area)
SETTING_KINDS: tuple[SettingKind, ...] = get_args(SettingKind)

#: Six digits as in the national register, or the authority's own code for a setting that is not in it.
URN = re.compile(r"[0-9]{6}|[A-Z]{2}[0-9]{4}")


@dataclass(frozen=True, slots=True)
class Setting:
    """A school, early-years setting or college that may refer."""

    urn: str
    name: str
    kind: SettingKind
    town: str
    area: Area


@dataclass(frozen=True, slots=True)
class AreaInfo:
    """One area: its name, its officer by role, and the towns that belong to it."""

    code: Area
    name: str
    officer: str
    towns: frozenset[str]


class Register:
    """All establishments that may refer, by URN, and the areas they lie in."""

    def __init__(self, settings: Iterable[Setting], areas: Iterable[AreaInfo]) -> None:
        self._settings = {each.urn: each for each in settings}
        self.areas: Mapping[Area, AreaInfo] = {each.code: each for each in areas}

    def find(self, urn: str) -> Setting | None:
        """The establishment with this URN, or None."""
        return self._settings.get(urn)

    def __iter__(self) -> Iterator[Setting]:
        return iter(self._settings.values())

    def __len__(self) -> int:
        return len(self._settings)
