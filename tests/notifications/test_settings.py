"""Wrong settings are answered by a sentence, before anything is sent."""

from typing import Any

import pytest
from pydantic import ValidationError

from chassis.settings import explain
from services.notifications.settings import Settings
from tests.notifications.conftest import settings
from tests.notifications.notifying import by_notify

PRODUCTION: dict[str, Any] = {
    "profile": "production",
    "clock": "system",
    "clock_start": None,
    "channel": "smtp",
}


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (PRODUCTION | {"smtp_tls": "off"}, "NOTIFICATIONS_SMTP_TLS is off: write starttls or implicit"),
        (PRODUCTION | {"channel": "fake"}, "only the profile test allows"),
        (
            PRODUCTION | {"public_url": "http://send.example"},
            "NOTIFICATIONS_PUBLIC_URL is missing or not https",
        ),
        (PRODUCTION | {"public_url": ""}, "NOTIFICATIONS_PUBLIC_URL is missing or not https"),
        ({"profile": "demo"}, "only the profile test allows"),
        ({"smtp_user": "x"}, "go together"),
        ({"sender": "nobody"}, "NOTIFICATIONS_SENDER is not an e-mail address"),
        ({"smtp_port": 0}, "NOTIFICATIONS_SMTP_PORT"),
        ({"lease_seconds": 60, "smtp_seconds": 20}, "write at least 66"),
        (
            by_notify("http://127.0.0.1:9", lease_seconds=49, notify_seconds=15),
            "NOTIFICATIONS_LEASE_SECONDS is too short for Notify's time-outs: write at least 51",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_write(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError) as error:
        settings(**given)
    assert complaint in " ".join(explain(Settings, error.value))


def test_production_sends_without_tls_only_if_that_is_said_in_so_many_words() -> None:
    assert settings(**PRODUCTION, smtp_tls="off", smtp_plain_allowed=True).smtp_tls == "off"


def test_a_lease_that_leaves_time_for_three_answers_and_a_little_more_is_long_enough() -> None:
    assert settings(lease_seconds=65, smtp_seconds=20).lease_seconds == 65
    by = by_notify("http://127.0.0.1:9", lease_seconds=50, notify_seconds=15)
    assert settings(**by).lease_seconds == 50
