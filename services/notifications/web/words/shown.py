"""One template with sample data, as each channel would say it, and what the checks say of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chassis.web.problems import Problem
from services.notifications import html_mail, languages, notes, samples, wording
from services.notifications.domain.plain_words import Finding
from services.notifications.domain.segments import Segments, segments
from services.notifications.templates import Templates, Words, shipped
from services.notifications.web.messages import SAYS


@dataclass(frozen=True, slots=True)
class Shown:
    """One template with its sample, as each channel would say it, and what is not plain about it.

    ``words`` are None for what follows no fact; ``line`` is what a small step says among others.
    """

    code: str
    language: str
    draft: bool
    title: str
    subject: str
    body: str
    html: str
    text: str | None
    segments: Segments | None
    findings: Sequence[Finding]
    words: Words | None = None
    line: str | None = None

    @property
    def path(self) -> str:
        """Where it is shown."""
        return f"/words/{self.code}/{self.language}"


def templates() -> Templates:
    """All of them, also what no translator has read yet: here it is looked at, not sent to families."""
    return shipped(drafts=True)


def found(code: str, language: str) -> Words:
    """The template. Raises Problem 404 where there is none."""
    for words in templates().all:
        if (words.telling.code, words.language) == (code, language):
            return words
    raise Problem(404, "unknown-template", "There is no such message in this language.")


def looked_up(code: str, language: str, public_url: str) -> Shown:
    """What is shown of a fact's template, or of a note. Raises Problem 404 where there is none."""
    if code in notes.SAMPLES and language in (languages.ENGLISH, *notes.translated(code)):
        return note(code, language, public_url)
    return shown(found(code, language), public_url)


def shown(words: Words, public_url: str) -> Shown:
    """With the address of this council's own pages, since its length counts in a text message."""
    link = _link(public_url)
    known, code = templates(), words.telling.code
    given = samples.fields(words.head.event, words.language) | {"link": link}
    subject, body = known.write(code, words.language, given)
    text = words.text.render(given).strip() if words.text else None
    return Shown(
        code=code,
        language=words.language,
        draft=words.head.draft,
        title=SAYS.get(code, code),
        subject=subject,
        body=body,
        html=html_mail.html(subject, body, words.language, link, str(given["reference"])),
        text=text,
        segments=segments(text) if text else None,
        findings=_findings(wording.of_template(words, known), words.language),
        words=words,
        line=words.line.render(given) if words.line else None,
    )


def note(code: str, language: str, public_url: str) -> Shown:
    """The same for words that follow no fact."""
    link = _link(public_url)
    sample = notes.SAMPLES[code]
    given = sample | ({"link": link} if "link" in sample else {})
    said = notes.write(code, given, language)
    return Shown(
        code=code,
        language=language,
        draft=notes.is_draft(code, language),
        title=notes.TITLES[code],
        subject=said.subject,
        body=said.body,
        html=html_mail.html(said.subject, said.body, language, link, given["reference"]),
        text=said.text,
        segments=segments(said.text) if said.text else None,
        findings=_findings(wording.of_note(code), language),
    )


def _link(public_url: str) -> str:
    return f"{public_url}/f/{samples.LINK.rpartition('/')[2]}"


def _findings(said: Iterator[tuple[str, str]], language: str) -> Sequence[Finding]:
    return wording.looked_through(said) if language == languages.ENGLISH else ()
