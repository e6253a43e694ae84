"""The three services as processes: each knows beforehand where the others will be."""

from pathlib import Path
from typing import Any

import pytest

from deploy.local.credentials import make_credentials
from deploy.local.errors import PortTakenError
from deploy.local.services import NAMES, ServiceProcess, Town


class Described(ServiceProcess):
    """A service that is never run; one on port 1 finds it taken."""

    up = False

    def start(self, wait: bool = True, **_: Any) -> None:
        if self.port == 1:
            raise PortTakenError("taken")
        self.up = True

    def stop(self) -> None:
        self.up = False


@pytest.fixture
def town(tmp_path: Path) -> Town:
    nothing: Any = None
    made = Town(nothing, "", tmp_path, make_credentials([], {}))
    for name in NAMES:
        made.services[name] = Described(name, nothing, tmp_path, "", "", {})
    return made


def test_each_service_is_told_where_the_others_are_before_any_runs(town: Town) -> None:
    town.start([21_001, 21_002, 21_003])
    told = {name: each.environment()[f"{name.upper()}_NEIGHBOURS"] for name, each in town.services.items()}
    at = "http://127.0.0.1:2100"
    assert told == {
        "referrals": f"panels={at}2, notifications={at}3",
        "panels": f"referrals={at}1, notifications={at}3",
        "notifications": f"referrals={at}1, panels={at}2",
    }


def test_where_a_port_was_taken_none_is_left_running(town: Town) -> None:
    with pytest.raises(PortTakenError):
        town.start([21_001, 1, 21_003])
    assert not any(each.up for each in town.services.values() if isinstance(each, Described))
