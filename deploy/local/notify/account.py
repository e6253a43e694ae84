"""What the stand-in for GOV.UK Notify takes, keeps and says, in Notify's own forms.

It forgets nothing, and recognises no reference: whoever asks it twice to send the same message has it sent twice.
"""

import re
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any, Literal
from uuid import uuid4

import httpx2
from notifications_python_client.authentication import decode_jwt_token
from notifications_python_client.errors import TokenError

SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"
KEY = f"a-key-{SERVICE}-{SECRET}"
A_MINUTE = 60.0
Kind = Literal["email", "sms", "letter"]
#: ``storm``: 429 to everything. ``broken``: 500. ``gateway``: a page of a gateway's own. ``silent``: takes the message
#: and says nothing. ``drops``: takes it and hangs up. ``deaf``: as silent, and look-ups are answered 500. ``denies``:
#: takes it and answers 500. ``garbled``: takes it and answers a page that is no answer of Notify's.
Mood = Literal["well", "storm", "broken", "gateway", "silent", "drops", "deaf", "denies", "garbled"]
TEMPLATES: dict[Kind, str] = {
    "email": "11111111-1111-4111-8111-111111111111",
    "sms": "22222222-2222-4222-8222-222222222222",
    "letter": "33333333-3333-4333-8333-333333333333",
}
_UNDER_WAY = ("created", "sending", "pending")
_TO = {"email": "email_address", "sms": "phone_number"}
_MOST_BY_PAGE = 250


@dataclass
class Notification:
    """One message as the account took it. ``at`` is on the clock `time.monotonic`."""

    kind: Kind
    to: str
    reference: str | None
    words: dict[str, str]
    template: str
    id: str = field(default_factory=lambda: str(uuid4()))
    at: float = field(default_factory=monotonic)
    made: str = field(default_factory=lambda: datetime.now(UTC).isoformat().replace("+00:00", "Z"))
    status: str = "created"

    def said(self) -> dict[str, Any]:
        """As `GET /v2/notifications` shows it."""
        return {
            "id": self.id, "reference": self.reference, "type": self.kind, "status": self.status,
            "email_address": self.to if self.kind == "email" else None,
            "phone_number": self.to if self.kind == "sms" else None,
            "template": {"id": self.template, "version": 1, "uri": "/v2/template"},
            "body": self.words.get("body"), "subject": self.words.get("subject"), "created_at": self.made,
            "created_by_name": None, "sent_at": None, "completed_at": None, "scheduled_for": None,
        }  # fmt: skip


