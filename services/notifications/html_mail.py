"""An e-mail's words once more as HTML: headings, paragraphs and one plain link, for whoever has them read out.

It is made from the text itself, so that both say the same. No images, no tracking, nothing that is fetched.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from services.notifications import languages

#: For mails, which have no style of their own beside them.
_NOWRAP = Markup('style="white-space:nowrap"')
_PAGES = Path(__file__).parent / "pages"
_NUMBER = re.compile(r"^\d+\. ")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together. ``words`` lead to ``link``, where the paragraph is about one.

    ``steps`` are the lines of a numbered list.
    """

    lines: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    words: str = ""
    link: str | None = None


def html(subject: str, body: str, language: str, link: str, reference: str = "") -> str:
    """The whole document, for a mail in ``language`` whose ``body`` has the address ``link`` on a line of its own.

    ``reference`` is kept whole and read from left to right wherever it stands.
    """
    *paragraphs, foot = [block.splitlines() for block in body.strip().split("\n\n") if block.strip()]
    return _ENVIRONMENT.get_template("mail.html").render(
        subject=subject,
        language=language,
        direction=languages.direction(language),
        whole=_keeping(reference, _NOWRAP),
        paragraphs=[_paragraph(lines, link) for lines in paragraphs],
        foot=_paragraph(foot, link) if link in foot else Paragraph(tuple(foot)),
    )


def _paragraph(lines: list[str], link: str) -> Paragraph:
    """What leads to the link becomes its words: nobody wants an address spelt out to them."""
    if len(lines) > 1 and all(map(_NUMBER.match, lines)):
        return Paragraph(steps=tuple(_NUMBER.sub("", line) for line in lines))
    if link not in lines:
        return Paragraph((" ".join(lines),))
    before = " ".join(lines[: lines.index(link)]).rstrip(": ")
    return Paragraph(words=before or link, link=link)


def whole(words: str, reference: str, how: Markup = _NOWRAP) -> Markup:
    """The words as HTML, with a reference that no line end breaks and that is read from left to right."""
    return _keeping(reference, how)(words)


def _keeping(reference: str, how: Markup) -> Callable[[str], Markup]:
    if not reference:
        return escape
    kept = Markup("<bdi {}>{}</bdi>").format(how, reference)
    return lambda words: kept.join(words.split(reference)) if reference in words else escape(words)


# What a mail says may hold any letter, so all of it is escaped.
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_PAGES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
