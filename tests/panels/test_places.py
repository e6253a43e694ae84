"""Places of a setting: never more kept than there are, unless somebody said why; and each child has one."""

from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from chassis.decision import Refused
from schemas.places_v1 import Coming, OutOfUse, PlacesCounted
from services.panels.domain.cases.case import case_id_of
from services.panels.domain.placing import commands as asked
from services.panels.domain.placing.placement import placement_id_of
from services.panels.domain.placing.places import Kept, Places
from tests.panels.builders import a_referral_id, a_routed_referral
from tests.panels.placing import ELM, OAK, SPECIAL, PlacesBench

APRIL, MAY, JUNE = date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)


def some_places(number: int, **given: Any) -> Places:
    return Places(places_id=f"{OAK}:{SPECIAL}", setting=OAK, kind=SPECIAL, number=number, **given)


def test_a_place_is_kept_from_the_first_day_to_the_last_and_free_on_the_next() -> None:
    places = some_places(1, kept=(Kept(placement_id="a", from_on=APRIL, until_on=MAY),))
    days = (date(2026, 3, 31), APRIL, MAY, date(2026, 5, 2))
    assert [places.free_on(day) for day in days] == [1, 0, 0, 1]


def test_what_is_out_of_use_is_not_there_and_what_is_coming_is_there_from_its_day_on() -> None:
    out = OutOfUse(count=2, reason="building-work", from_on=APRIL, until_on=date(2026, 4, 30))
    places = some_places(3, out_of_use=(out,), coming=(Coming(count=4, from_on=JUNE),))
    assert [places.number_on(day) for day in (date(2026, 3, 31), APRIL, MAY, JUNE)] == [3, 1, 3, 7]


def test_a_place_without_an_end_is_free_only_where_it_stays_so() -> None:
    places = some_places(1, kept=(Kept(placement_id="a", from_on=MAY),))
    assert (places.free_on(APRIL), places.free_from(APRIL)) == (1, 0)


def test_the_numbers_are_said_and_said_again_once() -> None:
    bench = PlacesBench()
    bench.count(12)
    (said,) = bench.said
    assert isinstance(said, PlacesCounted)
    assert said.number == 12
    bench.count(12)
    assert bench.said == [said]


def test_numbers_make_sense() -> None:
    bench = PlacesBench()
    out = OutOfUse(count=0, reason="other", from_on=MAY, until_on=APRIL)
    with pytest.raises(Refused) as refused:
        bench.count(-1, out_of_use=(out,), coming=(Coming(count=-2, from_on=MAY),))
    assert [fault.code for fault in refused.value.faults] == [
        "out-of-range", "out-of-range", "ends-before-it-begins", "out-of-range",
    ]  # fmt: skip
    too_many = OutOfUse(count=3, reason="safety", from_on=APRIL, until_on=None)
    with pytest.raises(Refused) as more:
        bench.count(2, out_of_use=(too_many,))
    assert [fault.code for fault in more.value.faults] == ["more-than-there-are"]


def test_places_in_use_are_not_taken_away_without_a_reason() -> None:
    bench = PlacesBench()
    bench.offered_at_oak()
    closed = OutOfUse(count=1, reason="staffing", from_on=MAY, until_on=None)
    with pytest.raises(Refused, match="no-place-free"):
        bench.count(1, out_of_use=(closed,))
    bench.count(1, out_of_use=(closed,), because="They share a room until July.")
    beyond = bench.places().beyond
    assert beyond is not None
    assert (beyond.excess, beyond.by, beyond.reason) == (1, "tom", "They share a room until July.")
    bench.count(2, out_of_use=(closed,))
    assert bench.places().beyond is None, "with enough places the reason is over"


def test_two_people_do_not_overwrite_each_other() -> None:
    bench = PlacesBench()
    bench.count(3)
    bench.count(4, seen=1)
    with pytest.raises(Refused, match="changed-meanwhile"):
        bench.count(5, seen=1)
    assert bench.places().number == 4


DAYS = st.integers(0, 120).map(lambda n: date(2026, 3, 5) + timedelta(days=n))
SETTINGS = st.sampled_from([OAK, ELM])
WHY = st.sampled_from(["", "", "", "The tribunal named this school."])


