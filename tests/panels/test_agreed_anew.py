"""A place of another kind than was agreed: offered only on purpose, and questioned where the decision is corrected."""

from typing import Any, Final

import pytest

from chassis.decision import Refused
from schemas.codes import ProvisionType
from schemas.places_v1 import PlaceAgreedAnew, PlaceAwaited
from services.panels.domain.day.commands import CorrectDecision
from services.panels.domain.judged import Judgement
from services.panels.domain.placing import commands as asked
from tests.panels.builders import at
from tests.panels.conftest import House
from tests.panels.placing import ELM, OAK, PlacesBench
from tests.panels.test_pages import as_
from tests.panels.test_places_restored import same
from tests.panels.test_placing_api import OFFER, WAY, done, problem
from tests.panels.test_placing_pages import CASE_ID, PAGE, agreed, day, gone_on, sent, the_placement

BASE: Final = "specialist-resource-provision"
SPECIAL: Final = "special-school"
BECAUSE = "The family wants the base at its sister's school."


def correct(bench: PlacesBench, provision: ProvisionType) -> None:
    """The authority agrees to another kind of place, from today on."""
    after = Judgement(outcome="agreed", provision=provision, reasons="On reflection.")
    bench.deliver(CorrectDecision(bench.case().case_id, "officer", after, "Another kind."))


def test_a_place_of_another_kind_than_agreed_is_offered_only_by_who_says_that_they_know_it_and_why() -> None:
    bench = PlacesBench()
    id = bench.agreed()
    other: dict[str, Any] = {"kind": BASE, "because": "The tribunal named it."}
    with pytest.raises(Refused, match="not-as-agreed"):
        bench.offer(id, **other)
    bench.offer(id, **other, differs_because=BECAUSE)
    placement = bench.placement(id)
    assert placement.offer is not None
    assert placement.offer.differs_because == BECAUSE
    assert (placement.history[-1].state, placement.history[-1].why) == ("offered", BECAUSE)


def test_a_reason_for_another_kind_is_not_kept_where_the_kind_is_as_agreed() -> None:
    bench = PlacesBench()
    id = bench.agreed()
    bench.offer(id, because="The tribunal named it.", differs_because=BECAUSE)
    offer = bench.placement(id).offer
    assert offer is not None
    assert offer.differs_because == ""


def test_an_offer_that_stands_is_questioned_when_another_kind_is_agreed_until_somebody_decides() -> None:
    bench = PlacesBench()
    id = bench.offered_at_oak()
    correct(bench, BASE)
    (fact,) = (each for each in bench.said if isinstance(each, PlaceAgreedAnew))
    assert (fact.provision, fact.to_decide) == (BASE, True)
    assert (bench.placement(id).status, bench.placement(id).provision) == ("offered", BASE)
    bench.accept(id)
    bench.confirm_start(id)
    bench.advance(at("2026-04-14 12:00"))  # its first day
    assert bench.placement(id).asks == "kind"
    with pytest.raises(Refused, match="reason-missing"):
        bench.deliver(asked.GoOn(id, " ", "tom"))
    bench.deliver(asked.GoOn(id, BECAUSE, "tom"))
    placement = bench.placement(id)
    assert (placement.asks, placement.history[-1].why) == (None, BECAUSE)
    with pytest.raises(Refused, match="not-now"):
        bench.deliver(asked.GoOn(id, BECAUSE, "tom"))


def test_a_correction_that_is_itself_corrected_questions_nothing_any_more() -> None:
    bench = PlacesBench()
    id = bench.offered_at_oak()
    correct(bench, BASE)
    correct(bench, SPECIAL)
    assert bench.placement(id).asks is None


def test_an_offer_that_is_let_go_is_not_questioned_any_more() -> None:
    bench = PlacesBench()
    id = bench.offered_at_oak()
    correct(bench, BASE)
    bench.deliver(asked.DeclineOffer(id, bench.places().places_id, "authority-withdrew"))
    assert (bench.placement(id).status, bench.placement(id).asks) == ("awaiting", None)


