"""Restricted cases, and the glass that is broken in need."""

from datetime import timedelta

import pytest

from chassis.decision import Refused
from chassis.testing import Bench
from schemas.envelope import Event
from schemas.referrals_v1 import PlacementAsk, ReferralReceived, ReferralRouted
from schemas.staff_v1 import ReferralRestricted
from services.referrals.domain.commands import StepReferral
from services.referrals.domain.permissions import may, shut_to
from services.referrals.domain.referral import REFERRAL
from services.referrals.domain.restoring.beginnings import restricted as restored
from services.referrals.domain.staff.restricted import (
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


def test_the_reason_is_never_published(rules: Bench) -> None:
    why = "The mother is on the telephone now."
    said = rules.deliver(BreakGlass(CASE, why, "me"))
    assert not any(why in event.model_dump_json() for event in said)


def told(said: list[Event]) -> ReferralRestricted:
    (fact,) = [each for each in said if isinstance(each, ReferralRestricted)]
    return fact


def test_the_other_services_are_told_to_whom_a_case_opens_and_never_why(rules: Bench) -> None:
    now = rules.now
    fact = told(rules.deliver(RestrictReferral(CASE, frozenset({"tom", "me"}), WHY, "max")))
    assert (fact.referral_id, fact.named, fact.glasses) == (CASE, ("me", "tom"), ())
    glass = told(rules.deliver(BreakGlass(CASE, "It cannot wait until Tom is back.", "max"))).glasses
    assert [(each.staff_id, each.until) for each in glass] == [("max", now + OPEN_FOR)]
    assert rules.deliver(ReviewGlass(CASE, "max", now, "me")) == []
    lifted = told(rules.deliver(LiftRestriction(CASE, "Tom has left this case.", "max")))
    assert lifted.named == ()
    assert WHY not in lifted.model_dump_json()


def test_a_restricted_referral_goes_on_restricted(rules: Bench) -> None:
    referral = rules.state(REFERRAL, CASE)
    assert referral is not None
    asked = PlacementAsk(trigger="school-referral", provision="special-school")
    step = StepReferral(
        CASE, "next", referral.child_id, "up", "placement", "More is needed.", asked, by="tom"
    )
    said = rules.deliver(step)
    assert (told(said).referral_id, told(said).named) == ("next", ("tom",))
    assert [each.restricted for each in said if isinstance(each, (ReferralReceived, ReferralRouted))] == [
        True,
        True,
    ]
    after = rules.state(RESTRICTION, "next")
    assert after is not None
    assert after.opens_to(rules.now) == {"tom"}


def test_a_referral_that_stands_open_goes_on_open() -> None:
    rules = bench()
    rules.deliver(submit())
    referral = rules.state(REFERRAL, CASE)
    assert referral is not None
    asked = PlacementAsk(trigger="school-referral", provision="special-school")
    said = rules.deliver(
        StepReferral(CASE, "next", referral.child_id, "up", "placement", "More is needed.", asked, by="tom")
    )
    assert not any(isinstance(each, ReferralRestricted) for each in said)
    assert [each.restricted for each in said if isinstance(each, (ReferralReceived, ReferralRouted))] == [
        False,
        False,
    ]


def test_to_whom_a_case_opens_comes_back_to_a_database_that_has_lost_it(rules: Bench) -> None:
    fact = told(rules.deliver(BreakGlass(CASE, "It cannot wait until Tom is back.", "max")))
    lost = restored(
        None,
        fact,
    ).state
    assert lost is not None
    assert lost.opens_to(rules.now) == {"tom", "max"}
    kept = restored(state(rules), fact).state
    assert kept == state(rules)
