"""How long each table of this service keeps its rows.

Who was told what, who looked, and what families wrote are part of the child's record and stay as long: a claim may be
made until years after the child is grown up (Limitation Act 1980, section 28), and a legal hold on it keeps them too.
What only opened a page goes by its age.
"""

from dateutil.relativedelta import relativedelta

from chassis.retention import CHILD, PUBLIC, Retention, Rule, because

_DAYS_AFTER = 90
_YEARS_SEEN = 2

RETENTION = Retention(
    (
        *because(f"{CHILD}; after an erasure only that nobody writes", "contact"),
        *because(CHILD, "preference", "handed_code", "story", "reasons", "agreed_actions", "alias"),
        *because(CHILD, "restriction", "message", "family_words", "page_view"),
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
        Rule("page_opinion", f"{_YEARS_SEEN} years", "t.at < $1", relativedelta(years=_YEARS_SEEN), "real"),
        *because("one row, replaced", "pause"),
        *because("a minute after it was last said", "provider_state"),
        *because(PUBLIC, "directory_entry"),
        *because("while somebody may ask who did what; for the council", "staff"),
    )
)
