"""Restricted cases, and the glass that is broken in need."""

from datetime import timedelta

import pytest

from chassis.decision import Refused
from chassis.testing import Bench
from services.referrals.domain.permissions import may, shut_to
from services.referrals.domain.referral import REFERRAL
from services.referrals.domain.restricted import (
    OPEN_FOR,
    RESTRICTION,
    BreakGlass,
    LiftRestriction,
    Restriction,
    RestrictReferral,
    ReviewGlass,
    subject_of,
)
from tests.referrals.builders import NOW, bench, referral_id, submit
from tests.referrals.test_permissions import Somebody, somebody
from tests.referrals.test_staff_rules import appointed

CASE = referral_id()
WHY = "A colleague's own child: only Tom works on it."


@pytest.fixture
def rules() -> Bench:
    """A referral to the communication and autism team, restricted to Tom."""
    made = bench()
    made.deliver(submit())
    for id in ("tom", "me", "max"):
        appointed(made, id, "team-member", "communication-autism")
    made.deliver(RestrictReferral(CASE, frozenset({"tom"}), WHY, "max"))
    return made


def state(rules: Bench) -> Restriction:
    found = rules.state(RESTRICTION, CASE)
    assert found is not None
    return found


def sees(rules: Bench, me: Somebody) -> bool:
    referral = rules.state(REFERRAL, CASE)
    assert referral is not None
    subject = subject_of(referral, state(rules), rules.now)
    assert may(me, "referral:see", subject) != shut_to(me, "referral:see", subject)
    return may(me, "referral:see", subject)


ME = somebody("team-member", "communication-autism")
TOM = Somebody(ME.grants, "tom")


def refused(rules: Bench, command: object) -> str:
    with pytest.raises(Refused) as said:
        rules.deliver(command)
    return said.value.code


def test_only_the_named_see_it(rules: Bench) -> None:
    assert sees(rules, TOM)
    assert not sees(rules, ME)


def test_a_broken_glass_opens_it_to_one_person_for_a_while(rules: Bench) -> None:
    rules.deliver(BreakGlass(CASE, "The mother is on the telephone now.", "me"))
    assert sees(rules, ME)
    assert not sees(rules, Somebody(ME.grants, "max"))
    rules.now = NOW + OPEN_FOR - timedelta(seconds=1)
    assert sees(rules, ME)
    rules.now = NOW + OPEN_FOR
    assert not sees(rules, ME)


def test_every_broken_glass_waits_to_be_looked_into(rules: Bench) -> None:
    rules.deliver(BreakGlass(CASE, "The mother is on the telephone now.", "me"))
    assert state(rules).unreviewed == 1
    rules.deliver(ReviewGlass(CASE, "me", NOW, "max"))
    assert state(rules).unreviewed == 0
    assert state(rules).glasses[0].reviewed_by == "max"
    assert refused(rules, ReviewGlass(CASE, "me", NOW, "max")) == "glass-unknown"


def test_nobody_looks_into_what_they_did_themselves(rules: Bench) -> None:
    rules.deliver(BreakGlass(CASE, "The mother is on the telephone now.", "me"))
    assert refused(rules, ReviewGlass(CASE, "me", NOW, "me")) == "own-glass"


@pytest.mark.parametrize("reason", ["", "   ", "urgent", "x" * 2001])
def test_nothing_happens_without_a_reason(rules: Bench, reason: str) -> None:
    assert refused(rules, BreakGlass(CASE, reason, "me")) == "reason-missing"
    assert refused(rules, LiftRestriction(CASE, reason, "max")) == "reason-missing"
    assert refused(rules, RestrictReferral(CASE, frozenset({"me"}), reason, "max")) == "reason-missing"


def test_the_glass_is_not_broken_by_whom_it_opens_to_anyway(rules: Bench) -> None:
    assert refused(rules, BreakGlass(CASE, "Just to have a look at it.", "tom")) == "open-already"


@pytest.mark.parametrize("named", [frozenset[str](), frozenset({"stranger"}), frozenset({"tom", "stranger"})])
def test_somebody_who_works_here_has_to_see_it(rules: Bench, named: frozenset[str]) -> None:
    assert refused(rules, RestrictReferral(CASE, named, WHY, "max")) == "nobody-named"


def test_a_restriction_can_be_lifted_and_its_history_stays(rules: Bench) -> None:
    rules.deliver(LiftRestriction(CASE, "The colleague has left the council.", "max"))
    assert sees(rules, ME)
    assert [step.did for step in state(rules).steps] == ["restricted", "lifted"]
    assert refused(rules, LiftRestriction(CASE, "The colleague has left.", "max")) == "not-restricted"
    assert refused(rules, BreakGlass(CASE, "The mother is on the telephone.", "me")) == "not-restricted"


def test_a_referral_that_is_not_there_is_not_restricted(rules: Bench) -> None:
    assert (
        refused(rules, RestrictReferral(referral_id(9), frozenset({"tom"}), WHY, "max")) == "referral-unknown"
    )


def test_nothing_of_it_is_published(rules: Bench) -> None:
    before = len(rules.said)
    rules.deliver(BreakGlass(CASE, "The mother is on the telephone now.", "me"))
    assert len(rules.said) == before
