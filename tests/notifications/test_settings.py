"""Wrong settings are answered by a sentence, before anything is sent."""

from typing import Any

import pytest
from pydantic import ValidationError

from chassis.settings import explain
from services.notifications.settings import Settings
from tests.notifications.conftest import settings

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
    ],
)
def test_a_wrong_setting_is_named_with_what_to_write(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError) as error:
        settings(**given)
    assert complaint in " ".join(explain(Settings, error.value))


def test_production_sends_without_tls_only_if_that_is_said_in_so_many_words() -> None:
    assert settings(**PRODUCTION, smtp_tls="off", smtp_plain_allowed=True).smtp_tls == "off"
