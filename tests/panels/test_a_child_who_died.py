"""A child has died: no sitting hears its case, no school is asked for a place, and a person settles both in quiet."""

import pytest

from chassis.decision import Refused
from schemas.children_v1 import ChildDied
from schemas.panels_v1 import CaseOpened, CaseUnlisted
from schemas.personal_v1 import PersonDetails
from services.panels import planned
from services.panels.domain.commands import WithdrawCase
from tests.panels.builders import MONDAY, THURSDAY_5_MARCH, PanelsBench, a_referral_id, a_routed_referral
from tests.panels.conftest import House
from tests.panels.placing import ELM, PlacesBench
from tests.panels.test_pages import as_, case_path


def died(n: int = 1) -> ChildDied:
    return ChildDied(referral_id=a_referral_id(n), child_id=a_routed_referral(n).child_id, noted_at=MONDAY)


def details(n: int = 1) -> PersonDetails:
    return PersonDetails(
        person_id=a_routed_referral(n).child_id,
        relation="child",
        given_name="Wilf",
        family_name="Amber",
        may_be_told=False,
        died_at=MONDAY,
    )


def test_a_case_that_waits_is_listed_nowhere_until_it_is_withdrawn() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1)
    assert bench.deliver(died()) == []
    with pytest.raises(Refused, match="child-died"):
        bench.confirm(case_id)
    assert bench.case().status == "queued"
    bench.deliver(WithdrawCase(case_id, "family-asked"))
    assert bench.case().status == "withdrawn"


def test_a_case_that_is_listed_loses_its_place_and_the_others_keep_theirs() -> None:
    bench = PanelsBench()
    first, second = bench.open_cases(2)
    bench.confirm(first, second)
    (said,) = bench.deliver(died())
    assert isinstance(said, CaseUnlisted)
    assert said.quiet, "it may reach whoever tells families before the death does"
    assert (bench.case(1).status, bench.case(2).status) == ("queued", "listed")
    assert not bench.case(1).sits(THURSDAY_5_MARCH)
    assert bench.case(2).sits(THURSDAY_5_MARCH)


def test_it_is_noted_once_also_of_a_case_that_was_decided() -> None:
    bench = PanelsBench()
    case_id = bench.a_heard_case()
    bench.decide(case_id)
    bench.deliver(died())
    before = bench.case()
    bench.deliver(died())
    assert bench.case() == before
    assert (before.status, before.died_at) == ("decided", MONDAY)


def test_a_referral_that_comes_later_opens_a_case_of_a_child_who_has_died() -> None:
    bench = PanelsBench()
    bench.deliver(details())
    bench.deliver(died())  # there is no case yet: nothing is done
    (opened,) = bench.deliver(a_routed_referral())
    assert isinstance(opened, CaseOpened)
    assert bench.case().died_at == MONDAY


def test_no_school_is_asked_for_a_place_and_a_person_is_asked_to_end_the_way() -> None:
    bench = PlacesBench()
    placement_id = bench.agreed()
    bench.deliver(died())
    assert bench.placement(placement_id).asks == "died"
    with pytest.raises(Refused, match="child-died"):
        bench.consult(placement_id, ELM)


async def test_the_co_ordinator_sees_it_and_the_plan_leaves_the_case_out(house: House) -> None:
    await house.hear(a_routed_referral(1), a_routed_referral(2), died(1))
    page = await (await as_(house, "tom")).get(case_path())
    assert "Nothing about this case is sent to the family." in page.text
    assert "The EHC co-ordinator withdraws it." in page.text
    assert "It was noted that the child has died" in page.text
    async with house.pool.acquire() as conn:
        found = await planned.plannable(conn, a_routed_referral().destination)
    assert [case.referral_id for case in found] == [a_referral_id(2)]
