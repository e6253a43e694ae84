"""Those who carry messages in the demo: a mail server, and GOV.UK Notify's stand-in with what becomes of its texts."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from deploy.demo.arrivals import Arrival
from deploy.demo.clock import TownClock
from deploy.demo.mail import MailSink, mail_sink
from deploy.demo.phones import Phones, phones_of
from deploy.local.notify import NotifyServer, Receipts
from deploy.local.services import Settings, Town

#: So soon Notify is asked what became of a text, of which its stand-in says nothing: the month lasts minutes.
_ASK_SECONDS = 5
_LOOKS, _BETWEEN_SECONDS = 150, 0.2


@dataclass
class Carriers:
    """Both, before there is a town that uses them."""

    sink: MailSink
    notify: NotifyServer
    phones: Phones

    @property
    def env(self) -> Mapping[str, Settings]:
        """What the services are told of them, besides the mail server's address."""
        asks = {"NOTIFICATIONS_NOTIFY_ASK_SECONDS": str(_ASK_SECONDS)}
        return {"notifications": self.notify.settings("sms", "letter") | asks}


@dataclass
class Post(Carriers):
    """Both at work for a town."""

    calls: Receipts

    def tick(self, now: datetime) -> None:
        """The business clock stands at ``now``."""
        self.calls.tick(now)

    def why_busy(self) -> str | None:
        """Which receipts are under way, on which a message may go another way; None for none."""
        return self.calls.why_busy()

    def receipts(self) -> Counter[str]:
        """How it was said what became of texts and letters: "at once", "late" or "on asking"."""
        return self.calls.said + Counter({"on asking": len(self.notify.asked_for)})

    async def settled(self, clock: TownClock) -> None:
        """Wait until everything was said that there is to say, and the services are idle."""
        self.calls.finish()
        for _ in range(_LOOKS):
            if not self.calls.unasked():
                break
            await asyncio.sleep(_BETWEEN_SECONDS)
        await clock.idle()


@contextmanager
def carriers(arrivals: Sequence[Arrival], seed: int) -> Iterator[Carriers]:
    """A mail server and a stand-in for GOV.UK Notify, for as long as the block runs."""
    with mail_sink() as sink, NotifyServer() as notify:
        yield Carriers(sink, notify, phones_of(arrivals, seed))


@contextmanager
def post(by: Carriers, town: Town, now: datetime) -> Iterator[Post]:
    """The same, with receipts that come of their own accord to this town's notifications."""
    url = f"{town.notifications.url}/api/receipts/notify"
    with Receipts(by.notify, url, town.headers("notify"), by.phones.fate, now) as calls:
        yield Post(by.sink, by.notify, by.phones, calls)
