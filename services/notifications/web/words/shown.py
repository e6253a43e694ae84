"""One template with sample data, as each channel would say it, and what the checks say of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.web.problems import Problem
from services.notifications import html_mail, languages, samples, wording
from services.notifications.domain.plain_words import Finding
from services.notifications.domain.segments import Segments, segments
from services.notifications.templates import Templates, Words, shipped
from services.notifications.web.messages import SAYS


@dataclass(frozen=True, slots=True)
class Shown:
    """One template with its sample, as each channel would say it, and what is not plain about it."""

    words: Words
    title: str
    subject: str
    body: str
    html: str
    text: str | None
    segments: Segments | None
    findings: Sequence[Finding]

    @property
    def path(self) -> str:
        """Where it is shown."""
        return f"/words/{self.words.telling.code}/{self.words.language}"


def templates() -> Templates:
    """All of them, also what no translator has read yet: here it is looked at, not sent to families."""
    return shipped(drafts=True)


def found(code: str, language: str) -> Words:
    """The template. Raises Problem 404 where there is none."""
    for words in templates().all:
        if (words.telling.code, words.language) == (code, language):
            return words
    raise Problem(404, "unknown-template", "There is no such message in this language.")


def shown(words: Words, public_url: str) -> Shown:
    """With the address of this council's own pages, since its length counts in a text message."""
    link = f"{public_url}/f/{samples.LINK.rpartition('/')[2]}"
    known, code = templates(), words.telling.code
    given = samples.fields(words.head.event, words.language) | {"link": link}
    subject, body = known.write(code, words.language, given)
    text = words.text.render(given).strip() if words.text else None
    plain = words.language == languages.ENGLISH
    return Shown(
        words=words,
        title=SAYS.get(code, code),
        subject=subject,
        body=body,
        html=html_mail.html(subject, body, words.language, link, str(given["reference"])),
        text=text,
        segments=segments(text) if text else None,
        findings=wording.looked_through(wording.of_template(words, known)) if plain else (),
    )