class AfterThePanel(RuleBasedStateMachine):
    """Whatever is offered, taken, begun, ended and counted, in whatever order and on whatever day."""

    children = Bundle("children")

    def __init__(self) -> None:
        super().__init__()
        self.bench = PlacesBench()
        self.numbers = count(1)
        self.known: list[str] = []
        self.reasons: set[str] = set()

    def tries(self, command: object) -> None:
        try:
            self.bench.deliver(command)
        except Refused:
            return
        because = getattr(command, "because", "")
        if because:
            self.reasons.add(because)

    @rule(target=children)
    def a_child_waits(self) -> str:
        n = next(self.numbers)
        self.bench.deliver(a_routed_referral(n))
        case = self.bench.case(n)
        id = placement_id_of(case_id_of(a_referral_id(n)))
        self.bench.wait(case)
        self.known.append(id)
        return id

    @rule(setting=SETTINGS, number=st.integers(0, 3), out=st.integers(0, 2), first=DAYS, last=DAYS, why=WHY)
    def counted(self, setting: str, number: int, out: int, first: date, last: date, why: str) -> None:
        spell = (OutOfUse(count=out, reason="other", from_on=first, until_on=last),) if out else ()
        more = (Coming(count=1, from_on=last),) if number == 1 else ()
        self.tries(asked.CountPlaces(setting, SPECIAL, number, "tom", spell, more, why))

    @rule(child=children, setting=SETTINGS, starts_on=DAYS, why=WHY)
    def offered(self, child: str, setting: str, starts_on: date, why: str) -> None:
        if not why and self.bench.placement(child).status == "awaiting":
            asked_before = any(c.setting == setting for c in self.bench.placement(child).consultations)
            if not asked_before:
                self.bench.answered(
                    child, self.bench.consult(child, setting, child + setting), child + setting
                )
        self.tries(asked.OfferPlace(child, setting, SPECIAL, starts_on, self.bench.now.date(), "tom", why))

    @rule(child=children)
    def accepted(self, child: str) -> None:
        self.tries(asked.AcceptOffer(child, "parent-or-carer", self.bench.now.date(), "tom"))

    @rule(child=children, starts_on=DAYS, why=WHY)
    def confirmed(self, child: str, starts_on: date, why: str) -> None:
        self.tries(asked.ConfirmStart(child, self.where(child), starts_on, "tom", why))

    @rule(child=children)
    def declined(self, child: str) -> None:
        self.tries(asked.DeclineOffer(child, self.where(child), "family-declined"))

    @rule(child=children)
    def started(self, child: str) -> None:
        self.tries(asked.NoteStart(child, self.where(child), self.bench.now.date(), "tom"))

    @rule(child=children)
    def ended(self, child: str) -> None:
        self.tries(asked.EndPlacement(child, self.where(child), "moved-on", self.bench.now.date()))

    @rule(days=st.integers(1, 30))
    def time_passes(self, days: int) -> None:
        self.bench.advance(self.bench.now + timedelta(days=days))

    def where(self, child: str) -> str:
        offer = self.bench.placement(child).offer
        return offer.places_id if offer else ""

    def all_places(self) -> list[Places]:
        return [places for each in (OAK, ELM) if (places := self.bench.places_or_none(each))]

    @invariant()
    def never_more_in_use_than_there_are_unless_somebody_said_why(self) -> None:
        today = self.bench.now.date()
        for places in self.all_places():
            allowed = places.beyond.excess if places.beyond else 0
            for day in (today + timedelta(days=n) for n in range(150)):
                assert places.kept_on(day) - places.number_on(day) <= allowed
            if places.beyond:
                assert places.beyond.reason in self.reasons | {"The child is there already."}

    @invariant()
    def every_child_that_took_a_place_has_exactly_one_and_who_waits_has_none(self) -> None:
        today = self.bench.now.date()
        kept = [each for places in self.all_places() for each in places.kept]
        for id in self.known:
            placement = self.bench.placement(id)
            mine = [each for each in kept if each.placement_id == id]
            current = [each for each in mine if each.until_on is None]
            assert len(mine) <= 1 or placement.status in ("awaiting", "offered", "ended"), mine
            if placement.status in ("offered", "accepted", "confirmed", "started"):
                assert placement.offer is not None
                assert len(current) == 1
            else:
                assert current == []
                assert all(each.until_on is not None and each.until_on >= today for each in mine)


AfterThePanel.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
test_whatever_happens = AfterThePanel.TestCase
