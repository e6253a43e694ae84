"""What templates are tried with before any family is written to: invented values, as long as real ones may be."""

from datetime import UTC, date, datetime

from chassis.english import capital
from schemas.envelope import Event
from services.notifications import languages
from services.notifications.domain.fact import is_date

#: As long a date as English has, and an address as long as a council's.
DAY = date(2026, 9, 30)
NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)
LINK = "https://send-messages.council.gov.uk/f/AbCdEfGhIjKlMnOpQrStUv"


def fields(event: type[Event], language: str) -> dict[str, object]:
    """A value for every field that a message which follows ``event`` may use."""
    common: dict[str, object] = {
        "reference": "ABCD-EFGH-JKM4",
        "link": LINK,
        "service": "SEND service",
        "enquiries": "Questions? Ask the school, or the SEND service.",
        "destination_kind": "placement-panel",
        "advice_on_page": False,
        "holder": capital(languages.holder("statutory-assessment", language)),
        "advice_line": languages.isolated("07700 900101", language),
        "opening_hours": languages.isolated("Mon-Fri 9:00-16:00", language),
        "wait_days": languages.number(20, language),
    }
    said = languages.day(DAY, language)
    common |= dict.fromkeys(("promised_by", "new_by", "again_by"), said)
    return common | {name: said for name in event.model_fields if is_date(name)}
