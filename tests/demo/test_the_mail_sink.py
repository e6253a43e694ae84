"""The mail sink is a real SMTP server that keeps what it is given."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from deploy.demo.mail import MailSink, mail_sink

LINK = "http://127.0.0.1:8000/f/" + "a" * 22


@pytest.fixture
def sink() -> Iterator[MailSink]:
    with mail_sink() as running:
        yield running


def send(sink: MailSink, *recipients: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "us@example.org", ", ".join(recipients), "Your <referral>"
    mail["X-Fingerpost-Fact"], mail["X-Fingerpost-Reference"] = "referral.routed", "AAAA"
    mail.set_content(f"Hello\n\n{LINK}\n")
    with smtplib.SMTP(*sink.smtp) as server:
        server.send_message(mail)


def test_a_mail_is_kept_with_its_recipient_fact_and_reference(sink: MailSink) -> None:
    send(sink, "anna@example.org")
    [mail] = sink.mails
    assert (mail.to, mail.fact, mail.reference) == ("anna@example.org", "referral.routed", "AAAA")


def test_the_link_to_the_familys_page_is_found(sink: MailSink) -> None:
    send(sink, "anna@example.org")
    assert sink.mails[0].link == LINK


def test_each_recipient_counts(sink: MailSink) -> None:
    send(sink, "anna@example.org", "ben@example.org")
    assert sorted(mail.to for mail in sink.mails) == ["anna@example.org", "ben@example.org"]
