"""Support in a mainstream school is carried to its end: agreed, settled for a day, told to the family, given."""

from datetime import date
from typing import Any

import pytest

from chassis.decision import Refused
from schemas.children_v1 import ChildMoved
from schemas.places_v1 import (
    SupportAwaited,
    SupportEnded,
    SupportSettled,
    SupportStarted,
)
from services.panels.domain.day.commands import CorrectDecision
from services.panels.domain.judged import Judgement
from services.panels.domain.placing import commands as asked
from services.panels.domain.placing.placement import placement_id_of
from services.panels.domain.placing.story import tell
from tests.panels.builders import a_referral_id, at
from tests.panels.conftest import House
from tests.panels.placing import ELM, STARTS_ON, PlacesBench
from tests.panels.test_pages import as_
from tests.panels.test_places_restored import restored, said
from tests.panels.test_placing_api import WAY, done, problem
from tests.panels.test_placing_pages import CASE_ID, ID, PAGE, agreed, day, gone_on, sent, the_placement

MAINSTREAM: Any = {
    "outcome": "agreed",
    "provision": "mainstream-with-support",
    "reasons": "Support is enough.",
}
OWN = "117215"


def supported(bench: PlacesBench, **changes: Any) -> str:
    """A child for whom support was agreed; answers the id of its placement."""
    case_id = bench.a_heard_case()
    bench.said.clear()
    bench.decide(case_id, **(MAINSTREAM | changes))
    return placement_id_of(case_id)


def correct(bench: PlacesBench, **judged: Any) -> None:
    after = Judgement(**(MAINSTREAM | judged))
    bench.deliver(CorrectDecision(bench.case().case_id, "officer", after, "It was wrong."))


def test_support_is_given_by_the_child_s_own_school_where_the_decision_names_none() -> None:
    bench = PlacesBench()
    id = supported(bench)
    awaited = bench.said[-1]
    assert isinstance(awaited, SupportAwaited)
    assert (awaited.setting, awaited.next_step_by) == (OWN, bench.placement(id).next_step_by)
    assert tell(bench.placement(id)).next_step.startswith("The EHC co-ordinator settles with the school")


def test_support_is_given_by_the_school_that_the_decision_names() -> None:
    bench = PlacesBench()
    assert bench.placement(supported(bench, setting_urn=ELM)).support_at == ELM


def test_support_is_settled_for_a_day_and_noted_when_it_has_begun_and_the_way_is_over() -> None:
    bench = PlacesBench()
    id = supported(bench)
    bench.deliver(asked.SettleSupport(id, STARTS_ON, "tom"))
    settled = bench.said[-1]
    assert isinstance(settled, SupportSettled)
    assert (settled.setting, settled.starts_on) == (OWN, STARTS_ON)
    bench.deliver(asked.SettleSupport(id, STARTS_ON, "tom"))
    assert bench.said[-1] is settled, "the family knows it already"
    bench.advance(at("2026-04-13 12:00"))
    assert bench.placement(id).asks == "started"
    bench.deliver(asked.NoteSupport(id, STARTS_ON, "tom"))
    started = bench.said[-1]
    assert isinstance(started, SupportStarted)
    assert (bench.placement(id).status, bench.placement(id).asks) == ("started", None)
    assert tell(bench.placement(id)).happened == "Support has been given since Monday 13 April 2026."


def test_a_day_of_support_lies_ahead_and_is_a_school_day_and_one_before_it_needs_a_second_yes() -> None:
    bench = PlacesBench()
    id = supported(bench)
    for wrong in (date(2026, 3, 4), date(2026, 4, 25)):
        with pytest.raises(Refused) as refused:
            bench.deliver(asked.SettleSupport(id, wrong, "tom"))
        assert [fault.field for fault in refused.value.faults] == ["starts_on"]
    bench.deliver(asked.SettleSupport(id, STARTS_ON, "tom"))
    with pytest.raises(Refused, match="before-the-first-day"):
        bench.deliver(asked.NoteSupport(id, date(2026, 3, 5), "tom"))
    with pytest.raises(Refused, match="dates-not-plausible"):
        bench.deliver(asked.NoteSupport(id, date(2026, 3, 6), "tom"))
    bench.deliver(asked.NoteSupport(id, date(2026, 3, 5), "tom", early=True))
    assert bench.placement(id).started_on == date(2026, 3, 5)


def test_no_school_is_asked_and_no_place_is_offered_where_support_was_agreed() -> None:
    bench = PlacesBench()
    id = supported(bench)
    with pytest.raises(Refused, match="no-place-needed"):
        bench.consult(id)
    with pytest.raises(Refused, match="no-place-needed"):
        bench.offer(id, because="So.")
    other = PlacesBench()
    with pytest.raises(Refused, match="place-needed"):
        other.deliver(asked.SettleSupport(other.agreed(), STARTS_ON, "tom"))


def test_a_correction_lets_support_take_the_place_of_a_wait_and_the_other_way_round() -> None:
    bench = PlacesBench()
    id = bench.agreed()
    correct(bench)
    assert [each.type for each in bench.said[-2:]] == ["placement.ended.v1", "support.awaited.v1"]
    bench.deliver(asked.SettleSupport(id, STARTS_ON, "tom"))
    correct(bench, provision="special-school")
    assert [each.type for each in bench.said[-2:]] == ["support.ended.v1", "place.awaited.v1"]
    assert (bench.placement(id).status, bench.placement(id).support_at) == ("awaiting", None)
    bench.advance(at("2026-04-14 12:00"))
    assert bench.placement(id).asks is None


