"""Names, records of one child, and a move to another school, as rules."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.decision import Refused
from chassis.testing import Bench
from schemas.children_v1 import ChildMoved, PersonMerged, PersonUnmerged
from schemas.personal_v1 import PersonDetails
from services.referrals.domain.children.aliases import ALIAS, Alias, KeepApart, MergePersons, UnmergePersons
from services.referrals.domain.children.names import likeness
from services.referrals.domain.children.persons import PERSON
from services.referrals.domain.commands import AcceptReferral, WithdrawReferral
from services.referrals.domain.referral import REFERRAL, Referral
from services.referrals.domain.work.relocating import MoveChild
from tests.referrals.builders import NOW, TODAY, bench, book, form, referral_id, submit, upn_of

WHY = "The school confirmed by telephone."


def child(n: int) -> str:
    """The id of the child of the n-th referral, which has the n-th UPN."""
    return book().ids.child("", upn_of(n))


def with_children(*children: dict[str, Any]) -> Bench:
    """The rules, and a referral of each of these children."""
    on = bench()
    for n, changes in enumerate(children, 1):
        on.deliver(submit(form(child__upn=upn_of(n), **changes), n))
    return on


def into(on: Bench, id: str) -> str | None:
    return (on.state(ALIAS, id) or Alias()).into


# Names ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "another"),
    [
        ("José Núñez", "Jose Nunez"),
        ("Hazelden Wilf", "wilf  HAZELDEN"),
        ("Siân O'Neill", "Sian ONeill"),
        ("Łukasz Wójcik", "Lukasz Wojcik"),
        ("Anne-Marie Weiß", "anne marie weiss"),
        ("Søren Ærø", "Soren Aero"),
        ("Wilf 😀 Hazelden", "Wilf Hazelden"),
        ("\u202eWilf Hazelden", "Wilf Hazelden"),
    ],
)
def test_two_spellings_of_one_name_look_the_same(one: str, another: str) -> None:
    assert likeness(one) == likeness(another)


def test_a_name_in_another_alphabet_is_one_like_any_other() -> None:
    assert likeness("محمد علي") == likeness("علي محمد")
    assert likeness("محمد علي") != likeness("محمد علا")
    assert likeness("王小明").isascii()


@given(st.text(max_size=300))
def test_whatever_was_typed_has_a_likeness_that_is_its_own_likeness(text: str) -> None:
    once = likeness(text)
    assert once.isascii()
    assert likeness(once) == once


@given(st.text(st.characters(codec="ascii"), max_size=100))
def test_a_name_without_accents_is_read_as_one_among_others_that_have_some(text: str) -> None:
    beside_another = likeness(text, "\u00f8")
    assert beside_another.split() == sorted([*likeness(text).split(), "o"])


# Records of one child ---------------------------------------------------------------------------------------


def test_one_record_stands_for_both_and_nothing_of_either_is_rewritten() -> None:
    on = with_children({}, {})
    before = {id: on.state(PERSON, id) for id in (child(1), child(2))}
    referrals = [on.state(REFERRAL, referral_id(n)) for n in (1, 2)]
    said = on.deliver(MergePersons(child(1), child(2), "mo", WHY))
    assert into(on, child(2)) == child(1)
    assert into(on, child(1)) is None
    assert {id: on.state(PERSON, id) for id in before} == before
    assert [on.state(REFERRAL, referral_id(n)) for n in (1, 2)] == referrals
    assert [type(each) for each in said] == [PersonMerged, PersonDetails]


def test_families_are_told_at_the_contacts_of_the_record_that_is_kept_until_it_is_undone() -> None:
    born = "2008-01-05"
    on = with_children(
        {"child__born": born, "child__email": "kept@pupils.example.org"},
        {"child__born": born, "child__email": "other@pupils.example.org"},
    )
    said = on.deliver(MergePersons(child(1), child(2), "mo", WHY))
    details = next(each for each in said if isinstance(each, PersonDetails))
    assert (details.person_id, details.email) == (child(2), "kept@pupils.example.org")
    assert details.upn == upn_of(2), "whose record it is stays as it was"
    undone = on.deliver(UnmergePersons(child(1), child(2), "mo", WHY))
    again = next(each for each in undone if isinstance(each, PersonDetails))
    assert again.email == "other@pupils.example.org"
    assert any(isinstance(each, PersonUnmerged) for each in undone)
    with pytest.raises(Refused, match="not-merged"):
        on.deliver(UnmergePersons(child(1), child(2), "mo", WHY))


def test_two_birth_dates_are_two_children() -> None:
    on = with_children({}, {"child__born": "2016-05-18"})
    with pytest.raises(Refused, match="born-differs"):
        on.deliver(MergePersons(child(1), child(2), "mo", WHY))


def test_an_adult_a_stranger_and_the_record_itself_are_refused() -> None:
    on = with_children({})
    adult = book().ids.adult(referral_id(1), 0)
    for other, code in ((adult, "child-unknown"), ("nobody", "child-unknown"), (child(1), "one-record")):
        with pytest.raises(Refused, match=code):
            on.deliver(MergePersons(child(1), other, "mo", WHY))


def test_a_merge_needs_its_reason() -> None:
    with pytest.raises(Refused, match="reason-missing"):
        with_children({}, {}).deliver(MergePersons(child(1), child(2), "mo", "  same  "))


def test_whoever_stands_for_themselves_no_longer_is_merged_no_further() -> None:
    on = with_children({}, {}, {})
    on.deliver(MergePersons(child(1), child(2), "mo", WHY))
    for kept, other in ((child(2), child(3)), (child(3), child(2)), (child(2), child(1))):
        with pytest.raises(Refused, match="merged-already"):
            on.deliver(MergePersons(kept, other, "mo", WHY))


def test_what_was_kept_apart_is_remembered_and_a_merge_after_all_forgets_it() -> None:
    on = with_children({}, {})
    on.deliver(KeepApart(child(1), child(2), "mo", WHY))
    alias = on.state(ALIAS, child(2))
    assert alias is not None
    assert alias.apart == {child(1)}
    on.deliver(MergePersons(child(1), child(2), "mo", WHY))
    with pytest.raises(Refused, match="merged-already"):
        on.deliver(KeepApart(child(1), child(2), "mo", WHY))


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=12))
def test_undone_in_any_order_every_merge_leaves_all_as_it_was(pairs: list[tuple[int, int]]) -> None:
    on = with_children({}, {}, {}, {}, {})
    persons = [on.state(PERSON, child(n)) for n in range(1, 6)]
    done: list[tuple[str, str]] = []
    for kept, other in pairs:
        try:
            on.deliver(MergePersons(child(kept), child(other), "mo", WHY))
        except Refused:
            continue
        done.append((child(kept), child(other)))
    for n in range(1, 6):
        way, seen = child(n), {child(n)}
        while (next_ := into(on, way)) is not None:
            assert next_ not in seen, "no record stands for itself by a detour"
            seen.add(next_)
            way = next_
    for first, second in sorted(done):
        on.deliver(UnmergePersons(first, second, "mo", WHY))
    assert [into(on, child(n)) for n in range(1, 6)] == [None] * 5
    assert [on.state(PERSON, child(n)) for n in range(1, 6)] == persons


# A move to another school -----------------------------------------------------------------------------------


def moves(on: Bench, urn: str, *referrals: int, on_day: date = TODAY) -> list[Any]:
    ids = tuple(referral_id(n) for n in referrals)
    return on.deliver(MoveChild(child(1), ids, urn, on_day, "sam"))


def referral(on: Bench, n: int = 1) -> Referral:
    found = on.state(REFERRAL, referral_id(n))
    assert found is not None
    return found


def test_what_is_open_goes_to_the_new_school_and_where_it_was_stays_known() -> None:
    on = with_children({})
    said = moves(on, "900002", 1, on_day=TODAY + timedelta(days=5))
    after = referral(on)
    assert after.urn == "900002"
    assert [(each.urn, each.until) for each in after.schools] == [("900001", TODAY + timedelta(days=5))]
    assert after.version == 2
    assert after.history[-1].what == "moved"
    assert [each.former_urn for each in said if isinstance(each, ChildMoved)] == ["900001"]


def test_what_has_ended_stays_with_the_former_school() -> None:
    on = bench()
    on.deliver(submit(form(child__upn=upn_of(1)), 1))
    on.deliver(submit(form(child__upn=upn_of(1)), 2))
    on.deliver(WithdrawReferral(referral_id(1), "needs-met", by="sam"))
    moves(on, "900002", 1, 2)
    assert (referral(on, 1).urn, referral(on, 2).urn) == ("900001", "900002")


def other_area() -> str:
    """A primary school in another area than the form's."""
    return next(each.urn for each in book().register if each.area == "DSPL5" and each.kind == "primary")


