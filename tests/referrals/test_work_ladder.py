"""Up and down the ladder of support, what the school changes after sending, and panels that do not sit yet."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chassis.decision import Refused
from schemas.referral_work_v1 import EvidenceAdded, ReferralAmended, ReferralStepped, ReferralWaiting
from schemas.referrals_v1 import (
    PlacementAsk,
    ReferralAccepted,
    ReferralReceived,
    ReferralReceivedV2,
    ReferralRouted,
    ReferralRoutedV2,
    ShortPlacement,
)
from schemas.submissions_v1 import Agreement, Cycle, Evidence
from services.referrals.domain.commands import (
    AcceptReferral,
    AddEvidence,
    Amendment,
    AmendReferral,
    AskForInformation,
    AssignReferral,
    CloseReferral,
    ConcludeReferral,
    OnReferral,
    RecordReview,
    ReleaseReferral,
    ReopenReferral,
    ReturnReferral,
    StepReferral,
    WithdrawReferral,
)
from services.referrals.domain.directory.listing import entries
from services.referrals.domain.referral import REFERRAL
from services.referrals.files import HERE
from services.referrals.handlers import table
from tests.referrals.builders import PLACEMENT, TODAY, book, form, referral_id
from tests.referrals.working import COLLEAGUE, ID, SCHOOL, TEAM, Desk, types

NEXT = referral_id(2)
ASKED = PlacementAsk(trigger="school-referral", provision="special-school")
ACCEPT = AcceptReferral(ID, by=TEAM)
RETURN = ReturnReferral(ID, "more-evidence-needed", "Try a timetable first.", by=TEAM)
CONCLUDE = ConcludeReferral(ID, "strategies-agreed", date(2026, 6, 1), by=TEAM)

CENTRE = """
[[destination]]
code = "centre"
kind = "education-support-centre"
name = "Education Support Centre"
does = "Offers a place for a short time."
answer_within_working_days = 10

[[destination]]
code = "funding"
kind = "high-needs-funding"
name = "High Needs Funding panel"
does = "Agrees money from the area's budget."
answer_within_working_days = 20
sits = false
"""
RULES = """
[[rule]]
code = "centre-of-a-test"
destination = "centre"
reason = "A place for a short time is asked for."
when = { asks_for = ["short-placement"] }

