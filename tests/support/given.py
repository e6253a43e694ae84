"""Settings of a test: what it gives, and nothing of the environment, which takes longer to search than all the rest."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic_settings import InitSettingsSource

from chassis.settings import ServiceSettings

T = TypeVar("T", bound=ServiceSettings)


def settings_of(kind: type[T], given: Mapping[str, Any]) -> T:
    """The settings with these values and the defaults of all others. Raises ValidationError."""
    fields = dict(given)
    return kind(_build_sources=((InitSettingsSource(kind, fields),), fields))
