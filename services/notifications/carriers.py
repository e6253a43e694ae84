"""Who carries each way, as the settings say: a mail server, GOV.UK Notify, or nobody."""

from schemas.notifications_v1 import Way
from services.notifications.channels import Channel, FakeChannel
from services.notifications.settings import Settings
from services.notifications.smtp import SmtpChannel


def make_channel(settings: Settings, way: Way = "email") -> Channel:
    """Who carries messages of this way: for a single one. Raises KeyError where this house does not have the way."""
    return make_channels(settings)[way]


def make_channels(settings: Settings) -> dict[Way, Channel]:
    """The ways that the settings ask for, and who carries each."""
    if settings.channel == "fake":
        return {"email": FakeChannel(settings.fake_seconds)}
    carriers: dict[str, Channel] = {}
    if "smtp" in settings.ways.values():
        carriers["smtp"] = SmtpChannel(settings)
    if "notify" in settings.ways.values():
        # Its client brings a library of its own for HTTP: a house without it does not load that.
        from services.notifications.notify import NotifyChannel

        carriers["notify"] = NotifyChannel(settings)
    return {way: carriers[name] for way, name in settings.ways.items()}
