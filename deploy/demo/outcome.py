"""How the month went, judged by the ledger, by those who carried messages, and by the databases."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from deploy.demo.arrivals import Arrival
from deploy.demo.books import Books
from deploy.demo.coordinator import Held
from deploy.demo.ledger import Comparison, Ledger, Told, compare
from deploy.demo.mail import Mail
from deploy.demo.month import Month
from deploy.demo.planned import Planned
from deploy.demo.texts import Text


@dataclass(frozen=True)
class Outcome:
    """How the month went. Nothing in it comes from what the services count themselves.

    ``mails`` are the mail server's, ``texts`` the log of GOV.UK Notify's stand-in, and ``receipts`` how it said what
    became of them. ``pages`` are families' pages as they were opened, and whether each showed its referral.
    ``acknowledged`` are seconds of real time.
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
    texts: Sequence[Text] = ()
    receipts: Counter[str] = field(default_factory=Counter)

    @property
    def told_by_mail(self) -> Counter[Told]:
        """What arrived by e-mail."""
        return Counter(told for mail in self.mails for told in _of(mail))

    @property
    def told_by_text(self) -> Counter[Told]:
        """What arrived as a text or a letter."""
        return Counter(self._told(text) for text in self.texts if text.arrived)

    @property
    def told_otherwise(self) -> Counter[Told]:
        """What arrived by another way after a text had come back."""
        back = {text.message_id for text in self.texts if not text.arrived}
        mails = [told for mail in self.mails if mail.message_id in back for told in _of(mail)]
        texts = [self._told(text) for text in self.texts if text.arrived and text.message_id in back]
        return Counter([*mails, *texts])

    def _told(self, text: Text) -> Told:
        return self.ledger.whose(text.to, text.reference), text.fact, text.reference

    @property
    def in_the_post(self) -> Comparison:
        """What must have been sent, against what the mail server and GOV.UK Notify's stand-in hold."""
        return compare(self.ledger.to_be_sent(), self.told_by_mail + self.told_by_text)

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


def _of(mail: Mail) -> list[Told]:
    """What a mail tells: small steps may share one."""
    return [(mail.to, fact, mail.reference) for fact in mail.fact.split(", ")]
