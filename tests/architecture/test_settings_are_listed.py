"""Whoever runs a service finds every variable that it reads: in the operators' table, or in its own README."""

import re
from importlib import import_module
from typing import cast

import pytest

from chassis.settings import ServiceSettings
from tests.architecture import source

#: For tests alone.
REHEARSED = {"CHANNEL", "FAKE_SECONDS"}


def named(document: str) -> set[str]:
    """The variables that a document names in code, with the service's prefix or without."""
    text = (source.ROOT / document).read_text(encoding="utf-8")
    words = re.findall(r"`([A-Z][A-Z_]+)", text)
    return {re.sub(rf"^({'|'.join(source.SERVICE_NAMES).upper()})_", "", word) for word in words}


def test_the_settings_of_every_service_are_in_the_operators_table() -> None:
    known = {field.upper() for field in ServiceSettings.model_fields}
    assert known - named("docs/operations.md") == set()


@pytest.mark.parametrize("service", source.SERVICE_NAMES)
def test_a_services_own_settings_are_in_its_readme(service: str) -> None:
    settings = cast(type[ServiceSettings], import_module(f"services.{service}.settings").Settings)
    own = {field.upper() for field in set(settings.model_fields) - set(ServiceSettings.model_fields)}
    assert own - named(f"services/{service}/README.md") - REHEARSED == set()
