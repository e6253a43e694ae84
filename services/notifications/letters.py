"""From a claimed message to a letter: whom it goes to, and in which words."""

from collections.abc import Mapping

from chassis.english import capital
from chassis.telemetry import get_logger
from services.notifications import html_mail, languages
from services.notifications.channels import Letter
from services.notifications.domain.background import DirectoryEntry, entry_of
from services.notifications.domain.message import Message
from services.notifications.domain.story import day_of
from services.notifications.domain.ways import address
from services.notifications.settings import Settings
from services.notifications.storage import Claim
from services.notifications.templates import BadTemplate, Templates

log = get_logger(__name__)


def write(
    templates: Templates,
    claim: Claim,
    code: str,
    directory: Mapping[str, DirectoryEntry],
    until: float,
    settings: Settings,
) -> Letter | None:
    """The letter, with a link made of the secret ``code``; None (and a line in the log) if it cannot be written."""
    message, contact = claim.message, claim.contact
    entry = directory.get(entry_of(message.destination or ""))
    language = templates.language(message.fact, contact.language)
    link = f"{settings.public_url}/f/{code}"
    known = fields(message, entry, link, settings, language)
    mailed = message.channel == "email"
    try:
        subject, body = templates.write(message.fact, language, known)
        if message.channel == "text":
            body = templates.text(message.fact, language, known) or f"{subject}: {link}"
    except BadTemplate as error:
        log.error("message_cannot_be_written", message_id=message.id, fact=message.fact, why=str(error))
        return None
    return Letter(
        message_id=message.id,
        fact=message.fact,
        reference=message.reference,
        to=address(contact, message.channel),
        subject=subject,
        body=body,
        until=until,
        html=html_mail.html(subject, body, language, link, message.reference) if mailed else None,
        channel=message.channel,
        known=tuple(one.id for one in message.tried if one.id),
    )


def fields(
    message: Message,
    entry: DirectoryEntry | None,
    link: str,
    settings: Settings,
    language: str = languages.ENGLISH,
) -> dict[str, object]:
    """What a template may use: see templates.COMMON for the names, besides the event's own dates.

    Who has the referral is told by the kind of team: the name of one, or what it advises, would say what a child needs.
    """
    kind = entry.kind if entry else message.destination_kind
    wait = entry.expected_wait_days if entry else None
    return {
        "reference": message.reference,
        "link": link,
        "service": settings.sender_name,
        "enquiries": settings.enquiries,
        "destination_kind": message.destination_kind,
        "holder": capital(languages.holder(kind, language)),
        "advice_line": languages.isolated(entry.advice_line if entry else None, language),
        "opening_hours": languages.isolated(entry.opening_hours if entry else None, language),
        "wait_days": languages.number(wait, language) if wait is not None else None,
        **dict.fromkeys(("promised_by", "new_by", "again_by")),  # of some messages only
        **{name: languages.day(day_of(name, value), language) for name, value in message.dates.items()},
    }
