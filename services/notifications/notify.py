"""E-mail, texts and letters by GOV.UK Notify, through its official client.

Notify renders from templates in the council's own account, so each message passes through one template a way, whose
whole content is two placeholders. The message's own id goes with it as its reference: Notify does not recognise a
message by it, but it can be asked for it, and so nothing that may have been taken is handed over a second time.

The client is synchronous and must not be shared between threads: a few threads have one each.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep
from typing import Any

import requests
from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient

from chassis.telemetry import get_logger
from schemas.notifications_v1 import Way
from services.notifications.channels import Letter, NotThere, Result, RetryLater, Sent, Told, Unknown
from services.notifications.domain.receipts import REPORTS, Report
from services.notifications.notify_answers import refusal
from services.notifications.settings import Settings

log = get_logger(__name__)
#: Notify's own word for each way.
KINDS: dict[Way, str] = {"email": "email", "text": "sms", "letter": "letter"}
#: What the one template of each way is made of.
PLACEHOLDERS: dict[Way, frozenset[str]] = {
    "email": frozenset({"subject", "body"}),
    "text": frozenset({"body"}),
    "letter": frozenset({"subject", "body"}),
}
_LOOKS = (0.5, 1.5, 4.0)
_CONNECT_SECONDS = 5.0
# The client writes whole answers into the log, and these name recipients.
logging.getLogger("notifications_python_client").setLevel(logging.CRITICAL)

_Answer = Told | NotThere | Unknown


class NotifyChannel:
    """One account at GOV.UK Notify, for the ways whose templates it has."""

    name = "notify"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._threads = ThreadPoolExecutor(settings.notify_at_once, thread_name_prefix="notify")
        self._own = threading.local()

    async def send(self, letter: Letter) -> Result:
        """Hands the letter over; where the answer is lost, Notify is asked whether it has it."""
        said: Result = await self._in_a_thread(lambda: self._send(letter))
        return said

    async def find(self, reference: str, way: Way, known: Collection[str]) -> _Answer:
        """The notification with this reference, besides those that are ``known``."""
        found: _Answer = await self._in_a_thread(lambda: self._find(reference, way, known))
        return found

    async def ask(self, id: str) -> _Answer:
        """What became of the notification with this id."""
        found: _Answer = await self._in_a_thread(lambda: self._ask(id))
        return found

    async def templates(self) -> dict[str, dict[str, Any]]:
        """The account's templates by id. Raises APIError where Notify does not answer, or does not know the key."""
        found = await self._in_a_thread(lambda: self._client().get_all_templates())
        return {each["id"]: each for each in found["templates"]}

    async def close(self) -> None:
        """Lets the threads end; what they have in hand is answered first."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _in_a_thread(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _client(self) -> Any:
        if not hasattr(self._own, "client"):
            asked = self._settings
            assert asked.notify_key is not None
            self._own.client = NotificationsAPIClient(  # type: ignore[no-untyped-call]
                asked.notify_key.get_secret_value(),
                base_url=asked.notify_url,
                timeout=(min(_CONNECT_SECONDS, asked.notify_seconds), asked.notify_seconds),
            )
        return self._own.client

    def _send(self, letter: Letter) -> Result:
        if letter.look_first and (known := self._known(letter)):
            return known
        if monotonic() > letter.until:  # only now: to look takes time, too
            return RetryLater("too-late", tried=False)
        try:
            answer = self._hand_over(letter)
            return Sent(str(answer["id"]))
        except APIError as error:
            if isinstance(error.__cause__, requests.ConnectTimeout) or _never_connected(error):
                return RetryLater("no-connection", tried=False)
            said = refusal(error)
            if said is not None:
                if isinstance(said, RetryLater):
                    log.warning("notify_takes_nothing", reason=said.reason)
                return said
            log.warning("notify_said_nothing", status=error.status_code)
        except (KeyError, TypeError):
            log.warning("notify_answer_not_understood")
        return self._looked_for(letter)

    def _known(self, letter: Letter) -> Sent | RetryLater | None:
        """What an earlier attempt has come to; None where Notify certainly has not got it."""
        match self._find(letter.message_id, letter.channel, letter.known):
            case Told(id):
                return Sent(id)
            case Unknown(reason):
                return RetryLater(reason, tried=False)
        return None

    def _hand_over(self, letter: Letter) -> Any:
        client, template = self._client(), self._settings.notify_template(letter.channel)
        if letter.channel == "text":
            words = {"body": letter.body}
            return client.send_sms_notification(letter.to, template, words, letter.message_id)
        words = {"subject": letter.subject, "body": letter.body}
        if letter.channel == "email":
            return client.send_email_notification(letter.to, template, words, letter.message_id)
        lines = {f"address_line_{n}": line for n, line in enumerate(letter.to.splitlines(), 1)}
        return client.send_letter_notification(template, words | lines, letter.message_id)

    def _looked_for(self, letter: Letter) -> Result:
        """No answer came. That it is there is known for certain; that it is not, only once its time is over."""
        for wait in _LOOKS:
            if monotonic() + wait > letter.until:
                break
            sleep(wait)
            found = self._find(letter.message_id, letter.channel, letter.known)
            if isinstance(found, Told):
                return Sent(found.id)
        return Unknown("no-answer")

    def _find(self, reference: str, way: Way, known: Collection[str]) -> _Answer:
        try:
            answer = self._client().get_all_notifications(reference=reference, template_type=KINDS[way])
            found = [each for each in answer["notifications"] if each["id"] not in known]
            # A later one than the attempt that is asked about there cannot be: nothing is handed over meanwhile.
            return _told(found[0]) if found else NotThere()
        except (APIError, KeyError, TypeError) as error:
            log.warning("notify_cannot_be_asked", error=type(error).__name__)
            return Unknown("cannot-be-asked")

    def _ask(self, id: str) -> _Answer:
        try:
            return _told(self._client().get_notification_by_id(id))
        except APIError as error:
            if error.status_code == requests.codes.not_found:
                return NotThere()
            log.warning("notify_cannot_be_asked", error=type(error).__name__)
        except (KeyError, TypeError):
            log.warning("notify_answer_not_understood")
        return Unknown("cannot-be-asked")


def _never_connected(error: APIError) -> bool:
    """Whether not a byte of the request was written: the connection itself did not come about."""
    cause = error.__cause__
    reason = (
        getattr(cause.args[0], "reason", None)
        if isinstance(cause, requests.ConnectionError) and cause.args
        else None
    )
    return type(reason).__name__ in ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError")


def _told(found: dict[str, Any]) -> Told:
    report: Report = REPORTS.get(found["status"], "accepted")
    return Told(str(found["id"]), report, str(found["status"]))
