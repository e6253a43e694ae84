"""Who may see or do what, as the table says it: with two schools, two teams and two areas."""

from dataclasses import dataclass
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.staff_v1 import COVER, Role
from services.referrals.domain.permissions import (
    ACTIONS,
    ROLES,
    Action,
    Held,
    Subject,
    allows,
    gives,
    may,
    may_give,
    reach,
    shut_to,
)
from services.referrals.domain.roles import SCOPES, TABLE

SCHOOL, OTHER_SCHOOL = "900001", "900401"
AREA, OTHER_AREA = "DSPL1", "DSPL5"


@dataclass(frozen=True)
class Had:
    role: str
    scope: str | None = None


@dataclass(frozen=True)
class Somebody:
    grants: frozenset[Held] = frozenset()
    id: str = "me"


def somebody(role: str, scope: str | None = None, *more: Had) -> Somebody:
    return Somebody(frozenset({Had(role, scope), *more}))


def sent(kind: str = "advisory-team", destination: str = "deaf", **given: object) -> Subject:
    fields = {"urn": SCHOOL, "area": AREA, "destination": destination, "kind": kind}
    return Subject(**(fields | given))  # type: ignore[arg-type]


ADVICE = sent()
OUTREACH = sent("outreach", "outreach-dspl1")
ELSEWHERE = Subject(urn=OTHER_SCHOOL, area=OTHER_AREA, destination="vision", kind="advisory-team")


def test_every_role_has_a_line_a_limit_and_only_known_actions() -> None:
    assert set(TABLE) == set(SCOPES) == set(ROLES) == set(get_args(Role))
    assert {action for line in TABLE.values() for action in line} <= set(ACTIONS)


def test_every_action_is_somebodys() -> None:
    assert {action for line in TABLE.values() for action in line} == set(ACTIONS)


@pytest.mark.parametrize("action", ACTIONS)
def test_nobody_may_do_anything_without_a_role(action: Action) -> None:
    assert not may(Somebody(), action)
    assert not may(Somebody(), action, ADVICE)
    assert not may(somebody("no-such-role"), action)


def test_an_unknown_action_is_nobodys() -> None:
    assert not allows(somebody("administrator"), "referral:sea")


@pytest.mark.parametrize("role", ["school-user", "headteacher"])
def test_a_school_sees_its_own_wherever_it_went(role: str) -> None:
    me = somebody(role, SCHOOL)
    assert may(me, "referral:see", ADVICE)
    assert may(me, "referral:see", OUTREACH)
    assert not may(me, "referral:see", ELSEWHERE)
    assert not may(me, "referral:work", ADVICE)


def test_a_team_works_on_its_own_and_sees_no_other() -> None:
    me = somebody("team-member", "deaf")
    for action in ("referral:see", "referral:work", "queue:allocate"):
        assert may(me, action, ADVICE)
        assert not may(me, action, sent(destination="vision"))


def test_an_outreach_coordinator_has_the_areas_outreach_and_not_its_other_teams() -> None:
    me = somebody("outreach-coordinator", AREA)
    assert may(me, "referral:work", OUTREACH)
    assert not may(me, "referral:see", ADVICE)
    assert not may(me, "referral:see", sent("outreach", "outreach-dspl5", area=OTHER_AREA))


@pytest.mark.parametrize("scope", [AREA, SCHOOL])
def test_a_send_officer_sees_own_schools_and_works_on_nothing(scope: str) -> None:
    me = somebody("send-officer", scope)
    assert may(me, "referral:see", ADVICE)
    assert not may(me, "referral:see", ELSEWHERE)
    assert not may(me, "referral:work", ADVICE)


def test_an_ehc_coordinator_has_what_is_statutory_in_every_area() -> None:
    me = somebody("ehc-coordinator")
    assert may(me, "referral:work", sent("statutory-assessment", "statutory-assessment"))
    assert may(me, "referral:see", sent("placement-panel", "placement", area=OTHER_AREA))
    assert not may(me, "referral:see", ADVICE)
    assert may(me, "statutory:enter")


def test_an_administrator_sees_no_child() -> None:
    me = somebody("administrator")
    for action in ("referral:see", "child:see", "referral:work", "queue:see"):
        assert not may(me, action)


@pytest.mark.parametrize("role", ["panel-member", "chair", "deciding-officer"])
def test_whoever_decides_at_a_panel_has_nothing_to_do_here(role: str) -> None:
    assert not any(may(somebody(role), action) for action in ACTIONS)


