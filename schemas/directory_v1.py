"""The public directory: who does what, so that every service can write whole sentences. Compacted."""

from datetime import date

from schemas.codes import Area, DestinationKind, FirstDestinationKind, SettingKind
from schemas.envelope import Event
from schemas.topics import DIRECTORY


class DestinationListedV2(Event, type="directory.destination.v2", topic=DIRECTORY, key="entry"):
    """A team, an area's outreach co-ordinator, the assessment team, a centre or a panel.

    ``entry`` is ``destination:{code}``. Published only where the first version has no code for its kind.
    Half of those who are referred wait for a first answer at most ``expected_wait_days``, eight in ten at most
    ``expected_wait_p80_days``; None where nobody can say. ``until`` is the last day on which it takes referrals.
    """

    entry: str
    code: str
    kind: DestinationKind
    name: str
    does: str
    advice_line: str | None = None
    opening_hours: str | None = None
    expected_wait_days: int | None = None
    expected_wait_p80_days: int | None = None
    meanwhile: str | None = None
    for_whom: str | None = None
    how_to_refer: str | None = None
    until: date | None = None


class DestinationListed(DestinationListedV2, type="directory.destination.v1", topic=DIRECTORY, key="entry"):
    """A team, an area's outreach co-ordinator, the assessment team or a panel.

    ``entry`` is ``destination:{code}``. For the waits see the second version.
    """

    kind: FirstDestinationKind


class SettingListed(Event, type="directory.setting.v1", topic=DIRECTORY, key="entry"):
    """A school or setting by its public name. ``entry`` is ``setting:{urn}``. ``kind``: None where it was not said."""

    entry: str
    urn: str
    name: str
    town: str
    area: Area
    kind: SettingKind | None = None


class RuleListed(Event, type="directory.rule.v1", topic=DIRECTORY, key="entry"):
    """A routing rule and its reason in plain words. ``entry`` is ``rule:{code}``."""

    entry: str
    code: str
    reason: str


class AreaListed(Event, type="directory.area.v1", topic=DIRECTORY, key="entry"):
    """An area, its towns, and its officer: the bridge between school, family and the statutory service.

    ``entry`` is ``area:{code}``. The officer is named by role.
    """

    entry: str
    code: Area
    name: str
    officer: str
    towns: tuple[str, ...]
