"""The same words as HTML: in the reader's language and direction, with one link and nothing that is fetched."""

import re
from email import message_from_bytes, policy
from html.parser import HTMLParser
from time import monotonic

import pytest

from services.notifications import samples
from services.notifications.channels import Letter
from services.notifications.html_mail import html
from services.notifications.smtp import compose
from services.notifications.templates import Words, shipped
from tests.notifications.conftest import settings

TEMPLATES = shipped(drafts=True)
VOID = {"meta", "br"}


class Reading(HTMLParser):
    """What a mail program would show; ``open`` is empty where every element is closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words, self.links, self.tags = "", [], []  # type: str, list[str | None], list[str]
        self.open: list[str] = []
        self.attributes: dict[str, dict[str, str | None]] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.setdefault(tag, dict(attrs))
        if tag == "a":
            self.links.append(dict(attrs).get("href"))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def mail(words: Words) -> tuple[str, str, str]:
    """Subject, text and HTML of a template with its sample."""
    given = samples.fields(words.head.event, words.language)
    subject, body = TEMPLATES.write(words.telling.code, words.language, given)
    return subject, body, html(subject, body, words.language, samples.LINK, str(given["reference"]))


@pytest.mark.parametrize("words", TEMPLATES.all, ids=lambda each: f"{each.telling.code}.{each.language}")
def test_every_mail_is_whole_html_with_the_words_of_its_text_and_one_link(words: Words) -> None:
    subject, body, document = mail(words)
    read = Reading(document)
    assert read.open == []
    assert read.links == [samples.LINK]
    assert (read.tags.count("h1"), read.tags.count("main"), read.tags.count("title")) == (1, 1, 1)
    assert read.attributes["html"]["lang"] == words.language
    assert not {"img", "script", "link", "style", "iframe"} & set(read.tags)
    assert "url(" not in document
    said = re.sub(r"\s+", " ", read.words)
    for line in filter(None, body.replace(samples.LINK, "").splitlines()):
        assert line.rstrip(": ") in said
    assert subject in said
    assert samples.LINK not in said, "an address is no words for whoever has them read out"


def test_urdu_runs_from_right_to_left_and_english_from_left_to_right() -> None:
    urdu = next(words for words in TEMPLATES.all if words.language == "ur")
    read = Reading(mail(urdu)[2])
    assert read.attributes["html"]["dir"] == read.attributes["main"]["dir"] == "rtl"
    assert "30 ستمبر، 2026" in read.words
    assert "\u206607700 900101\u2069" in read.words, "its halves would change places"
    assert "\u2066" not in mail(TEMPLATES.all[0])[1]
    assert Reading(html("x", "a\n\nb", "en", "none")).attributes["html"]["dir"] == "ltr"


def test_what_looks_like_html_is_only_words() -> None:
    document = html('<b>"x" & y</b>', "<script>alert(1)</script>\n\nfoot & <i>", "en", "https://x.example")
    assert "<script" not in document
    assert "&lt;script&gt;" in document
    assert "<b>" not in document


def test_a_mail_carries_the_text_first_and_then_the_html() -> None:
    letter = Letter(
        "m-1", "f", "ABCD", "p@x.example", "Subject", "Text é\n", monotonic(), html=lambda: "<p>Text é</p>"
    )
    content = compose(letter, letter.to, settings()).as_bytes()
    read = message_from_bytes(content, policy=policy.default)
    assert read.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in read.iter_parts()] == ["text/plain", "text/html"]
    assert [part.get_content().strip() for part in read.iter_parts()] == ["Text é", "<p>Text é</p>"]
    assert content.isascii()
