"""The model: a door, a database, a relay, a log, a consumer and a sender, each cut into steps that can fail.

It says nothing of SQL, Kafka or SMTP, only what the product relies on: a commit is all or nothing, an outbox row
gets its number before its transaction commits, the log keeps what it was given, the mail server cannot be
asked. The fate of a message is decided by the product's own rules (services.notifications.domain.message).

Every guard can be taken out, so that the tests can show that they would notice.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from services.notifications.domain.message import Message, claimed
from services.notifications.domain.outcomes import GiveUp, Settle, give_up, settle

GUARDS = frozenset(
    {
        "answers are remembered",
        "an attempt leaves a row",
        "the aggregate is locked",
        "the relay keeps the order",
        "one relay at a time",
        "the broker fences a former relay",
        "rows are marked after they are published",
        "versions are looked at",
        "the position is written with the effects",
        "a claim is committed before it is sent",
        "an uncertain message is held",
    }
)
#: This client sends no idempotency key: only the runner itself may try such a request again.
KEYLESS = "no key"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LEASE = timedelta(seconds=60)
_NAMES = UUID("3b0c4f5e-7a52-4a55-8c6e-1e0f6f1f0c11")


@dataclass(frozen=True)
class Row:
    """An outbox row, and the record that becomes of it. ``id`` names the event for good."""

    seq: int
    aggregate: str
    version: int
    id: str
    latest_only: bool = False


@dataclass
class Transaction:
    """A command that is decided and not committed yet; ``attempt`` is the same when its runner tries again."""

    key: str
    aggregate: str
    attempt: int
    rows: list[Row]
    version: int


@dataclass
class Writer:
    """The database of the service where forms arrive."""

    version: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    attempts: dict[int, int] = field(default_factory=dict)
    outbox: dict[int, Row] = field(default_factory=dict)
    open: list[Transaction] = field(default_factory=list)
    seq: int = 0


@dataclass
class Relay:
    """One relay process: what it has read and not yet published, and what it has published and not yet marked."""

    term: int
    in_hand: list[Row] = field(default_factory=list)
    published: list[Row] = field(default_factory=list)


@dataclass
class Reader:
    """The database of the service that tells families."""

    position: int = 0
    applied: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)


@dataclass
class Hand:
    """A message in the hands of one worker; ``said_yes`` once the mail server has accepted it."""

    message: Message
    said_yes: bool = False


class Road:
    """Everything, and the steps of everything. Nothing here is random: the caller chooses what happens."""

    def __init__(self, without: str | None = None) -> None:
        assert without is None or without in GUARDS
        self._without = without
        self.writer, self.reader = Writer(), Reader()
        self.acknowledged: dict[str, int] = {}
        self.log: list[Row] = []
        self.compacted: dict[str, int] = {}
        self.wrote: dict[str, int] = {}
        self.relays: list[Relay] = []
        self.term = 0
        self.hands: list[Hand] = []
        self.accepted: list[str] = []
        self._attempts = 0

    def has(self, guard: str) -> bool:
        """Whether this guard is in place."""
        assert guard in GUARDS
        return guard != self._without

    # -- the door ----------------------------------------------------------------------------------------

    def begin(self, key: str, aggregate: str, attempt: int | None = None) -> Transaction | None:
        """Decide a command of this idempotency key. None if it was done before or has to wait for a lock."""
        writer = self.writer
        if attempt is not None and attempt in writer.attempts and self.has("an attempt leaves a row"):
            self.acknowledged[key] = writer.attempts[attempt]
            return None
        if key in writer.answers and self.has("answers are remembered"):
            self.acknowledged[key] = writer.answers[key]
            return None
        waits = any(other.aggregate == aggregate or other.key == key for other in writer.open)
        if waits and self.has("the aggregate is locked"):
            return None
        if attempt is None:
            self._attempts += 1
            attempt = self._attempts
        version = writer.version.get(aggregate, 0) + 1
        opened = Transaction(key, aggregate, attempt, self._rows(aggregate, version, attempt), version)
        writer.open.append(opened)
        return opened

    def _rows(self, aggregate: str, version: int, attempt: int) -> list[Row]:
        """One fact on the log and one record on the compacted topic; numbered before the commit, as in PostgreSQL."""
        rows = []
        for latest_only in (False, True):
            self.writer.seq += 1
            name = str(uuid5(_NAMES, f"{aggregate} {version} {attempt} {latest_only}"))
            rows.append(Row(self.writer.seq, aggregate, version, name, latest_only))
        return rows

    def commit(self, opened: Transaction, *, reply: bool) -> None:
        """All of it or nothing; without ``reply`` the client does not learn of it."""
        writer = self.writer
        writer.open.remove(opened)
        writer.version[opened.aggregate] = opened.version
        writer.outbox.update({row.seq: row for row in opened.rows})
        writer.attempts[opened.attempt] = opened.version
        if opened.key != KEYLESS and self.has("answers are remembered"):
            writer.answers[opened.key] = opened.version
        if reply:
            self.acknowledged[opened.key] = opened.version

    def roll_back(self, opened: Transaction) -> None:
        """The process died, or two transactions met."""
        self.writer.open.remove(opened)

    # -- the relay ---------------------------------------------------------------------------------------

    def start_relay(self) -> Relay:
        """A relay takes over, since the session of the former one has ended with its lock."""
        self.term += 1
        relay = Relay(self.term)
        self.relays.append(relay)
        return relay

    def leads(self, relay: Relay) -> bool:
        """Whether its lock is still its own."""
        return relay.term == self.term or not self.has("one relay at a time")

    def read_outbox(self, relay: Relay, most: int) -> None:
        """The next unpublished rows. Only rows of committed transactions can be seen."""
        if not self.leads(relay) or relay.in_hand or relay.published:
            return
        rows = sorted(self.writer.outbox.values(), key=lambda row: row.seq)
        if not self.has("the relay keeps the order"):
            rows.reverse()
        relay.in_hand = rows[:most]
        if not self.has("rows are marked after they are published"):
            for row in relay.in_hand:
                self.writer.outbox.pop(row.seq, None)

    def publish_one(self, relay: Relay) -> None:
        """The next row in hand goes to the log. A frozen relay that wakes does this, too."""
        row = relay.in_hand.pop(0)
        if row.latest_only and self._refuses(relay, row.aggregate):
            relay.in_hand, relay.published = [], []  # it gives up, and marks nothing
            return
        relay.published.append(row)
        if row.latest_only:
            self.compacted[row.aggregate], self.wrote[row.aggregate] = row.version, relay.term
        else:
            self.log.append(row)

    def _refuses(self, relay: Relay, aggregate: str) -> bool:
        """A partition, here one for each aggregate, refuses a relay once a later one has written to it."""
        return relay.term < self.wrote.get(aggregate, 0) and self.has("the broker fences a former relay")

    def mark(self, relay: Relay) -> None:
        """What was published leaves the outbox; a former relay has no session to do it with."""
        if self.leads(relay):
            for row in relay.published:
                self.writer.outbox.pop(row.seq, None)
        relay.published = []

    # -- the consumer ------------------------------------------------------------------------------------

    def consume(self, read_from: int, most: int, *, dies: bool) -> None:
        """Apply a batch that was read at ``read_from``, maybe before somebody else moved the position."""
        reader, end = self.reader, min(read_from + most, len(self.log))
        fresh = self.log[max(read_from, reader.position) : end]
        if not dies:
            for row in fresh:
                self._apply(row)
        if not dies or not self.has("the position is written with the effects"):
            reader.position = max(reader.position, end)

    def _apply(self, row: Row) -> None:
        applied = self.reader.applied.setdefault(row.aggregate, [])
        if self.has("versions are looked at"):
            at = applied[-1][0] if applied else 0
            if row.version <= at:
                return
            assert row.version == at + 1, f"{row.aggregate}: version {row.version} came after {at}"
        applied.append((row.version, row.id))
        self._make_message(row)

    def _make_message(self, row: Row) -> None:
        name = str(uuid5(_NAMES, row.id + str(len(self.reader.applied[row.aggregate]))))
        self.reader.messages[name] = Message(
            id=name,
            referral_id=row.aggregate,
            reference=row.aggregate,
            person_id="parent",
            fact="referral.routed",
            about=f"{row.aggregate} {row.version}",
            made_at=NOW,
        )

    # -- the sender --------------------------------------------------------------------------------------

    def claim(self) -> Hand | None:
        """One waiting message into a worker's hands."""
        waiting = [m for _, m in sorted(self.reader.messages.items()) if m.phase == "pending"]
        if not waiting:
            return None
        self._attempts += 1
        hand = Hand(claimed(waiting[0], str(self._attempts), NOW + LEASE))
        if self.has("a claim is committed before it is sent"):
            self.reader.messages[hand.message.id] = hand.message
        self.hands.append(hand)
        return hand

    def send(self, hand: Hand) -> None:
        """The mail server accepts it; nobody can ask it afterwards."""
        if not hand.said_yes:
            hand.said_yes = True
            self.accepted.append(hand.message.about)

    def settle(self, hand: Hand) -> None:
        """The worker writes down what it learnt."""
        self.hands.remove(hand)
        if not self.has("a claim is committed before it is sent"):
            self.reader.messages[hand.message.id] = hand.message
        stored = self.reader.messages[hand.message.id]
        outcome = Settle(stored.id, str(hand.message.attempt), "sent" if hand.said_yes else "untouched")
        self._keep(settle(stored, outcome, NOW).state)

    def sweep(self) -> None:
        """Whatever has been in a worker's hands for longer than its lease is given up."""
        for stored in list(self.reader.messages.values()):
            if stored.phase != "sending":
                continue
            if self.has("an uncertain message is held"):
                self._keep(give_up(stored, GiveUp(stored.id, str(stored.attempt)), NOW).state)
            else:
                self._keep(stored.model_copy(update={"phase": "pending", "lease_until": None}))

    def _keep(self, message: Message | None) -> None:
        if message is not None:
            self.reader.messages[message.id] = message
