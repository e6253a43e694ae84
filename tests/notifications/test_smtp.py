"""E-mail over a real SMTP server, and over one that breaks at each point of the conversation."""

import asyncio
import errno
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from time import monotonic
from typing import Any

import aiosmtplib
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope

from services.notifications.channels import Failed, Letter, Result, RetryLater, Sent, Uncertain
from services.notifications.smtp import SmtpChannel
from tests.notifications.conftest import settings


class Mailbox:
    """aiosmtpd's handler: keeps what it accepts; answers to RCPT and DATA may be scripted by address."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.connections = 0
        self.at_rcpt: dict[str, str] = {}
        self.at_data: dict[str, str] = {}
        self.hang = asyncio.Event()

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, answers: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return answers

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        if address in self.at_rcpt:
            return self.at_rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        said = self.at_data.get(envelope.rcpt_tos[0], "250 OK")
        if said == "hang":
            await self.hang.wait()
            return "250 OK, at last"
        if said.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.raw.append(envelope.content)
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return said


@asynccontextmanager
async def a_server(mailbox: Any, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(mailbox, hostname="mail.example", loop=loop, **options), "127.0.0.1", 0, ssl=tls
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        mailbox.hang.set()
        server.close()


@asynccontextmanager
async def a_script(
    converse: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any],
) -> AsyncIterator[int]:
    """A server that says what the test wants, and hangs up when the test wants."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"220 mail.example ESMTP\r\n")
            await converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def a_channel(port: int, **given: Any) -> AsyncIterator[SmtpChannel]:
    options = {"channel": "smtp", "smtp_port": port, "smtp_tls": "off", "smtp_seconds": 20.0} | given
    channel = SmtpChannel(settings(**options))
    yield channel
    await channel.close()


def a_letter(to: str = "parent@families.example", **given: Any) -> Letter:
    fields: dict[str, Any] = {
        "message_id": "5b7e9f0a-0000-5000-8000-000000000001", "fact": "referral.routed",
        "reference": "ABCD-EFGH-JKM4", "to": to, "subject": "Your referral ABCD-EFGH-JKM4",
        "body": "Hello\n\n.A line with a dot\nand é.\n", "until": monotonic() + 60,
    }  # fmt: skip
    return Letter(**(fields | given))


async def test_an_accepted_mail_carries_the_messages_id() -> None:
    box = Mailbox()
    async with a_server(box) as port, a_channel(port) as channel:
        assert await channel.send(a_letter()) == Sent()
    (mail,) = box.mails
    assert mail["Message-ID"] == "<5b7e9f0a-0000-5000-8000-000000000001@council.example>"
    assert mail["X-Fingerpost-Message"] == "5b7e9f0a-0000-5000-8000-000000000001"
    assert mail["X-Fingerpost-Fact"] == "referral.routed"
    assert mail["X-Fingerpost-Reference"] == "ABCD-EFGH-JKM4"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["To"] == "parent@families.example"
    assert mail["From"] == "SEND service <send-service@council.example>"
    assert mail.get_content().replace("\r\n", "\n") == "Hello\n\n.A line with a dot\nand é.\n"


async def test_one_connection_carries_many_mails() -> None:
    box = Mailbox()
    async with a_server(box) as port, a_channel(port) as channel:
        for n in range(5):
            assert await channel.send(a_letter(f"p{n}@families.example")) == Sent()
    assert (len(box.mails), box.connections) == (5, 1)


async def test_a_kept_connection_that_has_gone_stale_is_replaced() -> None:
    box = Mailbox()
    async with a_server(box, timeout=0.5) as port, a_channel(port) as channel:
        assert await channel.send(a_letter()) == Sent()
        await asyncio.sleep(0.8)
        assert await channel.send(a_letter()) == Sent()
    assert box.connections == 2


@pytest.mark.parametrize("where", ["at_rcpt", "at_data"])
@pytest.mark.parametrize(
    ("said", "result"),
    [
        ("550 no such person", Failed("smtp-550")),
        ("552 too large", Failed("smtp-552")),
        ("451 try again", RetryLater("smtp-451")),
        ("421 closing", RetryLater("smtp-421", tried=False)),
    ],
)
async def test_a_no_is_a_no_for_good_or_for_now(where: str, said: str, result: Result) -> None:
    box = Mailbox()
    getattr(box, where)["bad@families.example"] = said
    async with a_server(box) as port, a_channel(port) as channel:
        assert await channel.send(a_letter("bad@families.example")) == result
        assert await channel.send(a_letter("good@families.example")) == Sent()
    assert len(box.mails) == 1