class No(Exception):
    """An answer that is no."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status, self.body = (
            status,
            {"status_code": status, "errors": [{"error": error, "message": message}]},
        )


def _templates() -> dict[str, dict[str, Any]]:
    return {
        id: {"id": id, "type": kind, "name": kind, "version": 1, "body": "((body))",
             "subject": None if kind == "sms" else "((subject))"}
        for kind, id in TEMPLATES.items()
    }  # fmt: skip


class Account:
    """What one council's account took and says of it: ``sent`` in order; ``felt`` counts what its mood did.

    ``url`` is where it is asked, once a server answers for it. ``taken`` is called with whatever it took, and
    ``asked_for`` are the ids of what it was asked about, once it had ended.
    """

    def __init__(self, most_a_minute: int = 3000) -> None:
        self.sent: list[Notification] = []
        self.templates = _templates()
        self.mood: Mood = "well"
        self.share: Callable[[], bool] = lambda: True
        self.felt: Counter[str] = Counter()
        self.team_only = False
        self.asked = 0
        self.asked_for: set[str] = set()
        self.taken: Callable[[Notification], None] = lambda one: None
        self.hold = threading.Event()
        self._most, self._requests = most_a_minute, deque[float]()
        self._lock = threading.Lock()
        self.url = ""

    def settings(self, *ways: Kind) -> dict[str, str]:
        """What the notifications service is told so that it sends these by this account."""
        names: dict[Kind, str] = {"email": "EMAIL", "sms": "TEXT", "letter": "LETTER"}
        by = {f"{names[way]}_BY": "notify" for way in ways}
        templates = {f"NOTIFY_{names[way]}_TEMPLATE": TEMPLATES[way] for way in ways}
        told = {"NOTIFY_URL": self.url, "NOTIFY_KEY": KEY, **by, **templates}
        return {f"NOTIFICATIONS_{name}": value for name, value in told.items()}

    def become(self, mood: Mood, share: Callable[[], bool] | None = None) -> None:
        """Take on this mood, towards those requests for which ``share`` says so."""
        self.share = share or (lambda: True)
        self.mood = mood

    def by_reference(self) -> Counter[str]:
        """How often each message of ours was taken."""
        with self._lock:
            return Counter(one.reference or "" for one in self.sent)

    def wait_for(self, number: int, seconds: float) -> list[Notification]:
        """What was taken, once it is so many. Raises AssertionError after ``seconds``."""
        end = monotonic() + seconds
        while len(self.sent) < number:
            assert monotonic() < end, f"only {len(self.sent)} of {number} were taken in {seconds} s"
            sleep(0.05)
        return list(self.sent)

    def receipt(self, one: Notification) -> dict[str, Any]:
        """The body of a callback about it, as Notify writes it."""
        return {
            "id": one.id, "reference": one.reference, "to": one.to, "status": one.status, "created_at": one.made,
            "completed_at": one.made, "sent_at": one.made, "notification_type": one.kind,
            "template_id": one.template, "template_version": 1,
        }  # fmt: skip

    def call_back(self, one: Notification, url: str, token: str, times: int = 1) -> list[int]:
        """Says ``times`` over what became of it; answers the statuses that came back."""
        headers = {"Authorization": f"Bearer {token}"}
        return [httpx2.post(url, json=self.receipt(one), headers=headers).status_code for _ in range(times)]

    def strikes(self, *moods: Mood) -> bool:
        """Whether this request is to feel the mood, if it is one of these; counts it if so."""
        with self._lock:
            struck = self.mood in moods and self.share()
            self.felt.update([self.mood] if struck else [])
            return struck

    def admit(self, authorization: str) -> None:
        """Raises No for a caller without the right key, and for one who asks too often."""
        try:
            decode_jwt_token(authorization.removeprefix("Bearer "), SECRET)  # type: ignore[no-untyped-call]
        except TokenError as error:
            raise No(403, "AuthError", "Invalid token: signature, api token not found") from error
        now = monotonic()
        with self._lock:
            self.asked += 1
            while self._requests and self._requests[0] < now - A_MINUTE:
                self._requests.popleft()
            if len(self._requests) >= self._most:
                self.felt["rate"] += 1
                raise No(
                    429,
                    "RateLimitError",
                    f"Exceeded rate limit for key type LIVE of {self._most} requests per 60 seconds",
                )
            self._requests.append(now)

    def take(self, kind: Kind, asked: dict[str, Any]) -> dict[str, Any]:
        """Sends. Raises No for what Notify refuses."""
        template = self.templates.get(asked["template_id"])
        if template is None or template["type"] != kind:
            raise No(400, "BadRequestError", "Template not found")
        words = asked.get("personalisation") or {}
        wanted = re.findall(r"\(\((\w+)\)\)", f"{template['subject'] or ''} {template['body']}")
        if missing := [name for name in wanted if name not in words]:
            raise No(400, "BadRequestError", f"Missing personalisation: {', '.join(missing)}")
        to = _recipient(kind, asked, words)
        if self.team_only:
            raise No(400, "BadRequestError", "Can't send to this recipient using a team-only API key")
        one = Notification(kind, to, asked.get("reference"), dict(words), template["id"])
        with self._lock:
            self.sent.append(one)
        self.taken(one)
        return {
            "id": one.id, "reference": one.reference, "uri": f"{self.url}/v2/notifications/{one.id}",
            "content": {"body": words.get("body"), "subject": words.get("subject")}, "scheduled_for": None,
            "template": {"id": one.template, "version": 1, "uri": f"{self.url}/v2/template/{one.template}"},
        }  # fmt: skip

    def listed(self, asked: dict[str, str]) -> dict[str, Any]:
        """`GET /v2/notifications`, the latest first."""
        with self._lock:
            found = [
                one
                for one in reversed(self.sent)
                if asked.get("reference") in (None, one.reference)
                and asked.get("template_type") in (None, one.kind)
            ]
        return {
            "notifications": [one.said() for one in found[:_MOST_BY_PAGE]],
            "links": {"current": self.url},
        }

    def one(self, id: str) -> dict[str, Any]:
        """`GET /v2/notifications/{id}`."""
        with self._lock:
            found = next((one for one in self.sent if one.id == id), None)
            if found is not None and found.status not in _UNDER_WAY:
                self.asked_for.add(id)
        if found is None:
            raise No(404, "NoResultFound", "No result found")
        return found.said()


def _recipient(kind: Kind, asked: dict[str, Any], words: dict[str, str]) -> str:
    if kind == "letter":
        lines = [words[name] for n in range(1, 8) if (name := f"address_line_{n}") in words]
        if len(lines) < 3:
            raise No(400, "ValidationError", "Address must be at least 3 lines")
        return "\n".join(lines)
    to = str(asked[_TO[kind]])
    if kind == "email" and not re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", to):
        raise No(400, "ValidationError", "email_address Not a valid email address")
    if kind == "sms" and not re.fullmatch(r"\+?[0-9]{10,15}", to):
        raise No(400, "ValidationError", "phone_number Not enough digits")
    return to
