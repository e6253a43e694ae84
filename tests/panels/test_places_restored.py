"""Places and placements are made again of what was said about them: the same, words and who noted them too."""

from datetime import date
from typing import Any

from chassis.decision import World
from chassis.learning import Restoring
from schemas.envelope import Event
from services.panels import learning
from services.panels.domain.heard import ALIAS
from services.panels.domain.placing import commands as asked
from services.panels.domain.placing.consulting import owed, remind
from services.panels.domain.placing.placement import LINK, PLACEMENT, Placement
from services.panels.domain.placing.places import Places
from tests.panels.builders import BOOK, MONDAY, at
from tests.panels.placing import (
    CENTRE,
    ELM,
    PlacesBench,
    accepted_by_the_centre,
    hashed,
    referred_to_the_centre,
)
from tests.panels.test_short_placements import FIRST, ID, LAST

RULES: Restoring = learning.build(BOOK).restoring
#: What is not told: why more places are kept than there are and who said so, how often and when something changed.
NOT_SAID = {
    "beyond",
    "history",
    "changes",
    "at",
    "reminded",
    "link_lost",
}


def restored(events: list[Event]) -> dict[tuple[str, str], Any]:
    """The states to which these facts lead."""
    states: dict[tuple[str, str], Any] = {}
    known = [each for each in events if type(each) in RULES.rules]
    for event in sorted(known, key=lambda each: RULES.rules[type(each)].fills):
        found = RULES.rules.get(type(event))
        if found is None or found.kind.name not in ("placement", "places"):
            continue
        key = (found.kind.name, found.key(event))
        decision = found.decide(states.get(key), event)
        if decision.state is not None:
            states[key] = decision.state
    return states


def said(state: Any) -> Any:
    """A state without what was never published."""
    dumped = state.model_dump(mode="json")
    if isinstance(state, Placement) and state.ended:
        dumped["ended"].pop("at")

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: bare(v) for k, v in value.items() if k not in NOT_SAID}
        return [bare(each) for each in value] if isinstance(value, list) else value

    return bare(dumped)


def same(bench: PlacesBench, id: str, *places: Places) -> None:
    states = restored(bench.said)
    assert said(states["placement", id]) == said(bench.placement(id))
    for each in places:
        assert said(states["places", each.places_id]) == said(each)


def test_a_way_with_a_refusal_an_offer_that_was_declined_and_a_place_in_the_end() -> None:
    bench = PlacesBench()
    case_id = bench.a_heard_case()
    bench.said.clear()
    bench.decide(case_id)
    id = next(each.key for each in bench.said if each.type == "place.awaited.v1")
    bench.count(1)
    bench.answered(id, bench.consult(id))
    same(bench, id, bench.places())
    bench.offer(id)
    bench.deliver(asked.DeclineOffer(id, bench.places().places_id, "family-declined"))
    same(bench, id, bench.places())
    bench.offer(id, ELM, because="The tribunal named it.")
    bench.accept(id)
    same(bench, id, bench.places(), bench.places(ELM))
    bench.confirm_start(id)
    bench.advance(at("2026-04-14 12:00"))
    bench.deliver(asked.NoteStart(id, bench.places(ELM).places_id, date(2026, 4, 14), "tom"))
    same(bench, id, bench.places(ELM))
    bench.deliver(asked.EndPlacement(id, bench.places(ELM).places_id, "moved-away", date(2026, 4, 14)))
    same(bench, id, bench.places(ELM))


def test_a_school_that_owes_an_answer_needs_a_new_link_and_is_among_those_to_remind() -> None:
    bench = PlacesBench()
    case_id = bench.a_heard_case()
    bench.decide(case_id)
    id = next(each.key for each in bench.said if each.type == "place.awaited.v1")
    bench.count(1)
    bench.answered(id, bench.consult(id))
    bench.count(1, ELM)
    bench.consult(id, ELM, "elm")
    placement = restored(bench.said)["placement", id]
    assert [(each.consultation.setting, each.why) for each in owed(placement, MONDAY.date())] == [
        (ELM, "link-lost")
    ]
    assert owed(bench.placement(id), bench.now.date()) == []
    (waits,) = placement.unanswered
    given = asked.Remind(id, waits.consultation_id, hashed("new"), None, **bench.of_whom(id))
    world = World({PLACEMENT.at(id): placement, ALIAS.at(given.child_id): None})
    changes = remind(world, given, None, bench.now)
    reminded = changes.decisions[PLACEMENT.at(id)].state
    assert isinstance(reminded, Placement)
    assert owed(reminded, MONDAY.date()) == []
    assert changes.decisions[LINK.at(hashed("new"))].state is not None


def test_a_short_placement_from_first_day_to_last() -> None:
    bench = PlacesBench()
    bench.deliver(referred_to_the_centre())
    bench.said.clear()
    bench.count(2, CENTRE, kind=CENTRE)
    bench.deliver(accepted_by_the_centre(1, MONDAY, FIRST, LAST))
    bench.advance(at("2026-03-02 12:00"))
    places_id = bench.places(CENTRE, CENTRE).places_id
    bench.deliver(asked.NoteReview(ID, places_id, date(2026, 3, 27), "tom"))
    bench.advance(at("2026-03-09 12:00"))
    bench.deliver(asked.NoteReview(ID, places_id, date(2026, 3, 27), "tom", helped="yes"))
    lost, kept = restored(bench.said)["placement", ID], bench.placement(ID)
    assert (lost.ends_on, lost.reviews) == (date(2026, 3, 27), kept.reviews)
    assert [each.state for each in lost.history] == [each.state for each in kept.history]
    bench.advance(at("2026-04-01 12:00"))
    same(bench, ID, bench.places(CENTRE, CENTRE))


def test_a_short_placement_that_was_given_longer_does_not_end_on_its_former_day() -> None:
    bench = PlacesBench()
    bench.deliver(referred_to_the_centre())
    bench.deliver(accepted_by_the_centre(1, MONDAY, FIRST, LAST))
    bench.advance(at("2026-03-02 12:00"))
    bench.said.clear()
    bench.deliver(asked.NoteReview(ID, bench.places(CENTRE, CENTRE).places_id, date(2026, 3, 27), "tom"))
    longer = next(each for each in bench.said if each.type == "placement.confirmed.v1")
    decision = RULES.rules[type(longer)].decide(bench.placement(ID), longer)
    assert {due.what: due.at for due in decision.due} == {
        "placement-ends": at("2026-03-28 06:00"),
        "placement-review": None,
    }


def test_what_is_due_for_a_settled_first_day_is_set_again() -> None:
    bench = PlacesBench()
    bench.deliver(referred_to_the_centre())
    (confirmed, _) = bench.deliver(accepted_by_the_centre(1, MONDAY, FIRST, LAST))
    decision = RULES.rules[type(confirmed)].decide(None, confirmed)
    assert {due.what: due.at for due in decision.due} == {
        due.what: due.at for due in bench.due if due.id == ID
    }
    assert PLACEMENT.name == "placement"
