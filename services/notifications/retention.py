"""How long each table of this service keeps its rows.

Whether somebody was told a decision may be asked for as long as a claim on it may be made: six years (Limitation Act
1980, section 2). What opened a page, and who looked, is needed as long as a link, or a question about it, lives.
"""

from dateutil.relativedelta import relativedelta

from chassis.retention import CHILD, PUBLIC, Retention, Rule, because

_YEARS_TOLD = 6
_DAYS_AFTER = 90
_YEARS_SEEN = 2

RETENTION = Retention(
    (
        *because(f"{CHILD}; after an erasure only that nobody writes", "contact"),
        *because(
            CHILD, "preference", "handed_code", "story", "reasons", "agreed_actions", "alias", "restriction"
        ),
        Rule(
            "message",
            f"{_YEARS_TOLD} years after it was sent or closed",
            "t.phase IN ('sent', 'closed') AND (t.state ->> 'made_at')::timestamptz < $1",
            relativedelta(years=_YEARS_TOLD),
        ),
        Rule(
            "family_words",
            f"{_YEARS_TOLD} years; the school's copy as long as the child's record",
            "COALESCE(t.state ->> 'answered_at', t.state ->> 'said_at')::timestamptz < $1",
            relativedelta(years=_YEARS_TOLD),
            topic="family-words.v1",
        ),
        Rule(
            "link",
            f"works 90 days, then {_DAYS_AFTER} days",
            "t.expires_at < $1",
            relativedelta(days=_DAYS_AFTER),
        ),
        Rule(
            "page_code",
            f"works minutes, then {_DAYS_AFTER} days",
            "t.expires_at < $1",
            relativedelta(days=_DAYS_AFTER),
            "real",
        ),
        Rule("page_proof", "works days, then a day", "t.ends_at < $1", relativedelta(days=1), "real"),
        Rule("page_view", f"{_YEARS_SEEN} years", "t.at < $1", relativedelta(years=_YEARS_SEEN), "real"),
        Rule("page_opinion", f"{_YEARS_SEEN} years", "t.at < $1", relativedelta(years=_YEARS_SEEN), "real"),
        *because("one row, replaced", "pause"),
        *because("a minute after it was last said", "provider_state"),
        *because(PUBLIC, "directory_entry"),
        *because("while somebody may ask who did what; for the council", "staff"),
    )
)