def test_a_consultation_that_runs_is_questioned_until_another_school_is_asked() -> None:
    bench = PlacesBench()
    id = bench.agreed()
    bench.consult(id)
    correct(bench, BASE)
    assert [type(each) for each in bench.said if each.key == id][-1] is PlaceAwaited
    assert bench.placement(id).asks == "kind"
    bench.consult(id, ELM, "elm")
    placement = bench.placement(id)
    assert placement.asks is None
    assert [each.provision for each in placement.consultations] == [SPECIAL, BASE]


def test_where_nobody_was_asked_yet_nothing_is_to_be_decided() -> None:
    bench = PlacesBench()
    id = bench.agreed()
    correct(bench, BASE)
    assert (bench.placement(id).provision, bench.placement(id).asks) == (BASE, None)


@pytest.mark.parametrize("goes_on", [True, False])
def test_what_waits_for_a_decision_is_known_again_from_the_facts(goes_on: bool) -> None:
    bench = PlacesBench()
    case_id = bench.a_heard_case()
    bench.said.clear()
    bench.decide(case_id)
    id = next(each.key for each in bench.said if each.type == "place.awaited.v1")
    bench.count(1)
    bench.answered(id, bench.consult(id))
    correct(bench, BASE)
    same(bench, id, bench.places())
    bench.consult(id, ELM, "elm")
    bench.offer(id, kind=SPECIAL, differs_because=BECAUSE)
    correct(bench, "other")
    if goes_on:
        bench.deliver(asked.GoOn(id, BECAUSE, "tom"))
    same(bench, id, bench.places())


async def test_who_offers_another_kind_ticks_that_they_know_it(house: House) -> None:
    await agreed(house)
    ehc = await as_(house, "ehc")
    await sent(ehc, f"{PAGE}/consult", setting=OAK)
    offer = {"setting": OAK, **day("starts_on", "2026-04-13"), **day("reply_by", "2026-03-20")}
    offer |= {"because": "No other school answered."}
    refused = await sent(ehc, f"{PAGE}/offer", kind=BASE, **offer)
    assert (refused.status_code, 'href="#differs"' in refused.text) == (422, True)
    assert "Agreed: special school" in refused.text
    lacking = await sent(ehc, f"{PAGE}/offer", kind=BASE, **offer, differs="yes")
    assert (lacking.status_code, 'href="#differs_because"' in lacking.text) == (422, True)
    ticked = {"differs": "yes", "differs_because": BECAUSE}
    assert gone_on(await sent(ehc, f"{PAGE}/offer", kind=BASE, **offer, **ticked))
    page = (await ehc.get(PAGE)).text
    assert "Another kind" in page
    assert "sister" in page


async def test_a_correction_puts_the_offer_on_the_list_of_things_to_decide(house: House) -> None:
    await agreed(house)
    other = OFFER | {"kind": BASE, "because": "The tribunal named it."}
    assert await problem(house, f"{WAY}/offer", other) == (409, "not-as-agreed")
    await done(house, f"{WAY}/offer", OFFER | {"because": "The tribunal named it."})
    tom, other_panel = await as_(house, "tom"), await as_(house, "officer")
    assert PAGE not in (await tom.get("/to-decide")).text
    after = Judgement(outcome="agreed", provision=BASE, reasons="On reflection.")
    await house.running.runner.command(CorrectDecision(CASE_ID, "officer", after, "Another kind."))
    assert PAGE in (await tom.get("/to-decide")).text
    (waits,) = (await house.get("/to-decide"))["placements"]
    assert (waits["asks"], waits["kind"], waits["agreed"]) == ("kind", SPECIAL, BASE)
    assert "Agreed by now: specialist resource provision" in (await tom.get(f"{PAGE}/go-on")).text
    assert (await other_panel.get(f"{PAGE}/go-on")).status_code == 403
    assert (await sent(tom, f"{PAGE}/go-on")).status_code == 422
    assert gone_on(await sent(tom, f"{PAGE}/go-on", because=BECAUSE))
    assert (await house.get("/to-decide"))["placements"] == []
    assert (await the_placement(house)).asks is None
    assert await problem(house, f"{WAY}/go-on", {"because": BECAUSE}) == (409, "not-now")
