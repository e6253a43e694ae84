"""Who may appoint whom, who stands in for whom, and that somebody can always appoint somebody."""

from datetime import timedelta
from typing import Any, get_args

import pytest

from chassis.decision import Refused
from chassis.testing import Bench
from schemas.staff_v1 import Role, StaffDetails
from services.referrals.domain.roles import SCOPES
from services.referrals.domain.staff.commands import (
    OPERATOR,
    AppointStaff,
    ArrangeCover,
    CorrectStaff,
    EndCover,
    EndRole,
    GiveRole,
    StaffLeaves,
    Wanted,
)
from services.referrals.domain.staff.members import ADMINISTRATORS, ALL, STAFF, Staff, counted
from services.referrals.domain.staff.tokens import API_TOKEN, MakeToken, RevokeToken
from tests.referrals.builders import NOW, TODAY, bench

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
LARKSPUR, FOXGLOVE = "900001", "900002"


def appointed(
    rules: Bench, id: str, role: Role, scope: str | None = None, *, by: str = OPERATOR, **given: Any
) -> list[Any]:
    """Appoints somebody to one role; answers what was said."""
    wanted = Wanted(role, scope, given.pop("from_day", TODAY), given.pop("until", None))
    fields = {"subject": f"idp|{id}", "name": id.title(), "email": f"{id}@council.example", **given}
    return rules.deliver(AppointStaff(id, fields["subject"], fields["name"], fields["email"], (wanted,), by))


def of(rules: Bench, id: str) -> Staff:
    state = rules.state(STAFF, id)
    assert state is not None
    return state


def refused(rules: Bench, command: object) -> Refused:
    with pytest.raises(Refused) as said:
        rules.deliver(command)
    return said.value


@pytest.fixture
def rules() -> Bench:
    """A council with one of each who manages staff."""
    made = bench()
    appointed(made, "ada", "administrator")
    appointed(made, "max", "service-manager", by="ada")
    appointed(made, "hetty", "headteacher", LARKSPUR, by="max")
    return made


def test_whoever_starts_is_told_to_all_services(rules: Bench) -> None:
    said = appointed(rules, "tom", "team-member", "deaf", by="max")
    assert [type(each) for each in said] == [StaffDetails]
    assert (said[0].name, said[0].active) == ("Tom", True)
    assert [(g.role, g.scope) for g in said[0].grants] == [("team-member", "deaf")]


def test_to_appoint_the_same_person_again_changes_nothing(rules: Bench) -> None:
    appointed(rules, "tom", "team-member", "deaf", by="max")
    assert appointed(rules, "tom", "team-member", "deaf", by="max") == []


def test_somebody_may_hold_two_roles(rules: Bench) -> None:
    appointed(rules, "tom", "team-member", "deaf", by="max")
    rules.deliver(GiveRole("tom", Wanted("panel-member", None, TODAY), "max"))
    assert {g.role for g in of(rules, "tom").held_on(TODAY)} == {"team-member", "panel-member"}


@pytest.mark.parametrize(
    ("by", "role", "scope"),
    [
        ("max", "administrator", None),
        ("max", "service-manager", None),
        ("hetty", "school-user", FOXGLOVE),
        ("hetty", "headteacher", LARKSPUR),
        ("hetty", "team-member", "deaf"),
        ("nobody", "school-user", LARKSPUR),
    ],
)
def test_nobody_gives_a_role_that_they_have_no_say_over(
    rules: Bench, by: str, role: Role, scope: str | None
) -> None:
    with pytest.raises(Refused) as said:
        appointed(rules, "new", role, scope, by=by)
    assert said.value.code == "not-yours-to-give"
    assert rules.state(STAFF, "new") is None


def test_a_headteacher_lets_several_people_work_for_the_school(rules: Bench) -> None:
    appointed(rules, "sen", "school-user", LARKSPUR, by="hetty")
    appointed(rules, "deputy", "school-user", LARKSPUR, by="hetty")
    assert of(rules, "deputy").held_on(TODAY)[0].by == "hetty"


