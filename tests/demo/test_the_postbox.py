"""What families of the demo were sent can be read on one page, whichever way it went."""

import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from deploy.demo.mail import Mail, MailSink
from deploy.demo.postbox import postbox
from deploy.local.notify import TEMPLATES, Account

LINK = "http://127.0.0.1:8000/f/" + "a" * 22
MAIL = f"Subject: Your <referral>\r\nContent-Type: text/plain\r\n\r\nHello\r\n{LINK}\r\n".encode()


@pytest.fixture
def sink() -> MailSink:
    return MailSink(mails=[Mail(0.0, "anna@example.org", "referral.routed", "AAAA", "Your <referral>", MAIL)])


@pytest.fixture
def notify() -> Account:
    account = Account()
    words = {"body": f"Referral AAAA: the panel looks at it on 4 March. {LINK}"}
    account.take(
        "sms",
        {"template_id": TEMPLATES["sms"], "phone_number": "+447700900001", "personalisation": words},
    )
    return account


@pytest.fixture
def address(sink: MailSink, notify: Account) -> Iterator[str]:
    with postbox(sink, notify) as address:
        yield address


def page(address: str) -> str:
    with urllib.request.urlopen(address) as answer:
        return str(answer.read().decode())


def test_mails_and_texts_are_listed_with_how_they_went(address: str) -> None:
    listed = page(address)
    assert "2 messages were sent" in listed
    assert "Your &lt;referral&gt;" in listed
    assert "<td>text, created" in listed


def test_each_is_shown_with_a_link_to_the_familys_page(address: str) -> None:
    for number, to in enumerate(("anna@example.org", "+447700900001")):
        shown = page(f"{address}{number}")
        assert to in shown
        assert f"<a href='{LINK}'>" in shown


def test_a_message_that_is_not_there_is_said_not_to_be(address: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        page(f"{address}2")
