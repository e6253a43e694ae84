"""What each service's menu says of the others is what their own tables of roles allow."""

from collections.abc import Mapping
from typing import Any

import pytest

from schemas.menus import PLACES
from services.notifications.domain import permissions as of_notifications
from services.panels.domain import permissions as of_panels
from services.referrals.domain import roles as of_referrals

TABLES: Mapping[str, Mapping[Any, Any]] = {
    "referrals": of_referrals.TABLE,
    "panels": of_panels.TABLE,
    "notifications": of_notifications.TABLE,
}


@pytest.mark.parametrize("service", TABLES)
def test_a_menu_leads_to_a_service_whoever_may_open_something_there(service: str) -> None:
    assert PLACES[service].roles == {role for role, actions in TABLES[service].items() if actions}


def test_every_service_has_its_place_in_the_menus() -> None:
    assert PLACES.keys() == TABLES.keys()
