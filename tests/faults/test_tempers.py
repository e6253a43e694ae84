"""A mail server that is not well, as its clients see it. The tempers are what the fault suite switches on."""

import random
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from tests.support.mail import MailSink


@pytest.fixture
def sink() -> Iterator[MailSink]:
    with MailSink() as running:
        yield running


def send(
    sink: MailSink, to: str = "anna@family.example", patience: float = 30, fact: str = "referral.routed"
) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["X-Fingerpost-Fact"] = "us@council.example", to, fact
    mail.set_content("Hello")
    with smtplib.SMTP(*sink.address, timeout=patience) as line:
        line.send_message(mail)


def test_a_server_that_is_well_takes_everything(sink: MailSink) -> None:
    send(sink)
    assert [mail.recipient for mail in sink.mails] == ["anna@family.example"]
    assert not sink.moods.felt.total()


def test_a_mail_that_tells_small_steps_together_counts_for_each_of_them(sink: MailSink) -> None:
    send(sink, fact="referral.reopened, referral.accepted")
    send(sink, fact="referral.accepted")
    told = {fact: count for (_, fact, _), count in sink.letters().items()}
    assert told == {"referral.reopened": 1, "referral.accepted": 2}


def test_a_server_that_hangs_has_accepted_the_mail_and_never_says_so(sink: MailSink) -> None:
    sink.become("hangs")
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        send(sink, patience=1)
    assert len(sink.mails) == 1
    assert sink.moods.felt == {"hangs": 1}


def test_a_server_that_drops_has_accepted_the_mail_too(sink: MailSink) -> None:
    sink.become("drops")
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(sink)
    assert len(sink.mails) == 1


def test_a_busy_server_says_421_instead_of_a_greeting(sink: MailSink) -> None:
    sink.become("busy-at-connect")
    with pytest.raises(smtplib.SMTPConnectError, match="421"):
        send(sink)
    assert not sink.mails


def test_who_was_let_in_before_has_to_connect_anew_and_then_hears_421(sink: MailSink) -> None:
    with smtplib.SMTP(*sink.address, timeout=30) as line:
        line.ehlo()
        sink.become("busy-at-connect")
        assert line.mail("us@council.example")[0] == 421
    with pytest.raises(smtplib.SMTPConnectError, match="421"):
        send(sink)
    assert sink.moods.felt == {"busy-at-connect": 1}


def test_a_server_that_becomes_busy_says_421_in_the_session_and_hangs_up(sink: MailSink) -> None:
    sink.become("busy-in-session")
    with pytest.raises(smtplib.SMTPSenderRefused, match="421"):
        send(sink)
    assert not sink.mails


def test_a_server_that_puts_off_says_451_after_the_content(sink: MailSink) -> None:
    sink.become("puts-off")
    with pytest.raises(smtplib.SMTPDataError, match="451"):
        send(sink)
    assert not sink.mails


def test_a_greylisting_server_takes_the_second_try_of_each_recipient(sink: MailSink) -> None:
    sink.become("greylists")
    for recipient in ("anna@family.example", "ben@family.example"):
        with pytest.raises(smtplib.SMTPRecipientsRefused, match="450"):
            send(sink, recipient)
        send(sink, recipient)
    assert len(sink.mails) == sink.moods.felt["greylists"] == 2


def test_a_slow_server_takes_its_time(sink: MailSink) -> None:
    sink.become("slow", slowness=1.5)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        send(sink, patience=1)
    assert sink.moods.felt["slow"] == 1


def test_a_dead_server_refuses_connections_and_comes_back_on_the_same_port(sink: MailSink) -> None:
    before = sink.address
    with smtplib.SMTP(*sink.address, timeout=30) as line:
        sink.become("dead")
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
            line.ehlo()
    with pytest.raises(ConnectionRefusedError):
        send(sink)
    sink.become("well")
    send(sink)
    assert sink.address == before
    assert len(sink.mails) == 1


def test_a_temper_may_strike_some_clients_only_and_a_seed_repeats_which(sink: MailSink) -> None:
    def struck() -> list[bool]:
        sink.become("puts-off", share=0.5, dice=random.Random(7))
        return [sink.moods.strikes("puts-off") for _ in range(20)]

    first = struck()
    assert first == struck()
    assert {True, False} == set(first)