async def test_silence_after_the_content_is_uncertain() -> None:
    box = Mailbox()
    box.at_data["parent@families.example"] = "hang"
    async with a_server(box) as port, a_channel(port, smtp_seconds=1.0) as channel:
        result = await channel.send(a_letter())
    assert isinstance(result, Uncertain)


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([], RetryLater),
        (["250 mail.example"], RetryLater),
        (["250 mail.example", "250 OK"], RetryLater),
        (["250 mail.example", "250 OK", "250 OK"], RetryLater),
        (["250 mail.example", "250 OK", "250 OK", "354 go on"], Uncertain),
    ],
    ids=["at once", "before MAIL", "before RCPT", "before DATA", "after DATA"],
)
async def test_a_broken_connection_is_uncertain_only_once_content_went_over_it(
    answers: list[str], kind: type[Result]
) -> None:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n")
            writer.write(answer.encode() + b"\r\n")
        await reader.readuntil(b".\r\n" if kind is Uncertain else b"\r\n")

    async with a_script(converse) as port, a_channel(port) as channel:
        assert isinstance(await channel.send(a_letter()), kind)


async def test_where_the_server_is_seen_to_hang_up_before_a_byte_of_content_was_written_nothing_was_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class HungUp(aiosmtplib.SMTP):
        async def execute_command(self, *args: bytes, **given: Any) -> aiosmtplib.SMTPResponse:
            answer = await super().execute_command(*args, **given)
            if args == (b"DATA",) and self.transport is not None:
                self.transport.close()
            return answer

    monkeypatch.setattr(aiosmtplib, "SMTP", HungUp)
    box = Mailbox()
    async with a_server(box) as port, a_channel(port) as channel:
        assert await channel.send(a_letter()) == RetryLater("connection-lost", tried=False)
    assert box.mails == []


@pytest.mark.parametrize(
    "said", [b"999 what\r\n", b"250", b"nonsense\r\n", b"\xff\xfe\r\n", b"x" * 40000 + b"\r\n"]
)
async def test_an_answer_to_the_content_that_cannot_be_understood_is_uncertain(said: bytes) -> None:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (b"250 hello\r\n", b"250 OK\r\n", b"250 OK\r\n", b"354 go on\r\n"):
            await reader.readuntil(b"\r\n")
            writer.write(answer)
        await reader.readuntil(b"\r\n.\r\n")
        writer.write(said)
        await writer.drain()
        await asyncio.sleep(1)

    async with a_script(converse) as port, a_channel(port) as channel:
        assert isinstance(await channel.send(a_letter()), Uncertain)


async def test_behind_a_yes_that_was_said_twice_the_next_letter_goes_over_a_connection_of_its_own() -> None:
    taken = list[bytes]()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n")
        writer.write(b"250 hello\r\n")
        while True:
            for answer in (b"250 OK\r\n", b"250 OK\r\n", b"354 go on\r\n"):
                await reader.readuntil(b"\r\n")
                writer.write(answer)
            taken.append(await reader.readuntil(b"\r\n.\r\n"))
            writer.write(b"250 OK\r\n250 OK\r\n")

    async with a_script(converse) as port, a_channel(port) as channel:
        assert [await channel.send(a_letter()) for _ in range(3)] == [Sent()] * 3
    assert len(taken) == 3


async def test_a_server_that_is_away_says_nothing_of_the_message() -> None:
    async with a_script(lambda reader, writer: asyncio.sleep(0)) as port:
        pass
    async with a_channel(port) as channel:
        assert await channel.send(a_letter()) == RetryLater("no-connection", tried=False)


async def test_a_refused_sender_is_our_fault_and_not_the_messages() -> None:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (b"250 hello\r\n", b"530 sign in first\r\n", b"250 OK\r\n"):
            await reader.readuntil(b"\r\n")
            writer.write(answer)

    async with a_script(converse) as port, a_channel(port) as channel:
        assert await channel.send(a_letter()) == RetryLater("sender-refused-530", tried=False)


@pytest.mark.parametrize("said", [b"550 not from your address", b"554 no service", b"421 closing"])
async def test_a_server_that_will_not_speak_with_us_says_nothing_of_the_message(said: bytes) -> None:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n"):
            writer.write(said + b"\r\n")

    async with a_script(converse) as port, a_channel(port) as channel:
        refused = f"sender-refused-{said[:3].decode()}"
        assert [await channel.send(a_letter()) for _ in range(2)] == [RetryLater(refused, tried=False)] * 2