[[rule]]
code = "funding-of-a-test"
destination = "funding"
reason = "Money from the area's budget is asked for."
when = { asks_for = ["top-up-funding"] }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped data, and a centre, and a panel that does not sit yet."""
    for name in ("teams", "routing", "register"):
        shutil.copytree(HERE / name, tmp_path / name)
    for name in ("areas.toml", "closures.toml"):
        shutil.copy(HERE / name, tmp_path / name)
    (tmp_path / "teams" / "of-a-test.toml").write_text(CENTRE)
    (tmp_path / "routing" / "05-of-a-test.toml").write_text(RULES)
    return tmp_path


def up(asks_for: Any = "outreach", **given: Any) -> StepReferral:
    return StepReferral(
        ID, NEXT, given.pop("child", CHILD), "up", asks_for, "More is needed.", by=TEAM, **given
    )


CHILD = Desk().child


def change(**changes: Any) -> AmendReferral:
    return AmendReferral(ID, CHILD, Amendment(**changes), "It was wrong.", by=SCHOOL)


# The ladder ----------------------------------------------------------------------------------------


def test_a_step_up_makes_the_next_referral_with_everything_that_is_known() -> None:
    desk = Desk()
    desk.do(ACCEPT, AssignReferral(ID, COLLEAGUE, by=TEAM))
    said = desk.do(up())
    stepped = next(e for e in said if isinstance(e, ReferralStepped))
    received = next(e for e in said if isinstance(e, ReferralReceived))
    routed = next(e for e in said if isinstance(e, ReferralRouted))
    former, following = desk.now, desk.other(NEXT)
    assert (former.status, former.next_id, former.next_reference) == ("stepped", NEXT, following.reference)
    assert (following.status, following.follows, received.follows) == ("routed", ID, ID)
    assert (routed.destination, following.destination) == ("outreach-dspl1", "outreach-dspl1")
    assert (stepped.next_referral_id, stepped.next_reference) == (NEXT, routed.reference)
    same = ("child_id", "adults", "tell", "urn", "primary_need", "other_needs", "looked_after")
    assert [getattr(former, name) for name in same] == [getattr(following, name) for name in same]
    assert (following.assigned_to, following.accepted_at, following.version) == (None, None, 1)
    assert desk.papers(NEXT).tried == desk.papers().tried
    assert desk.papers(NEXT).referral_id == NEXT
    assert desk.rules.answer["next_reference"] == following.reference
    assert following.reference in desk.told().next_step


def test_a_step_up_to_the_panel_takes_its_details_along() -> None:
    desk = Desk()
    with pytest.raises(Refused, match="placement-details"):
        desk.do(up("placement"))
    said = desk.do(ACCEPT, up("placement", placement=ASKED))
    routed = next(e for e in said if isinstance(e, ReferralRouted))
    assert (routed.destination_kind, routed.placement) == ("placement-panel", ASKED)
    assert desk.other(NEXT).placement == ASKED


def test_a_step_up_after_a_review_that_says_it_did_not_help() -> None:
    desk = Desk()
    desk.do(ACCEPT, CONCLUDE, RecordReview(ID, "no", by=SCHOOL), up())
    assert desk.other(NEXT).status == "routed"
    with pytest.raises(Refused, match="goes-on-elsewhere"):
        desk.do(ReopenReferral(ID, "x", by=TEAM))


def test_a_step_down_goes_to_the_rung_below() -> None:
    desk = Desk(form(asks_for="outreach"))
    desk.do(ACCEPT, StepReferral(ID, NEXT, desk.child, "down", "advice", "Less will do.", by=TEAM))
    assert (desk.other(NEXT).asks_for, desk.now.direction) == ("advice", "down")
    assert "a lower level of support" in desk.told().happened


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (up("advice"), "not-that-way"),
        (StepReferral(ID, NEXT, CHILD, "down", "outreach", "x", by=TEAM), "not-that-way"),
        (up(child="another"), "papers-unknown|another-child"),
        (StepReferral(ID, ID, CHILD, "up", "outreach", "x", by=TEAM), "referral-known"),
    ],
)
def test_a_step_that_cannot_be_is_refused(command: OnReferral, code: str) -> None:
    with pytest.raises(Refused, match=code):
        Desk().do(command)


@pytest.mark.parametrize(("same", "code"), [("destination", "same-destination"), ("urn", "school-unknown")])
def test_a_step_leads_to_another_team_and_is_that_of_a_school_that_is_known(same: str, code: str) -> None:
    went, desk = Desk(), Desk()
    went.do(ACCEPT, up())
    there = {"destination": went.other(NEXT).destination, "urn": "999999"}
    desk.do(ACCEPT)
    before = desk.now.model_copy(update={same: there[same]})
    desk.rules._states[REFERRAL.at(ID)] = before
    with pytest.raises(Refused, match=code):
        desk.do(up())
    assert desk.now == before
    assert desk.rules.state(REFERRAL, NEXT) is None


def test_what_the_school_owes_an_answer_to_is_not_stepped() -> None:
    desk = Desk()
    desk.do(RETURN)
    with pytest.raises(Refused, match="not-with-the-team"):
        desk.do(up())


# Amended -------------------------------------------------------------------------------------------


def test_an_amendment_says_which_parts_changed_and_why() -> None:
    desk = Desk()
    (amended, papers) = desk.do(change(narrative="He also finds group work hard."))
    assert isinstance(amended, ReferralAmended)
    assert amended.parts == ("narrative",)
    assert (desk.history[-1].what, desk.history[-1].detail) == ("amended", "narrative")
    assert desk.papers().said[-1].words == "It was wrong."
    assert desk.papers().narrative == "He also finds group work hard."
    assert papers == desk.papers()
    assert desk.rules.answer["rerouted"] is False


def test_another_need_sends_it_to_another_team_which_is_said() -> None:
    desk = Desk()
    desk.do(ACCEPT, AssignReferral(ID, COLLEAGUE, by=TEAM))
    said = desk.do(change(primary_need="HI"))
    routed = next(e for e in said if isinstance(e, ReferralRouted))
    assert routed.destination == desk.now.destination != "communication-autism"
    assert (desk.now.status, desk.now.assigned_to, desk.now.accepted_at) == ("routed", None, None)
    assert desk.rules.answer["rerouted"] is True
    assert [step.what for step in desk.history[-2:]] == ["amended", "routed"]


def test_a_need_that_leaves_it_with_the_team_does_not_start_it_again() -> None:
    desk = Desk()
    desk.do(ACCEPT)
    assert types(desk.do(change(other_needs=("SLCN", "SPLD")))) == ["referral.amended.v1"]
    assert desk.now.status == "accepted"


def test_an_amendment_while_the_school_owes_an_answer_is_one() -> None:
    desk = Desk()
    desk.do(RETURN)
    cycle = Cycle(
        started=date(2026, 1, 13), reviewed=date(2026, 3, 2), put_in_place="First-then", changed="Calmer"
    )
    assert types(desk.do(change(tried=(cycle,)))) == ["referral.amended.v1", "school.answered.v1"]
    assert (desk.now.status, desk.now.clock.stopped_on) == ("routed", None)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"primary_need": "NSA", "sen_provision": "N"}, ("child.primary_need", "nsa-only-with-k")),
        ({"other_needs": ("ASD",)}, ("child.other_needs", "need-repeated")),
        ({"asks_for": "placement"}, ("placement", "placement-missing")),
        ({"agreement": Agreement(agreed=True)}, ("agreement.by", "agreement-by-missing")),
    ],
)
def test_a_change_that_does_not_hold_together_is_refused_by_its_field(
    changes: dict[str, Any], fault: tuple[str, str]
) -> None:
    desk = Desk()
    before = desk.now
    with pytest.raises(Refused, match="form-faulty") as refused:
        desk.do(change(**changes))
    assert fault in {(each.field, each.code) for each in refused.value.faults}
    assert desk.now == before


def test_nothing_changed_is_no_amendment() -> None:
    desk = Desk()
    with pytest.raises(Refused, match="nothing-changed"):
        desk.do(change(narrative=desk.papers().narrative, primary_need="ASD"))


def test_words_of_a_case_that_a_panel_holds_can_be_amended_and_its_request_cannot() -> None:
    desk = Desk(form(asks_for="placement", placement=PLACEMENT))
    desk.do(change(narrative="More of it."))
    with pytest.raises(Refused, match="with-a-panel"):
        desk.do(change(primary_need="HI"))


def test_evidence_is_added_with_a_reason_and_named_in_the_papers_only() -> None:
    desk = Desk()
    paper = Evidence(kind="report", title="Report of the speech therapist", dated=date(2026, 2, 1))
    (added, _) = desk.do(AddEvidence(ID, (paper,), "It came late.", by=SCHOOL))
    assert isinstance(added, EvidenceAdded)
    assert "therapist" not in added.model_dump_json()
    assert [each.title for each in desk.papers().evidence] == ["Report of the speech therapist"]
    with pytest.raises(Refused, match="no-evidence"):
        desk.do(AddEvidence(ID, (), "x", by=SCHOOL))
    with pytest.raises(Refused, match="form-faulty"):
        desk.do(AddEvidence(ID, (Evidence(kind="report", title="x", file="unknown"),), "x", by=SCHOOL))


# A centre, and a panel that does not sit yet -------------------------------------------------------

PLACE = ShortPlacement(starts_on=date(2026, 4, 13), ends_on=date(2026, 7, 3), review_on=date(2026, 5, 22))


def test_a_place_at_a_centre_is_accepted_in_its_own_queue_with_its_days(folder: Path) -> None:
    desk = Desk(form(asks_for="short-placement"), folder)
    assert [type(e) for e in desk.taken if type(e).topic.name == "referrals.v1"] == [
        ReferralReceivedV2,
        ReferralRoutedV2,
    ]
    with pytest.raises(Refused, match="place-missing"):
        desk.do(ACCEPT)
    wrong = PLACE.model_copy(update={"ends_on": date(2026, 5, 1)})
    with pytest.raises(Refused, match="place-dates"):
        desk.do(AcceptReferral(ID, short_placement=wrong, by=TEAM))
    (accepted,) = desk.do(AcceptReferral(ID, short_placement=PLACE, by=TEAM))
    assert isinstance(accepted, ReferralAccepted)
    assert (accepted.destination_kind, accepted.short_placement) == ("education-support-centre", PLACE)


def test_a_case_whose_panel_does_not_sit_yet_waits_visibly_and_is_released_when_it_does(folder: Path) -> None:
    desk = Desk(form(asks_for="top-up-funding"), folder)
    waiting = next(e for e in desk.taken if isinstance(e, ReferralWaiting))
    assert (waiting.destination, desk.now.status) == ("funding", "waiting")
    assert not [e for e in desk.taken if isinstance(e, ReferralRoutedV2)]
    assert "no panel for it yet" in desk.told().happened
    assert desk.do(ReleaseReferral(ID)) == []  # type: ignore[arg-type]
    teams = folder / "teams" / "of-a-test.toml"
    teams.write_text(teams.read_text().replace("sits = false\n", ""))
    book.cache_clear()
    desk.rules._handlers = table(book(folder))
    (routed,) = desk.do(ReleaseReferral(ID))  # type: ignore[arg-type]
    assert isinstance(routed, ReferralRoutedV2)
    assert (routed.destination_kind, desk.now.status) == ("high-needs-funding", "routed")
    assert desk.now.answer_by == date(2026, 4, 1)


def test_a_case_that_waits_for_its_panel_can_be_withdrawn(folder: Path) -> None:
    desk = Desk(form(asks_for="top-up-funding"), folder)
    assert types(desk.do(WithdrawReferral(ID, "needs-met", by=SCHOOL))) == ["referral.withdrawn.v1"]
    assert desk.do(ReleaseReferral(ID)) == []  # type: ignore[arg-type]


def test_the_directory_lists_a_centre_in_the_version_that_has_its_code(folder: Path) -> None:
    listed = {c.entry.entry: type(c.entry).type for c in entries(book(folder), TODAY)}
    assert listed["destination:centre"] == "directory.destination.v2"
    assert listed["destination:triage"] == "directory.destination.v1"


def test_a_panel_that_holds_a_case_is_asked_before_and_its_referral_is_not_closed_here() -> None:
    desk = Desk(form(asks_for="placement", placement=PLACEMENT))
    for command in (CloseReferral(ID, "duplicate", by=TEAM), AskForInformation(ID, "?", TODAY, by=TEAM)):
        with pytest.raises(Refused, match="with-a-panel"):
            desk.do(command)