def test_in_another_area_outreach_there_has_it_and_the_answer_says_so() -> None:
    on = with_children({"asks_for": "outreach"})
    on.deliver(AcceptReferral(referral_id(1), by="t"))
    moves(on, other_area(), 1)
    after = referral(on)
    assert (after.area, after.destination, after.status) == ("DSPL5", "single-service-dspl5", "routed")
    assert "The area is" in on.answer["sentence"]
    assert "Single Service Request" in on.answer["sentence"]


def test_a_team_for_the_whole_county_keeps_it_and_the_answer_says_so() -> None:
    on = with_children({})
    on.deliver(AcceptReferral(referral_id(1), by="t"))
    moves(on, other_area(), 1)
    after = referral(on)
    assert (after.area, after.status) == ("DSPL5", "accepted")
    assert "Those who have it keep it." in on.answer["sentence"]


def test_a_move_to_where_the_child_is_and_a_school_that_is_none_are_refused() -> None:
    on = with_children({})
    for urn, day, code in (
        ("900001", TODAY, "nothing-moves"),
        ("111111", TODAY, "urn-unknown"),
        ("900002", TODAY + timedelta(days=900), "day-far-off"),
    ):
        with pytest.raises(Refused, match=code):
            moves(on, urn, 1, on_day=day)
    assert NOW.date() == TODAY
