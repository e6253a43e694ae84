"""From a claimed message to a letter: whom it goes to, and in which words."""

from collections.abc import Mapping
from functools import partial

from chassis.english import capital
from chassis.telemetry import get_logger
from services.notifications import html_mail, languages, notes
from services.notifications.channels import Letter
from services.notifications.domain.background import DirectoryEntry, entry_of
from services.notifications.domain.fact import day_of
from services.notifications.domain.message import Message
from services.notifications.domain.outcomes import may_be_kept
from services.notifications.domain.ways import address
from services.notifications.settings import Settings
from services.notifications.storage import Claim
from services.notifications.templates import BadTemplate, Templates

log = get_logger(__name__)
Directory = Mapping[str, DirectoryEntry]
_TOGETHER = "messages.together"
#: Teams of which there is one for every need: the number of any other says which team it is, and so what a child needs.
_FOR_EVERY_NEED = {"triage", "statutory-assessment", "placement-panel", "high-needs-funding"}


def write(
    templates: Templates,
    claim: Claim,
    code: str,
    directory: Directory,
    until: float,
    settings: Settings,
) -> Letter | None:
    """The letter, with a link made of the secret ``code``; None (and a line in the log) if it cannot be written."""
    message = claim.message
    link = f"{settings.public_url}/f/{code}"
    try:
        words = _digest if claim.others else _words
        language, subject, body = words(templates, claim, link, directory, settings)
    except Exception as error:
        # A text, a file that cannot be read, a bug: those that were claimed with it go on.
        why = str(error) if isinstance(error, BadTemplate) else type(error).__name__
        log.error("message_cannot_be_written", message_id=message.id, fact=message.fact, why=why)
        return None
    mailed = message.channel == "email"
    return Letter(
        message_id=message.id,
        fact=", ".join(one.fact for one in (message, *claim.others)),
        reference=message.reference,
        to=address(claim.contact, message.channel),
        subject=subject,
        body=body,
        until=until,
        html=partial(html_mail.html, subject, body, language, link, message.reference) if mailed else None,
        channel=message.channel,
        known=tuple(one.id for one in message.tried if one.id),
        look_first=may_be_kept(message),
    )


def _words(
    templates: Templates, claim: Claim, link: str, directory: Directory, settings: Settings
) -> tuple[str, str, str]:
    """Language, subject and body of one fact."""
    message = claim.message
    language = templates.language(message.fact, claim.contact.language)
    known = fields(message, directory.get(entry_of(message.destination or "")), link, settings, language)
    subject, body = templates.write(message.fact, language, known)
    if message.channel == "text":
        body = templates.text(message.fact, language, known) or f"{subject}: {link}"
    return language, subject, body


def _digest(
    templates: Templates, claim: Claim, link: str, directory: Directory, settings: Settings
) -> tuple[str, str, str]:
    """Language, subject and body of small steps in one message: in English unless each of them has the language."""
    told, asked = (claim.message, *claim.others), claim.contact.language
    known = {templates.language(one.fact, asked) for one in told}
    language = notes.language(_TOGETHER, asked, templates.drafts) if known == {asked} else languages.ENGLISH
    lines = [
        templates.line(
            one.fact,
            language,
            fields(one, directory.get(entry_of(one.destination or "")), link, settings, language),
        )
        for one in told
    ]
    given = {
        "reference": claim.message.reference,
        "number": languages.number(len(lines), language),
        "steps": "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1)),
        "link": link,
        "service": settings.sender_name,
        "enquiries": settings.enquiries,
    }
    note = notes.write(_TOGETHER, given, language)
    by_text = claim.message.channel == "text" and note.text
    return language, note.subject, note.text if by_text and note.text else note.body


def fields(
    message: Message,
    entry: DirectoryEntry | None,
    link: str,
    settings: Settings,
    language: str = languages.ENGLISH,
) -> dict[str, object]:
    """What a template may use: see templates.COMMON for the names, besides the event's own dates.

    Who has the referral is told by the kind of team: the name of one, what it advises, or the number
    of its advice line would say what a child needs. That stands on the page, behind the code.
    """
    kind = entry.kind if entry else message.destination_kind
    wait = entry.expected_wait_days if entry and not message.answered else None
    line, hours = (entry.advice_line, entry.opening_hours) if entry else (None, None)
    said = kind in _FOR_EVERY_NEED
    return {
        "reference": message.reference,
        "link": link,
        "service": settings.sender_name,
        "enquiries": settings.enquiries,
        "destination_kind": message.destination_kind,
        "holder": capital(languages.holder(kind, language)),
        "advice_line": languages.isolated(line if said else None, language),
        "opening_hours": languages.isolated(hours if said else None, language),
        "advice_on_page": line is not None and not said,
        "wait_days": languages.number(wait, language) if wait is not None else None,
        **dict.fromkeys(("promised_by", "new_by", "again_by")),  # of some messages only
        **{name: languages.day(day_of(name, value), language) for name, value in message.dates.items()},
    }
