"""How long each table of this service keeps its rows."""

from datetime import date, datetime

from dateutil.relativedelta import relativedelta

from chassis.calendar import london_date
from chassis.retention import CHILD, PUBLIC, Retention, Rule, because
from chassis.storage import Connection
from services.referrals.settings import Settings

_DAYS_UNSENT = 180
# ISO dates stand in the order of days.
_CHILDREN = (
    "SELECT id FROM person WHERE state -> 'details' ->> 'relation' = 'child' AND born <= $1 ORDER BY born, id"
)


def rules(settings: Settings) -> tuple[Rule, ...]:
    """The rules, with the years that this council has set."""
    return (
        *because(CHILD, "person", "alias", "referral", "papers", "restriction", "family_words", "page_code"),
        *because("until it is lifted and the child's time is over", "legal_hold"),
        Rule(
            "evidence",
            f"{CHILD}; 90 days where no referral has it",  # its object goes first (scanning.Tidier)
            "NOT t.kept AND t.referral_id IS NULL AND t.received_at < $1",
            relativedelta(days=90),
        ),
        Rule(
            "draft",
            f"{CHILD}; emptied when it is sent, or 90 days after the last change; {_DAYS_UNSENT} days if never sent",
            "NOT t.open AND t.referral_id IS NULL AND t.changed_at < $1",
            relativedelta(days=_DAYS_UNSENT),
        ),
        Rule(
            "enquiry",
            "`REFERRALS_KEEP_ENQUIRY_YEARS`, 6",
            "t.status IN ('answered', 'converted', 'closed') AND (t.state ->> 'changed_at')::timestamptz < $1",
            relativedelta(years=settings.keep_enquiry_years),
        ),
        *because("7 days unless confirmed, then 90 days", "upload", "upload_row"),  # bulk.Worker deletes them
        *because("while somebody may ask who did what; for the council", "staff", "administrators"),
        *because(PUBLIC, "api_token", "api_token_use", "directory_entry", "expected_wait"),
        *because(PUBLIC, "setting", "setting_history", "register_import", "register_upload", "hand_setting"),
    )


def build(settings: Settings) -> Retention:
    """The rules, and how many children wait for two people's yes."""

    async def waiting(conn: Connection, now: datetime) -> dict[str, int]:
        return {"children": len(await children_due(conn, settings, now))}

    return Retention(rules(settings), waiting)


def born_until(settings: Settings, now: datetime) -> date:
    """The last birthday of whom the retention is over."""
    return london_date(now) - relativedelta(years=settings.keep_child_years)


async def children_due(conn: Connection, settings: Settings, now: datetime) -> list[str]:
    """The children whose retention is over, the oldest first; whoever is held or still helped among them."""
    rows = await conn.fetch(_CHILDREN, born_until(settings, now).isoformat())
    return [row["id"] for row in rows]
