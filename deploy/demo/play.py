"""Plays the month: forms come in, teams work, the panel sits, the clock moves on, until the month is over."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

import httpx2

from deploy.demo.agenda import SCHOOLS, Agenda
from deploy.demo.api import Api
from deploy.demo.arrivals import Arrival
from deploy.demo.books import Books, read_books
from deploy.demo.clock import TownClock
from deploy.demo.coordinator import Coordinator, Held
from deploy.demo.doors import Doors, open_doors
from deploy.demo.ledger import ACKNOWLEDGED, Comparison, Ledger, Told, compare
from deploy.demo.mail import Mail, MailSink
from deploy.demo.month import Month
from deploy.demo.planned import Planned
from deploy.demo.teams import Teams
from deploy.local.services import Town
from services.referrals.domain.register.places import Register


@dataclass(frozen=True)
class Progress:
    """Where the month stands, for whoever shows it."""

    now: datetime
    received: int
    taken: int
    refused: int
    sittings: int
    decisions: int
    mails: int


@dataclass(frozen=True)
class Outcome:
    """How the month went. Nothing in it comes from what the services count themselves.

    ``pages`` are families' pages as they were opened, and whether each showed its referral. ``acknowledged`` are
    seconds of real time.
    """

    month: Month
    arrivals: Sequence[Arrival]
    ledger: Ledger
    books: Books
    mails: Sequence[Mail]
    held: Sequence[Held]
    decisions: dict[str, int]
    pages: dict[str, bool]
    sent_again: int
    acknowledged: Sequence[float]
    seconds: float
    planned: Planned = field(default_factory=Planned)

    @property
    def in_the_post(self) -> Comparison:
        """What must have been sent, against what the mail sink holds."""
        found: Counter[Told] = Counter((mail.to, mail.fact, mail.reference) for mail in self.mails)
        return compare(self.ledger.to_be_sent(), found)

    @property
    def in_the_books(self) -> Comparison:
        """The same, and what must be held, against what the databases hold."""
        sent = compare(self.ledger.to_be_sent(), self.books.sent)
        return sent + compare(self.ledger.to_be_held(), self.books.held)

    @property
    def referrals_lost(self) -> list[str]:
        """Referrals that were taken and that no database knows."""
        return sorted(self.ledger.references - set(self.books.referrals))

    @property
    def referrals_unexpected(self) -> list[str]:
        """Referrals in the database that nobody was told of; among them those taken twice."""
        return sorted(set(self.books.referrals) - self.ledger.references)

    @property
    def worked_wrongly(self) -> list[str]:
        """Referrals whose steps, wait or next referral differ between the ledger and the database."""
        steps = (self.ledger.work - self.books.work) + (self.books.work - self.ledger.work)
        differing = {reference for reference, _ in steps}
        for kept, found in (
            (self.ledger.waits, self.books.waits),
            (self.ledger.went_on, self.books.went_on),
        ):
            differing |= {reference for reference, _ in set(kept.items()) ^ set(found.items())}
        return sorted(differing)

    @property
    def lost(self) -> int:
        """How much was lost: referrals, and messages that neither arrived nor wait for a person."""
        messages = max(self.in_the_post.lost.total(), self.in_the_books.lost.total())
        return messages + len(self.referrals_lost)

    @property
    def duplicated(self) -> int:
        """How much is there too often, or was never expected."""
        posts = [
            compared.duplicated.total() + compared.unexpected.total()
            for compared in (self.in_the_post, self.in_the_books)
        ]
        return max(posts) + len(self.referrals_unexpected) + len(self.ledger.taken_twice)

    @property
    def at_rest(self) -> bool:
        """Whether nothing is left half done: no message between phases, no event unpublished or parked."""
        return not self.books.open and not any(self.books.left.values())

    @property
    def good(self) -> bool:
        """Whether everything is as it must be."""
        right = not (self.lost or self.duplicated or self.ledger.misjudged or self.worked_wrongly)
        return right and self.at_rest and all(self.pages.values())


class _Play:
    def __init__(
        self,
        month: Month,
        arrivals: Sequence[Arrival],
        doors: Doors,
        clock: TownClock,
        sink: MailSink,
        seed: int,
    ) -> None:
        self.month, self.arrivals, self.doors, self.clock, self.sink = month, arrivals, doors, clock, sink
        self.agenda, self.received = Agenda(), 0
        self.ledger = ledger = doors.ledger

        def as_(caller: str) -> Api:
            return Api(doors.town, doors.client, caller)

        self.teams = Teams(month, self.agenda, ledger, as_("team"), as_("school"), seed)
        self.coordinator = Coordinator(month, self.agenda, ledger, as_("co-ordinator"), as_("officer"), seed)

    def prepare(self) -> None:
        """Fill the agenda."""
        by_hour: dict[datetime, list[Arrival]] = defaultdict(list)
        for arrival in self.arrivals:
            by_hour[arrival.at].append(arrival)
        for hour, batch in by_hour.items():
            self.agenda.add(hour, SCHOOLS, lambda now, batch=batch: self._arrive(batch, now))  # type: ignore[misc]
        for arrival in self.arrivals:
            self.teams.expect(arrival)
        self.coordinator.plan()

    async def _arrive(self, batch: Sequence[Arrival], now: datetime) -> None:
        await self.doors.send(batch, now)
        self.received += len(batch)

    async def run(self, show: Callable[[Progress], None]) -> None:
        """Everything on the agenda, each thing at its instant, and whatever falls due between."""
        due = await self.clock.idle()
        while self.clock.now < self.month.ends:
            moments = [moment for moment in (self.agenda.next_at, due, self.month.ends) if moment]
            await self.clock.step(max(self.clock.now, min(moments)))
            due = await self.clock.idle()
            while works := self.agenda.due(self.clock.now):
                for work in works:
                    await work(self.clock.now)
                due = await self.clock.idle()
            show(self.progress())

    def progress(self) -> Progress:
        """Where it stands."""
        return Progress(
            now=self.clock.now,
            received=self.received,
            taken=len(self.ledger.taken),
            refused=len(self.ledger.refused),
            sittings=len(self.coordinator.held),
            decisions=sum(self.coordinator.decisions.values()),
            mails=len(self.sink.mails),
        )


async def play(
    town: Town,
    sink: MailSink,
    month: Month,
    arrivals: Sequence[Arrival],
    register: Register,
    seed: int,
    show: Callable[[Progress], None],
) -> Outcome:
    """Play the month; ``show`` is called after each step of the clock.

    Raises NeverIdle, NoAnswer or Unexpected where a service does not do its part.
    """
    ledger, began = Ledger(), monotonic()
    # Given up before the services do so themselves, after five seconds: a request would come just as they hang up.
    limits = httpx2.Limits(max_connections=64, max_keepalive_connections=64, keepalive_expiry=2.0)
    async with (
        httpx2.AsyncClient(timeout=60, limits=limits) as client,
        open_doors(town, client, register, ledger) as doors,
    ):
        playing = _Play(month, arrivals, doors, TownClock(town, client, month.starts), sink, seed)
        playing.prepare()
        await playing.run(show)
        doors.check_answers()
        await playing.coordinator.look_back()
        mails = tuple(sink.mails)
        pages = await _opened(client, mails)
    books = await read_books(town)
    for reference in books.overdue.elements():  # nobody's deed: the clock's alone
        ledger.told(reference, "answer.overdue")
    return Outcome(
        month=month,
        arrivals=arrivals,
        ledger=ledger,
        books=books,
        mails=mails,
        held=playing.coordinator.held,
        decisions=playing.coordinator.decisions,
        pages=pages,
        sent_again=doors.sent_again,
        acknowledged=_acknowledged(doors, ledger, mails),
        seconds=monotonic() - began,
        planned=playing.coordinator.planned,
    )


async def _opened(client: httpx2.AsyncClient, mails: Sequence[Mail]) -> dict[str, bool]:
    """The page that the latest mail of each kind leads to, and whether it shows that referral."""
    latest = {mail.fact: mail for mail in mails}
    pages: dict[str, bool] = {}
    for mail in latest.values():
        if link := mail.link:
            answer = await client.get(link)
            pages[link] = answer.status_code == 200 and mail.reference in answer.text
        else:
            pages[f"a mail about {mail.fact} without a link"] = False
    return pages


def _acknowledged(doors: Doors, ledger: Ledger, mails: Sequence[Mail]) -> list[float]:
    """Seconds of real time from sending each form to its first acknowledgement's arrival as a mail."""
    arrived: dict[str, float] = {}
    for mail in mails:
        if mail.fact == ACKNOWLEDGED:
            arrived.setdefault(mail.reference, mail.at)
    return [
        arrived[reference] - doors.sent_at[id]
        for id, reference in ledger.taken.items()
        if reference in arrived
    ]