@pytest.mark.parametrize("role", ["administrator", "deciding-officer"])
def test_nobody_raises_their_own_rights(rules: Bench, role: Role) -> None:
    for id in ("ada", "max"):
        assert refused(rules, GiveRole(id, Wanted(role, None, TODAY), id)).code == "own-rights"


def test_nobody_appoints_themselves(rules: Bench) -> None:
    with pytest.raises(Refused) as said:
        appointed(rules, "ada", "service-manager", by="ada")
    assert said.value.code == "own-rights"


@pytest.mark.parametrize("role", get_args(Role))
def test_every_role_is_limited_to_what_it_is_for(rules: Bench, role: Role) -> None:
    fits = {
        "school": LARKSPUR,
        "team": "deaf",
        "area": "DSPL5",
        "area-or-school": "DSPL5",
        "panel-or-all": "placement",
        "all": None,
    }[SCOPES[role]]
    wrong: list[str | None] = ["900999", "no-such-team", ""]
    wrong += [None] if fits not in (None, "placement") else []
    for scope in wrong:
        with pytest.raises(Refused) as said:
            appointed(rules, "new", role, scope, by="ada")
        assert [fault.field for fault in said.value.faults] == ["scope"]
    assert appointed(rules, "new", role, fits, by="ada")


def test_every_fault_of_a_starter_is_named_at_once(rules: Bench) -> None:
    wanted = (Wanted("team-member", None, TODAY, YESTERDAY),)
    said = refused(rules, AppointStaff("new", " ", "", "nowhere", wanted, "ada"))
    assert [fault.field for fault in said.faults] == ["name", "email", "scope", "until"]


@pytest.mark.parametrize("name", ["", "x" * 101, "two\nlines", "zero\u200bwidth"])
def test_a_name_is_one_line(rules: Bench, name: str) -> None:
    said = refused(rules, CorrectStaff("max", name, "max@council.example", "ada"))
    assert said.code == "staff-faulty"


def test_a_name_in_any_script_is_taken(rules: Bench) -> None:
    rules.deliver(CorrectStaff("max", "ماكس Öz 🌍", "max@council.example", "ada"))
    assert of(rules, "max").name == "ماكس Öz 🌍"


def test_a_role_is_held_from_its_first_day_to_its_last(rules: Bench) -> None:
    appointed(rules, "tom", "team-member", "deaf", by="max", from_day=TOMORROW, until=TOMORROW)
    held = [len(of(rules, "tom").held_on(TODAY + timedelta(days=n))) for n in range(3)]
    assert held == [0, 1, 0]


def test_a_role_ends_at_once_or_with_a_day(rules: Bench) -> None:
    appointed(rules, "tom", "team-member", "deaf", by="max")
    appointed(rules, "tom", "team-member", "vision", by="max")
    rules.deliver(EndRole("tom", "team-member", "deaf", "max", TOMORROW))
    rules.deliver(EndRole("tom", "team-member", "vision", "max"))
    assert [g.scope for g in of(rules, "tom").held_on(TODAY)] == ["deaf"]
    assert of(rules, "tom").held_on(TOMORROW + timedelta(days=1)) == []


def test_a_role_that_ended_today_was_held_this_morning(rules: Bench) -> None:
    appointed(rules, "tom", "team-member", "deaf", by="max")
    rules.now = NOW + timedelta(hours=3)
    rules.deliver(EndRole("tom", "team-member", "deaf", "max"))
    [grant] = of(rules, "tom").grants
    assert grant.was_held_at(NOW + timedelta(hours=1))
    assert not grant.was_held_at(NOW + timedelta(hours=4))


def test_a_role_that_is_not_held_cannot_end(rules: Bench) -> None:
    assert refused(rules, EndRole("max", "chair", None, "ada")).code == "role-not-held"


def test_a_headteacher_ends_what_the_school_gave_and_nothing_else(rules: Bench) -> None:
    appointed(rules, "sen", "school-user", LARKSPUR, by="hetty")
    appointed(rules, "sen", "school-user", FOXGLOVE, by="max")
    assert refused(rules, EndRole("sen", "school-user", FOXGLOVE, "hetty")).code == "not-yours-to-give"
    assert refused(rules, StaffLeaves("sen", "hetty")).code == "not-yours-to-give"
    assert rules.deliver(EndRole("sen", "school-user", LARKSPUR, "hetty"))


