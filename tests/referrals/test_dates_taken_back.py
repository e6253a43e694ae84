"""A referral whose case loses its date with the panel."""

from datetime import date

from schemas.panels_v1 import CaseUnlisted
from tests.referrals.builders import NOW
from tests.referrals.test_rules import CASE, ID, LISTED, PLACED, SITTING, opened, state, taken, told


def test_a_case_whose_sitting_is_cancelled_waits_in_the_queue_again() -> None:
    rules = taken(PLACED)
    taken_back = CaseUnlisted(
        case_id=CASE,
        referral_id=ID,
        panel="placement",
        sitting_id=SITTING,
        sits_on=date(2026, 4, 16),
        reason="sitting-cancelled",
        unlisted_at=NOW,
        due_on=date(2026, 4, 9),
    )
    for event in (opened(), LISTED, taken_back):
        rules.deliver(event)
    assert (state(rules).status, told(rules).by) == ("queued", date(2026, 4, 9))
