"""E-mail over SMTP, with connections that are kept and used again.

SMTP has no way to ask what became of a message. So everything turns on one moment, the first byte of the
content: before it nothing can have been accepted; after it, only the server's answer tells.
"""

import re
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime, localtime
from time import monotonic

import aiosmtplib
from aiosmtplib import SMTPException, SMTPHeloError, SMTPResponseException, SMTPSenderRefused
from email_validator import EmailNotValidError, validate_email

from chassis.telemetry import get_logger
from services.notifications.channels import Failed, Letter, Result, RetryLater, Sent, Uncertain
from services.notifications.settings import Settings

log = get_logger(__name__)
_BROKEN = (SMTPException, OSError, TimeoutError)
_LOST = RetryLater("connection-lost", tried=False)


class SmtpChannel:
    """One mail server."""

    name = "smtp"
    #: A connection is given up after so many letters, since some servers count them.
    LETTERS_EACH = 100

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tls = None if settings.smtp_tls == "off" else _context(settings)
        self._kept: list[_Line] = []

    async def send(self, letter: Letter) -> Result:
        """Hands the letter over. A kept connection that has gone stale is replaced; no content went over it."""
        try:
            to = envelope_address(letter.to)
            content = compose(letter, to, self._settings).as_bytes()
        except (ValueError, EmailNotValidError):
            return Failed("bad-address")
        except OSError as error:  # a file of ours cannot be read: nobody was handed anything
            log.error("mail_cannot_be_written", message_id=letter.message_id, error=type(error).__name__)
            return RetryLater("cannot-be-written")
        while True:
            kept = bool(self._kept)
            try:
                line = self._kept.pop() if kept else await self._connect()
            except _BROKEN as error:
                # The server is away or does not let us in, which says nothing of this message.
                log.warning("mail_server_unreachable", error=type(error).__name__)
                return RetryLater("no-connection", tried=False)
            result = await self._over(line, to, content, letter.until)
            if not (kept and result is _LOST):
                return result

    async def close(self) -> None:
        """Says goodbye on every connection that is not in use."""
        while self._kept:
            await self._kept.pop().end()

    async def _connect(self) -> "_Line":
        asked = self._settings
        client = aiosmtplib.SMTP(
            hostname=asked.smtp_host,
            port=asked.smtp_port,
            timeout=asked.smtp_seconds,
            use_tls=asked.smtp_tls == "implicit",
            start_tls=asked.smtp_tls == "starttls",
            tls_context=self._tls,
            username=asked.smtp_user,
            password=asked.smtp_password.get_secret_value() if asked.smtp_password else None,
        )
        await client.connect()
        return _Line(client, asked.sender)

    async def _over(self, line: "_Line", to: str, content: bytes, until: float) -> Result:
        try:
            result = await line.hand_over(to, content, until)
        except BaseException:
            line.drop()
            raise
        if line.clean and line.letters < self.LETTERS_EACH:
            self._kept.append(line)
        else:
            line.drop()
        return result


