"""The rung that a child stands on, and the way there."""

from datetime import timedelta
from typing import Any

from services.referrals.domain.children.ladder import ladder
from services.referrals.domain.referral import REFERRAL, PanelCase, Referral
from tests.referrals.builders import NOW, bench, form, referral_id, submit


def sent(n: int = 1, **changes: Any) -> Referral:
    """A referral as it was sent, with some facts changed; the n-th came n days later."""
    on = bench()
    on.deliver(submit(form(), n))
    found = on.state(REFERRAL, referral_id(n))
    assert found is not None
    at = NOW + timedelta(days=n)
    return found.model_copy(update={"received_at": at, "changed_at": at, **changes})


def test_without_a_referral_it_is_the_schools_ordinary_teaching() -> None:
    assert ladder([]).now == "ordinary"


def test_a_request_alone_lifts_nobody() -> None:
    stands = ladder([sent()])
    assert (stands.now, stands.asked) == ("sen-support", ("advice",))
    assert ladder([sent(sen_provision="N")]).now == "ordinary"


def test_what_is_under_way_is_where_the_child_stands_also_while_the_school_owes_an_answer() -> None:
    assert ladder([sent(status="accepted", accepted_at=NOW)]).now == "advice"
    assert ladder([sent(status="asked", accepted_at=NOW)]).now == "advice"


def test_advice_that_was_given_is_over_and_a_special_place_stays() -> None:
    assert ladder([sent(status="concluded")]).now == "sen-support"
    agreed = PanelCase(case_id="c", outcome="agreed")
    assert ladder([sent(status="decided", asks_for="placement", case=agreed)]).now == "placement"
    refused = PanelCase(case_id="c", outcome="not-agreed")
    stands = ladder([sent(status="decided", asks_for="placement", case=refused)])
    assert (stands.now, stands.way[0].standing) == ("sen-support", "not-given")


def test_the_way_goes_up_and_down_in_the_order_of_time() -> None:
    one = sent(1, status="stepped")
    two = sent(2, status="stepped", asks_for="outreach")
    three = sent(3, status="accepted", accepted_at=NOW)
    stands = ladder([three, one, two])
    assert [(step.rung, step.direction) for step in stands.way] == [
        ("advice", None),
        ("outreach", "up"),
        ("advice", "down"),
    ]
    assert [step.until is None for step in stands.way] == [False, False, True]
    assert stands.now == "advice"


def test_what_was_withdrawn_gave_nothing() -> None:
    stands = ladder([sent(status="withdrawn")])
    assert (stands.now, stands.way[0].standing) == ("sen-support", "stopped")
