"""Puts the service together."""

from dataclasses import dataclass, field

from chassis.service import Running, Service
from chassis.staff import Staff
from schemas import services, topics
from services.referrals import registering, storage
from services.referrals.domain.identity import Ids
from services.referrals.domain.intake import Book
from services.referrals.domain.permissions import allows
from services.referrals.domain.staff import counted
from services.referrals.files import HERE, load
from services.referrals.handlers import table
from services.referrals.learning import LEARNING
from services.referrals.listing import Listing
from services.referrals.settings import Settings
from services.referrals.storage import REPOSITORIES
from services.referrals.storage.tokens import Tokens
from services.referrals.submissions import decoder
from services.referrals.web import router


@dataclass(frozen=True)
class Referrals(Service):
    """This service, with the book that its rules look into."""

    book: Book = field(kw_only=True)


def book_of(settings: Settings) -> Book:
    """What the rules look up. Raises BadData where a data file is wrong."""
    data = load(settings.data, authority=settings.authority)
    ids = Ids(settings.identity_secret.get_secret_value().encode(), settings.authority)
    return Book(
        data.register,
        data.destinations,
        data.routing,
        data.calendar,
        ids,
        data.support,
        settings.sali_answers_within,
    )


def build(settings: Settings) -> Referrals:
    """The service. Raises BadData where a data file is wrong."""
    book = book_of(settings)

    listing = Listing(book)

    async def count_administrators(running: Running) -> None:
        async with running.pool.acquire() as conn:
            everybody = await storage.staff.everybody(conn)
        await running.runner.command(counted(everybody))

    return Referrals(
        name="referrals",
        book=book,
        settings=settings,
        handlers=table(book),
        repositories=REPOSITORIES,
        hears=services.REFERRALS.hears,
        says=services.REFERRALS.says,
        migrations=HERE / "migrations",
        router=lambda running: router(running, book),
        learning=LEARNING,
        at_start=(listing.publish, count_administrators),
        background=(listing.daily,),
        keeps=(registering.keeping(book),),
        staff=lambda running: Staff(running.clock),
        policy=allows,
        tokens=lambda running: Tokens(running.pool),
        decoders={topics.REFERRAL_SUBMISSIONS.name: decoder(settings.submission_keys, settings.senders)},
    )
