"""How long each table of this service keeps its rows."""

from dateutil.relativedelta import relativedelta

from chassis.retention import CHILD, PUBLIC, Retention, Rule, because

RETENTION = Retention(
    (
        *because(CHILD, "child", "alias", "restriction", "referral_words", "placement_case"),
        *because(CHILD, "placement", "centre_request", "told"),
        Rule(
            "consultation_link",
            "works 60 days, then a year",
            "(t.state ->> 'expires_at')::timestamptz < $1",
            relativedelta(years=1),
        ),
        *because(
            "for good; after an erasure its ids are nobody's, and what was declared of the case is gone",
            "sitting",
        ),
        *because("made anew", "plan"),
        *because(PUBLIC, "places", "school"),
        *because("while somebody may ask who did what; for the council", "staff"),
        *because("until its owner ends it, or makes another", "calendar_feed"),
    )
)