async def test_a_mail_that_cannot_be_made_was_handed_to_nobody() -> None:
    def unreadable() -> str:
        raise OSError(errno.EMFILE, "too many open files")

    async with a_channel(9) as channel:
        assert await channel.send(a_letter(html=unreadable)) == RetryLater("cannot-be-written")


async def test_nothing_is_written_after_the_deadline() -> None:
    box = Mailbox()
    async with a_server(box) as port, a_channel(port) as channel:
        assert await channel.send(a_letter(until=monotonic() - 1)) == RetryLater("too-late", tried=False)
    assert box.mails == []


async def test_a_yes_that_comes_too_late_is_not_taken_for_an_answer_to_the_next_letter() -> None:
    box = Mailbox()
    box.at_data = {"parent@families.example": "hang", "other@families.example": "550 no such person"}
    async with a_server(box) as port, a_channel(port, smtp_seconds=1.0) as channel:
        assert isinstance(await channel.send(a_letter()), Uncertain)
        box.hang.set()
        assert await channel.send(a_letter("other@families.example")) == Failed("smtp-550")
    assert box.connections == 2


async def test_a_connection_is_given_up_after_some_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SmtpChannel, "LETTERS_EACH", 2)
    box = Mailbox()
    async with a_server(box) as port, a_channel(port) as channel:
        assert [await channel.send(a_letter()) for _ in range(5)] == [Sent()] * 5
    assert box.connections == 3


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a@b@c", "a b@families.example", "a@x.org.", "a\r\nRCPT TO:<b@x.org>@x.org", "a@-"],
)
async def test_an_address_that_is_none_fails_without_a_connection(address: str) -> None:
    async with a_channel(9) as channel:
        assert await channel.send(a_letter(address)) == Failed("bad-address")


async def test_a_subject_cannot_smuggle_in_a_header() -> None:
    async with a_channel(9) as channel:
        assert await channel.send(a_letter(subject="Hello\r\nBcc: x@x.org")) == Failed("bad-address")


async def test_an_address_in_another_script_is_sent_where_the_server_takes_it() -> None:
    box = Mailbox()
    async with a_server(box, enable_SMTPUTF8=True) as port, a_channel(port) as channel:
        assert await channel.send(a_letter("żaneta@families.example")) == Sent()
        assert await channel.send(a_letter("parent@bücher.example")) == Sent()
    assert box.mails[0]["To"] == "żaneta@families.example"
    async with a_server(Mailbox()) as port, a_channel(port) as channel:
        assert await channel.send(a_letter("żaneta@families.example")) == Failed("address-needs-smtputf8")


@pytest.mark.parametrize("mode", ["starttls", "implicit"])
@pytest.mark.filterwarnings("ignore:Requiring AUTH")
async def test_mail_goes_over_tls_with_a_password(mode: str, tmp_path: Path) -> None:
    key, cert = await a_certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    box = Mailbox()
    options: dict[str, Any] = {
        "authenticator": lambda server, session, envelope, how, login: AuthResult(
            success=login.login == b"fingerpost" and login.password == b"secret",
            handled=False,  # aiosmtpd itself is to say no
        ),
        "auth_required": True,
        "auth_require_tls": mode == "starttls",
    }
    if mode == "starttls":
        options |= {"tls_context": tls, "require_starttls": True}
    asked = {"smtp_tls": mode, "smtp_host": "localhost", "smtp_user": "fingerpost", "smtp_seconds": 3.0}
    async with a_server(box, tls if mode == "implicit" else None, **options) as port:
        async with a_channel(port, **asked, smtp_password="secret", smtp_ca_file=cert) as channel:
            assert await channel.send(a_letter()) == Sent()
        async with a_channel(port, **asked, smtp_password="secret") as stranger:
            assert await stranger.send(a_letter()) == RetryLater("no-connection", tried=False)
        async with a_channel(port, **asked, smtp_password="wrong", smtp_ca_file=cert) as channel:
            assert await channel.send(a_letter()) == RetryLater("no-connection", tried=False)
    assert len(box.mails) == 1


async def a_certificate(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate for localhost, made by the cryptography package."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    key_file, cert_file = folder / "key.pem", folder / "cert.pem"
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    cert_file.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    return key_file, cert_file