class _Line:
    """One connection. ``clean`` while both sides agree where they are in the conversation."""

    def __init__(self, client: aiosmtplib.SMTP, sender: str) -> None:
        self._client, self._sender = client, sender
        self.letters, self.clean = 0, True

    async def hand_over(self, to: str, content: bytes, until: float) -> Result:
        """One letter. Up to the answer to DATA a broken connection means: not accepted."""
        self.letters += 1
        foreign = not to.isascii()
        encoding, options = ("utf-8", ["SMTPUTF8"]) if foreign else ("ascii", [])
        try:
            if self._client.is_ehlo_or_helo_needed:
                await self._client.ehlo()
            if foreign and not self._client.supports_extension("smtputf8"):
                return Failed("address-needs-smtputf8")
            await self._client.mail(self._sender, options=options, encoding=encoding)
            await self._client.rcpt(to, encoding=encoding)
            answer = await self._client.execute_command(b"DATA")
            if answer.code // 100 == 2:
                # The answer to something before: this server says some things twice. It has been given no content.
                self.clean = False
                return _LOST
            if answer.code != 354:
                raise SMTPResponseException(answer.code, "")
        except (SMTPHeloError, SMTPSenderRefused) as error:
            # Not this letter but we are refused: the operator has to look at the sender's address, or at ours.
            await self._reset(error.code)
            return RetryLater(f"sender-refused-{error.code}", tried=False)
        except SMTPResponseException as error:
            await self._reset(error.code)
            return _refused(error.code) or RetryLater("answer-not-understood")
        except _BROKEN:
            self.clean = False
            return _LOST
        return await self._content(content, until)

    async def _content(self, content: bytes, until: float) -> Result:
        protocol = self._client.protocol
        if monotonic() > until or protocol is None:
            # Hanging up before any content is the one way out of DATA by which nothing is accepted.
            self.clean = False
            return RetryLater("too-late", tried=False)
        try:
            protocol.write(_stuffed(content))
        except _BROKEN:  # the server hung up meanwhile: not a byte of it was written
            self.clean = False
            return _LOST
        try:
            answer = await protocol.read_response(timeout=self._client.timeout)
        except _BROKEN as error:
            # The content may have arrived whole, and only the yes been lost.
            self.clean = False
            return Uncertain("lost-" + re.sub("[^a-z0-9]", "", type(error).__name__.lower())[:40])
        if answer.code // 100 == 2:
            return Sent()
        self.clean = answer.code // 100 in (4, 5) and answer.code != 421
        return _refused(answer.code) or Uncertain("answer-not-understood")

    async def _reset(self, code: int) -> None:
        self.clean = code // 100 in (4, 5) and code != 421
        if self.clean:
            try:
                await self._client.rset()
            except _BROKEN:
                self.clean = False

    def drop(self) -> None:
        """Closes the connection without a word."""
        self._client.close()

    async def end(self) -> None:
        """Closes the connection as is polite."""
        try:
            await self._client.quit(timeout=1)
        except _BROKEN:
            self.drop()


def _refused(code: int) -> Result | None:
    """The server's no: by its first digit for good, or for now; None for what is neither."""
    if code // 100 == 5:
        return Failed(f"smtp-{code}")
    if code // 100 == 4:
        return RetryLater(f"smtp-{code}", tried=code != 421)
    return None


def compose(letter: Letter, to: str, settings: Settings) -> EmailMessage:
    """The e-mail. Raises ValueError for a subject that cannot stand in a header; ``to`` was checked before."""
    mail = EmailMessage(policy=POLICY.clone(utf8=not to.isascii(), cte_type="7bit"))
    mail["From"] = Address(settings.sender_name, addr_spec=settings.sender)
    mail["To"] = to
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(localtime())
    mail["Message-ID"] = f"<{letter.message_id}@{settings.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Fingerpost-Message"] = letter.message_id
    mail["X-Fingerpost-Fact"] = letter.fact
    mail["X-Fingerpost-Reference"] = letter.reference
    mail.set_content(letter.body)
    if letter.html is not None:
        mail.add_alternative(letter.html(), subtype="html")
    return mail


def envelope_address(address: str) -> str:
    """The address as SMTP wants it: its domain in ASCII. Raises EmailNotValidError for what is none."""
    parts = validate_email(address, check_deliverability=False, test_environment=True)
    return parts.ascii_email or f"{parts.local_part}@{parts.ascii_domain}"


def _stuffed(content: bytes) -> bytes:
    """The content as it goes over the wire: RFC 5321, sections 2.3.8 and 4.5.2."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    ended = lines if lines.endswith(b"\r\n") else lines + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", ended) + b".\r\n"


def _context(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.smtp_ca_file is not None:
        context.load_verify_locations(settings.smtp_ca_file)
    return context
