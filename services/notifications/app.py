"""The notifications service, put together."""

from datetime import timedelta
from functools import partial
from pathlib import Path

from chassis.service import Running, Service
from chassis.staff import Staff
from schemas import services
from services.notifications import carriers, handlers, learning, notes, sender, storage, web
from services.notifications.domain.permissions import allows
from services.notifications.holdings import PERSONAL
from services.notifications.measuring import unsent
from services.notifications.pauses import PARTS
from services.notifications.retention import RETENTION
from services.notifications.settings import Settings
from services.notifications.templates import shipped


def build(settings: Settings) -> Service:
    """The service as these settings make it. Raises BadTemplate if one of the templates cannot be used."""
    notes.check()
    templates = shipped(drafts=settings.draft_translations)

    async def send(running: Running) -> None:
        channels = carriers.make_channels(settings)
        await sender.Sender(running, settings, templates, channels).run()

    return Service(
        name="notifications",
        settings=settings,
        handlers=handlers.build(templates.tellings, timedelta(days=settings.contact_days)),
        repositories=storage.REPOSITORIES,
        hears=services.NOTIFICATIONS.hears,
        says=services.NOTIFICATIONS.says,
        migrations=Path(__file__).parent / "migrations",
        router=web.router,
        staff=lambda running: Staff(running.clock),
        policy=allows,
        background=(send,),
        parts=sorted({PARTS[provider] for provider in settings.ways.values()}),
        idle=(partial(unsent, small=templates.small),),
        learning=learning.LEARNING,
        personal=PERSONAL,
        retention=RETENTION,
        failpoints=sender.FAILPOINTS,
        look_ups=settings.at_once,
    )