def test_whoever_leaves_at_once_has_left(rules: Bench) -> None:
    appointed(rules, "tom", "team-member", "deaf", by="max")
    [said] = rules.deliver(StaffLeaves("tom", "max"))
    assert isinstance(said, StaffDetails)
    assert not said.active
    assert of(rules, "tom").held_on(TODAY) == []


def test_whoever_leaves_with_a_day_works_until_it_is_over(rules: Bench) -> None:
    appointed(rules, "tom", "team-member", "deaf", by="max")
    rules.deliver(StaffLeaves("tom", "max", TOMORROW))
    assert of(rules, "tom").active
    rules.advance(NOW + timedelta(days=1))
    assert of(rules, "tom").active
    rules.advance(NOW + timedelta(days=2))
    assert not of(rules, "tom").active
    assert isinstance(rules.said[-1], StaffDetails)


def test_whoever_comes_back_in_time_does_not_leave(rules: Bench) -> None:
    appointed(rules, "tom", "team-member", "deaf", by="max")
    rules.deliver(StaffLeaves("tom", "max", TOMORROW))
    appointed(rules, "tom", "team-member", "vision", by="max")
    rules.advance(NOW + timedelta(days=9))
    assert of(rules, "tom").active
    assert [g.scope for g in of(rules, "tom").held_on(rules.now.date())] == ["vision"]


def test_whoever_has_left_may_start_again_under_another_name(rules: Bench) -> None:
    appointed(rules, "tom", "team-member", "deaf", by="max")
    rules.deliver(StaffLeaves("tom", "max"))
    appointed(rules, "tom", "team-member", "vision", by="max", name="Tom Marlow")
    assert (of(rules, "tom").active, of(rules, "tom").name) == (True, "Tom Marlow")
    assert [g.scope for g in of(rules, "tom").held_on(TODAY)] == ["vision"]


@pytest.mark.parametrize(
    "command",
    [
        StaffLeaves("ada", "max"),
        StaffLeaves("ada", OPERATOR),
        StaffLeaves("ada", "ada", TOMORROW),
        EndRole("ada", "administrator", None, "ada"),
        EndRole("ada", "administrator", None, OPERATOR, TOMORROW),
    ],
)
def test_one_administrator_always_remains(rules: Bench, command: object) -> None:
    assert refused(rules, command).code in ("last-administrator", "not-yours-to-give")
    assert of(rules, "ada").held_on(TODAY)


def test_an_administrator_may_go_once_there_is_another(rules: Bench) -> None:
    appointed(rules, "bea", "administrator", by="ada")
    rules.deliver(StaffLeaves("ada", "bea"))
    assert refused(rules, StaffLeaves("bea", OPERATOR)).code == "last-administrator"


def test_an_administrator_of_next_month_is_none_today(rules: Bench) -> None:
    appointed(rules, "bea", "administrator", by="ada", from_day=TODAY + timedelta(days=30))
    assert refused(rules, StaffLeaves("ada", OPERATOR)).code == "last-administrator"
    rules.now = NOW + timedelta(days=30)
    assert rules.deliver(StaffLeaves("ada", OPERATOR))


def test_an_administrator_for_a_while_does_not_count(rules: Bench) -> None:
    appointed(rules, "bea", "administrator", by="ada", until=TODAY + timedelta(days=30))
    assert refused(rules, StaffLeaves("ada", OPERATOR)).code == "last-administrator"


def test_administrators_are_counted_anew_after_a_recovery(rules: Bench) -> None:
    roster = rules.state(ADMINISTRATORS, ALL)
    afresh = bench()
    afresh.deliver(counted([of(rules, id) for id in ("ada", "max", "hetty")]))
    assert afresh.state(ADMINISTRATORS, ALL) == roster