def test_support_goes_to_the_school_that_a_correction_names_and_its_day_is_settled_anew() -> None:
    bench = PlacesBench()
    id = supported(bench)
    bench.deliver(asked.SettleSupport(id, STARTS_ON, "tom"))
    correct(bench, setting_urn=ELM)
    ended, awaited = bench.said[-2:]
    assert (ended.type, awaited.type) == ("support.ended.v1", "support.awaited.v1")
    assert isinstance(awaited, SupportAwaited)
    assert (awaited.setting, bench.placement(id).support_at) == (ELM, ELM)
    assert bench.placement(id).status == "awaiting"
    said = len(bench.said)
    correct(bench, setting_urn=ELM, reasons="Support is enough, in every lesson.")
    assert "support.awaited.v1" not in [each.type for each in bench.said[said:]], "its reasons move nobody"


def test_support_that_is_not_agreed_any_more_ends_before_it_has_a_day_and_is_asked_about_from_then_on() -> (
    None
):
    bench = PlacesBench()
    id = supported(bench)
    correct(bench, outcome="not-agreed", provision=None)
    ended = bench.said[-1]
    assert isinstance(ended, SupportEnded)
    assert not ended.began
    correct(bench)
    bench.deliver(asked.SettleSupport(id, STARTS_ON, "tom"))
    correct(bench, outcome="not-agreed", provision=None)
    assert (bench.placement(id).status, bench.placement(id).asks) == ("confirmed", "corrected")
    correct(bench)
    assert bench.placement(id).asks is None


def test_a_place_that_is_offered_is_asked_about_when_support_is_agreed_instead() -> None:
    bench = PlacesBench()
    id = bench.offered_at_oak()
    correct(bench)
    assert (bench.placement(id).status, bench.placement(id).asks) == ("offered", "corrected")


def test_support_goes_with_a_child_that_moves_to_another_school() -> None:
    bench = PlacesBench()
    id = supported(bench)
    bench.deliver(
        ChildMoved(
            referral_id=a_referral_id(),
            former_urn=OWN,
            urn=ELM,
            area="DSPL2",
            moved_on=date(2026, 3, 5),
            moved_at=bench.now,
        )
    )
    assert bench.placement(id).support_at == ELM


def test_support_at_its_school_does_not_end_with_the_child_coming_back_to_it() -> None:
    bench = PlacesBench()
    id = supported(bench)
    with pytest.raises(Refused, match="not-a-reason"):
        bench.deliver(asked.EndPlacement(id, "", "returned", date(2026, 3, 5)))
    bench.deliver(asked.EndPlacement(id, "", "place-not-needed", date(2026, 3, 5)))
    assert tell(bench.placement(id)).happened.endswith("because it is not needed any more.")


def test_support_is_known_again_from_the_facts() -> None:
    bench = PlacesBench()
    id = supported(bench)
    for step in (
        asked.SettleSupport(id, STARTS_ON, "tom"),
        asked.NoteSupport(id, date(2026, 3, 5), "tom", early=True),
        asked.EndPlacement(id, "", "moved-away", date(2026, 3, 5)),
    ):
        bench.deliver(step)
        assert said(restored(bench.said)["placement", id]) == said(bench.placement(id))
    assert isinstance(bench.said[-1], SupportEnded)


async def test_support_is_settled_and_noted_on_the_pages(house: House) -> None:
    await agreed(house)
    await house.running.runner.command(
        CorrectDecision(CASE_ID, "officer", Judgement(**MAINSTREAM), "It was wrong.")
    )
    ehc = await as_(house, "ehc")
    assert "Support at a mainstream school" in (await ehc.get("/placements")).text
    page = (await ehc.get(PAGE)).text
    assert [f"{PAGE}/{act}" in page for act in ("confirm", "consult", "offer")] == [True, False, False]
    assert gone_on(await sent(ehc, f"{PAGE}/confirm", **day("starts_on", "2026-04-13")))
    await house.step(at("2026-04-13 08:00"))
    asking = (await ehc.get(PAGE)).text
    assert ("Has the support begun?" in asking, "Has the child started?" in asking) == (True, False)
    begun = (await ehc.get(f"{PAGE}/begun")).text
    assert ("On which day did support begin?" in begun, "the child" in begun) == (True, False)
    assert gone_on(await sent(ehc, f"{PAGE}/begun", **day("started_on", "2026-04-13")))
    assert (await the_placement(house)).status == "started"
    shown = (await ehc.get(PAGE)).text
    assert ("Support has been given since" in shown, "Support has begun" in shown) == (True, False)
    ending = (await ehc.get(f"{PAGE}/end")).text
    assert ("Support is given no more" in ending, "back at its school" in ending) == (True, False)
    told = [kind for key, _, kind in await house.said() if key == ID]
    assert told[-3:] == ["support.awaited.v1", "support.settled.v1", "support.started.v1"]


async def test_a_program_settles_support_by_the_same_calls(house: House) -> None:
    await agreed(house)
    await house.running.runner.command(
        CorrectDecision(CASE_ID, "officer", Judgement(**MAINSTREAM), "It was wrong.")
    )
    (waits,) = (await house.get("/placements"))["placements"]
    assert (waits["support_at"], waits["kind"]) == (OWN, None)
    seen = waits["seen"]
    settled = await done(house, f"{WAY}/confirm", {"starts_on": str(STARTS_ON), "seen": seen})
    late = {"starts_on": "2026-04-14", "seen": seen}
    assert await problem(house, f"{WAY}/confirm", late) == (409, "changed-meanwhile")
    today = {"started_on": "2026-03-05", "seen": settled["seen"]}
    assert await problem(house, f"{WAY}/start", today) == (409, "before-the-first-day")
    assert (await done(house, f"{WAY}/start", today | {"early": True}))["state"] == "started"