def test_what_is_assigned_to_me_is_mine_wherever_it_went() -> None:
    me = somebody("team-member", "deaf")
    assert may(me, "referral:work", sent(destination="vision", assigned_to="me"))
    assert not may(me, "queue:allocate", sent(destination="vision", assigned_to="me"))
    assert not may(me, "referral:work", sent(destination="vision", assigned_to="tom"))


def test_what_is_assigned_to_whom_i_stand_in_for_is_mine() -> None:
    me = somebody("team-member", "deaf", Had(COVER, "tom"))
    assert may(me, "referral:work", sent(destination="vision", assigned_to="tom"))


def test_a_school_user_is_not_let_in_by_an_assignment() -> None:
    assert not may(somebody("school-user", OTHER_SCHOOL), "referral:see", sent(assigned_to="me"))


def test_a_restricted_case_opens_to_the_named_alone() -> None:
    case = sent(named=frozenset({"tom", "me"}))
    assert may(somebody("team-member", "deaf"), "referral:see", case)
    others = sent(named=frozenset({"tom"}))
    for role, scope in (("team-member", "deaf"), ("school-user", SCHOOL), ("service-manager", None)):
        assert not may(somebody(role, scope), "referral:see", others)
        assert shut_to(somebody(role, scope), "referral:see", others)


def test_to_be_named_lets_nobody_in_whose_work_it_is_not() -> None:
    assert not may(somebody("team-member", "vision"), "referral:see", sent(named=frozenset({"me"})))


def test_no_other_teams_case_looks_restricted() -> None:
    assert not shut_to(somebody("team-member", "vision"), "referral:see", sent(named=frozenset({"tom"})))


def test_a_subject_without_anything_lies_within_no_limit() -> None:
    for role, scope in (("school-user", SCHOOL), ("team-member", "deaf"), ("outreach-coordinator", AREA)):
        assert not may(somebody(role, scope), "referral:see", Subject())


def test_a_role_without_its_scope_reaches_nothing() -> None:
    for role in ("school-user", "headteacher", "team-member", "outreach-coordinator", "send-officer"):
        assert not any(may(somebody(role, None), a, ADVICE) for a in ACTIONS if a != "routing:see")


def test_who_gives_which_roles() -> None:
    assert gives(somebody("administrator")) == list(ROLES)
    assert set(ROLES) - set(gives(somebody("service-manager"))) == {"service-manager", "administrator"}
    assert gives(somebody("headteacher", SCHOOL)) == ["school-user"]
    assert gives(somebody("team-member", "deaf")) == []
    assert may_give(somebody("headteacher", SCHOOL), "school-user", SCHOOL)
    assert not may_give(somebody("headteacher", SCHOOL), "school-user", OTHER_SCHOOL)
    assert not may_give(somebody("headteacher", SCHOOL), "school-user", None)


scopes = st.sampled_from([SCHOOL, OTHER_SCHOOL, AREA, OTHER_AREA, "deaf", "vision", None, "tom"])
actors = st.builds(
    Somebody, st.frozensets(st.builds(Had, st.sampled_from([*ROLES, COVER]), scopes), max_size=4)
)
subjects = st.builds(
    Subject,
    urn=st.sampled_from([SCHOOL, OTHER_SCHOOL, None]),
    area=st.sampled_from([AREA, OTHER_AREA, None]),
    destination=st.sampled_from(["deaf", "vision", "outreach-dspl1", None]),
    kind=st.sampled_from(["advisory-team", "outreach", "placement-panel", None]),
    assigned_to=st.sampled_from(["me", "tom", None]),
    named=st.frozensets(st.sampled_from(["me", "tom"])),
)


@given(actors, st.sampled_from(ACTIONS), subjects)
def test_whoever_may_do_it_to_one_thing_is_let_through_the_door(
    me: Somebody, action: Action, subject: Subject
) -> None:
    if may(me, action, subject):
        assert may(me, action)
        assert not reach(me, action).nothing
        assert not shut_to(me, action, subject)


@given(actors, actors, st.sampled_from(ACTIONS), subjects)
def test_one_more_role_never_takes_anything_away(
    me: Somebody, more: Somebody, action: Action, subject: Subject
) -> None:
    if may(me, action, subject):
        assert may(Somebody(me.grants | more.grants), action, subject)
