"""Plays the month: forms come in, teams work, the panel sits, the clock moves on, until the month is over."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

import httpx2

from deploy.demo.agenda import SCHOOLS, Agenda
from deploy.demo.api import Api
from deploy.demo.arrivals import Arrival
from deploy.demo.books import Books, read_books
from deploy.demo.clock import TownClock
from deploy.demo.coordinator import Coordinator
from deploy.demo.doors import Doors, open_doors
from deploy.demo.ledger import ACKNOWLEDGED, Ledger
from deploy.demo.mail import Mail
from deploy.demo.month import Month
from deploy.demo.outcome import Outcome
from deploy.demo.post import Post
from deploy.demo.teams import Teams
from deploy.demo.texts import Text, read_texts
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
    texts: int


class _Play:
    def __init__(
        self,
        month: Month,
        arrivals: Sequence[Arrival],
        doors: Doors,
        clock: TownClock,
        post: Post,
        seed: int,
    ) -> None:
        self.month, self.arrivals, self.doors, self.clock, self.post = month, arrivals, doors, clock, post
        self.agenda, self.received = Agenda(), 0
        self.ledger = ledger = doors.ledger
        ledger.now = clock.now

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
            self.ledger.now = self.clock.now
            self.post.tick(self.clock.now)
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
            mails=len(self.post.sink.mails),
            texts=len(self.post.notify.sent),
        )

    def outcome(self, books: Books, pages: dict[str, bool], seconds: float) -> Outcome:
        """How it went, once nothing more happens."""
        for reference, moment in books.overdue:  # nobody's deed: the clock's alone
            self.ledger.told(reference, "answer.overdue", moment)
        self.ledger.waited(self.month.ends)
        mails, texts = tuple(self.post.sink.mails), read_texts(self.post.notify.sent)
        return Outcome(
            month=self.month,
            arrivals=self.arrivals,
            ledger=self.ledger,
            books=books,
            mails=mails,
            held=self.coordinator.held,
            decisions=self.coordinator.decisions,
            pages=pages,
            sent_again=self.doors.sent_again,
            acknowledged=_acknowledged(self.doors, self.ledger, [*mails, *texts]),
            seconds=seconds,
            planned=self.coordinator.planned,
            texts=texts,
            receipts=self.post.receipts(),
        )


async def play(
    town: Town,
    post: Post,
    month: Month,
    arrivals: Sequence[Arrival],
    register: Register,
    seed: int,
    show: Callable[[Progress], None],
) -> Outcome:
    """Play the month; ``show`` is called after each step of the clock.

    Raises NeverIdle, NoAnswer or Unexpected where a service does not do its part.
    """
    ledger, began = Ledger(wrong_numbers=post.phones.wrong), monotonic()
    # Given up before the services do so themselves, after five seconds: a request would come just as they hang up.
    limits = httpx2.Limits(max_connections=64, max_keepalive_connections=64, keepalive_expiry=2.0)
    async with (
        httpx2.AsyncClient(timeout=60, limits=limits) as client,
        open_doors(town, client, register, ledger) as doors,
    ):
        clock = TownClock(town, client, month.starts, post.why_busy)
        playing = _Play(month, arrivals, doors, clock, post, seed)
        playing.prepare()
        await playing.run(show)
        doors.check_answers()
        await playing.coordinator.look_back()
        await post.settled(clock)
        pages = await _opened(client, [*post.sink.mails, *read_texts(post.notify.sent)])
    return playing.outcome(await read_books(town), pages, monotonic() - began)


async def _opened(client: httpx2.AsyncClient, messages: Sequence[Mail | Text]) -> dict[str, bool]:
    """The page that the latest mail and text of each kind leads to, and whether it shows that referral."""
    latest = {(type(each), each.fact): each for each in messages}
    pages: dict[str, bool] = {}
    for each in latest.values():
        if link := each.link:
            answer = await client.get(link)
            pages[link] = answer.status_code == 200 and each.reference in answer.text
        else:
            pages[f"a message about {each.fact} without a link"] = False
    return pages


def _acknowledged(doors: Doors, ledger: Ledger, messages: Sequence[Mail | Text]) -> list[float]:
    """Seconds of real time from sending each form until its first acknowledgement was with a provider."""
    arrived: dict[str, float] = {}
    for each in sorted(messages, key=lambda each: each.at):
        if each.fact == ACKNOWLEDGED:
            arrived.setdefault(each.reference, each.at)
    return [
        arrived[reference] - doors.sent_at[id]
        for id, reference in ledger.taken.items()
        if reference in arrived
    ]
