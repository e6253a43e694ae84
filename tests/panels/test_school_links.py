"""A school's link is closed at once by what is told of the child afterwards, and then looks like one of nobody's."""

import pytest

from chassis.decision import Refused
from schemas.children_v1 import PersonMerged
from schemas.envelope import Event
from schemas.referrals_v1 import ReferralWithdrawn
from schemas.staff_v1 import ReferralRestricted
from services.panels.domain.placing import commands as asked
from tests.panels.builders import a_referral_id, a_routed_referral, at
from tests.panels.conftest import House
from tests.panels.placing import ELM, PlacesBench, hashed
from tests.panels.test_pages import as_
from tests.panels.test_placing_pages import ANSWER, NEEDS, a_link, agreed, school

NOON = at("2026-03-05 12:00")


WHAT_CLOSES_A_LINK: dict[str, Event] = {
    "restricted": ReferralRestricted(referral_id=a_referral_id(), named=("tom",), restricted_at=NOON),
    "withdrawn": ReferralWithdrawn(referral_id=a_referral_id(), reason="moved-away", withdrawn_at=NOON),
    "merged": PersonMerged(person_id=a_routed_referral().child_id, kept_id="another", merged_at=NOON),
}


@pytest.mark.parametrize("what", WHAT_CLOSES_A_LINK)
def test_a_link_that_was_given_out_before_the_child_s_standing_changed_is_closed_at_once(what: str) -> None:
    bench = PlacesBench()
    id = bench.agreed()
    oak = bench.consult(id)
    bench.deliver(WHAT_CLOSES_A_LINK[what])
    with pytest.raises(Refused, match="link-over"):
        bench.answered(id, oak)


@pytest.mark.parametrize("what", ["restricted", "merged"])
def test_a_link_that_is_given_out_by_who_knows_how_the_child_stands_opens(what: str) -> None:
    bench = PlacesBench()
    id = bench.agreed()
    oak = bench.consult(id)
    bench.deliver(WHAT_CLOSES_A_LINK[what])
    bench.deliver(asked.Remind(id, oak, hashed("new"), None, **bench.of_whom(id)))
    bench.answered(id, oak, "new")
    (answered,) = bench.placement(id).consultations
    assert answered.answer is not None


async def test_a_link_that_was_closed_answers_as_one_that_nobody_was_given(house: House) -> None:
    await agreed(house)
    link = await a_link(await as_(house, "ehc"))
    async with school(house) as head:
        assert NEEDS in (await head.post(f"{link}/request")).text
        await house.hear(WHAT_CLOSES_A_LINK["restricted"])
        closed = await head.get(link)
        unknown = await head.get(f"/consultations/{'A' * 22}")
        assert (closed.status_code, closed.text) == (404, unknown.text)
        assert NEEDS not in (await head.post(f"{link}/request")).text
        assert (await head.post(link, data=ANSWER)).status_code == 404
        tom = await as_(house, "tom")
        again = await a_link(tom, ELM)
        assert NEEDS in (await head.post(f"{again}/request")).text
        await house.hear(WHAT_CLOSES_A_LINK["merged"])
        assert (await head.get(again)).status_code == 404
