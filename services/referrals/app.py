"""Puts the service together."""

from dataclasses import dataclass, field
from functools import partial

from chassis.service import Running, Service, Task
from chassis.staff import Staff
from schemas import services, topics
from services.referrals import bulk, erasing, marking, registering, retention, scanning, storage
from services.referrals.domain.book import Book
from services.referrals.domain.identity import Ids
from services.referrals.domain.permissions import allows
from services.referrals.domain.staff.members import counted
from services.referrals.files import HERE, load
from services.referrals.handlers import table
from services.referrals.holdings import personal
from services.referrals.learning import LEARNING
from services.referrals.listing import Listing
from services.referrals.register_imports import importing
from services.referrals.settings import Settings
from services.referrals.storage import LOOKUPS, REPOSITORIES
from services.referrals.storage.tokens import Tokens
from services.referrals.submissions import decoder
from services.referrals.turning import Turning
from services.referrals.vault import Vault, unusable
from services.referrals.web import UPLOADS, router


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
        repeats_within_days=data.repeats_within_days,
    )


def build(settings: Settings) -> Referrals:
    """The service. Raises BadData where a data file is wrong."""
    book = book_of(settings)

    listing, turning = Listing(book), Turning()

    async def count_administrators(running: Running) -> None:
        async with running.pool.acquire() as conn:
            everybody = await storage.staff.everybody(conn)
        await running.runner.command(counted(everybody))

    async def work_off(running: Running) -> None:
        await bulk.Worker(running, book).run(running)

    return Referrals(
        name="referrals",
        book=book,
        settings=settings,
        handlers=table(book),
        repositories=REPOSITORIES,
        lookups=LOOKUPS,
        hears=services.REFERRALS.hears,
        says=services.REFERRALS.says,
        migrations=HERE / "migrations",
        router=lambda running: router(running, book, settings),
        uploads=UPLOADS,
        learning=LEARNING,
        personal=personal(settings),
        retention=retention.build(settings),
        at_start=(listing.publish, count_administrators),
        background=(listing.daily, turning.daily, importing(book), work_off, *_evidence_tasks(settings)),
        idle=(bulk.busy,),
        keeps=(registering.keeping(book), erasing.keeping(book)),
        staff=lambda running: Staff(running.clock),
        policy=allows,
        tokens=lambda running: Tokens(running.pool),
        parts=(scanning.PART, marking.PART) if settings.evidence_store else (),
        checks=(partial(unusable, settings.evidence_store),) if settings.evidence_store else (),
        decoders={topics.REFERRAL_SUBMISSIONS.name: decoder(settings.submission_keys, settings.senders)},
    )


def _evidence_tasks(settings: Settings) -> tuple[Task, ...]:
    if not settings.evidence_store:
        return ()

    async def scan(running: Running) -> None:
        await scanning.Scanner(running, Vault.at(settings.evidence_store, running.seals), settings.clamd).run(
            running
        )

    async def tidy(running: Running) -> None:
        await scanning.Tidier(running, Vault.at(settings.evidence_store, running.seals)).run(running)

    return scan, tidy