def covered(rules: Bench, by: str = "max", **given: Any) -> ArrangeCover:
    fields: dict[str, Any] = {
        "staff_id": "uma",
        "away": "tom",
        "from_day": TODAY,
        "until": TODAY + timedelta(days=4),
    }
    return ArrangeCover(**(fields | given), by=by)


@pytest.fixture
def team(rules: Bench) -> Bench:
    """Tom of the deaf team, and Uma of the vision team."""
    appointed(rules, "tom", "team-member", "deaf", by="max")
    appointed(rules, "uma", "team-member", "vision", by="max")
    return rules


def test_cover_is_told_to_all_services(team: Bench) -> None:
    [said] = team.deliver(covered(team))
    assert isinstance(said, StaffDetails)
    assert [(c.staff_id, c.until) for c in said.covers] == [("tom", TODAY + timedelta(days=4))]


def test_cover_can_end_before_its_day(team: Bench) -> None:
    team.deliver(covered(team))
    team.now = NOW + timedelta(days=2)
    team.deliver(EndCover("uma", "tom", "max"))
    [cover] = of(team, "uma").covers
    assert [cover.holds_on(TODAY + timedelta(days=n)) for n in range(4)] == [True, True, False, False]
    assert refused(team, EndCover("uma", "tom", "max")).code == "not-covered"


def test_cover_may_be_arranged_for_somebody_who_has_left(team: Bench) -> None:
    team.deliver(StaffLeaves("tom", "max"))
    assert team.deliver(covered(team))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"staff_id": "tom"}, "covers-oneself"),
        ({"staff_id": "max"}, "own-rights"),
        ({"staff_id": "stranger"}, "staff-unknown"),
        ({"away": "stranger"}, "staff-unknown"),
        ({"until": YESTERDAY}, "date-passed"),
        ({"from_day": TODAY + timedelta(days=5)}, "date-passed"),
        ({"until": TODAY + timedelta(days=400)}, "cover-too-long"),
        ({"away": "ada"}, "nothing-to-cover"),
        ({"by": "hetty"}, "not-yours-to-give"),
    ],
)
def test_cover_that_cannot_be_is_refused(team: Bench, given: dict[str, Any], code: str) -> None:
    assert refused(team, covered(team, **given)).code == code


def test_what_a_chair_decides_in_person_cannot_be_taken_over(team: Bench) -> None:
    appointed(team, "cleo", "chair", by="max")
    assert refused(team, covered(team, away="cleo")).code == "nothing-to-cover"


# Tokens of schools' systems ----------------------------------------------------------------------------


def making(**given: Any) -> MakeToken:
    fields: dict[str, Any] = {
        "token_id": "t1", "sha256": "ab" * 32, "name": "Arbor", "urn": LARKSPUR,
        "scopes": frozenset({"referrals:submit"}), "by": "ada",
    }  # fmt: skip
    return MakeToken(**(fields | given))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "A" * 81}, "name"),
        ({"name": "Arbor\n"}, "name"),
        ({"urn": "999999"}, "urn"),
        ({"scopes": frozenset()}, "scopes"),
        ({"scopes": frozenset({"referrals:submit", "everything"})}, "scopes"),
    ],
)
def test_a_token_is_for_a_named_system_of_a_known_school_and_for_what_tokens_may(
    given: dict[str, Any], field: str
) -> None:
    on = bench()
    with pytest.raises(Refused) as refused:
        on.deliver(making(**given))
    assert (refused.value.code, [fault.field for fault in refused.value.faults]) == ("token-faulty", [field])
    assert on.state(API_TOKEN, "t1") is None


def test_a_token_is_made_once_and_only_one_that_there_is_can_be_revoked() -> None:
    on = bench()
    on.deliver(making())
    with pytest.raises(Refused, match="token-known"):
        on.deliver(making(urn=FOXGLOVE))
    with pytest.raises(Refused, match="token-unknown"):
        on.deliver(RevokeToken("t2", "ada"))
    on.deliver(RevokeToken("t1", "ada"))
    kept = on.state(API_TOKEN, "t1")
    assert kept is not None
    assert (kept.urn, kept.revoked_by) == (LARKSPUR, "ada")
