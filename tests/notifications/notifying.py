"""Telling families by GOV.UK Notify: what a house's settings say of the stand-in, and a sender that goes to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from deploy.local.notify import KEY, TEMPLATES
from services.notifications.carriers import make_channels
from services.notifications.notify import NotifyChannel
from services.notifications.sender import Sender
from services.notifications.settings import Settings
from services.notifications.templates import shipped
from tests.notifications.conftest import House, settings


def by_notify(url: str, **given: Any) -> dict[str, Any]:
    """The settings of a house that tells by Notify alone, to be given to `house`."""
    fields: dict[str, Any] = {
        "channel": "smtp", "email_by": "notify", "text_by": "notify", "letter_by": "notify",
        "notify_url": url, "notify_key": KEY, "notify_seconds": 2.0,
        "notify_email_template": TEMPLATES["email"], "notify_text_template": TEMPLATES["sms"],
        "notify_letter_template": TEMPLATES["letter"],
    }  # fmt: skip
    return fields | given


def settings_by_notify(url: str, **given: Any) -> Settings:
    """The same, with everything else that a house needs to know."""
    return settings(**by_notify(url, **given))


def a_notify_channel(url: str, **given: Any) -> NotifyChannel:
    """The channel to the stand-in at ``url``; whoever makes it closes it."""
    return NotifyChannel(settings_by_notify(url, **given))


@asynccontextmanager
async def a_sender_by_its_settings(house: House) -> AsyncIterator[Sender]:
    """A sender with the channels that the house's settings name, until the end of the block."""
    known: Any = house.running.settings
    channels = make_channels(known)
    try:
        yield Sender(house.running, known, shipped(), channels)
    finally:
        for channel in set(channels.values()):
            await channel.close()
