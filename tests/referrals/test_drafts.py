"""Drafts: shared by a school, saved page by page, sent once, and emptied when nobody wants them any more."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.decision import Refused
from schemas.personal_v1 import ReferralPapers
from schemas.referrals_v1 import PlacementAsk
from services.referrals.domain.commands import StepReferral
from services.referrals.domain.evidence import (
    EVIDENCE,
    BeginUpload,
    DropEvidence,
    EndUpload,
    GiveUpFile,
    RecordScan,
    StoredFile,
)
from services.referrals.domain.intake.drafts import (
    DRAFT,
    KEPT,
    DiscardDraft,
    Draft,
    Put,
    SaveDraft,
    SendDraft,
    StartDraft,
    placed,
)
from services.referrals.domain.referral import PAPERS, REFERRAL
from tests.referrals.builders import NOW, bench, form, sound

START = StartDraft("d1", "900001", "staff-1", "Rowan Elder", {"referrer": {"name": "Rowan Elder"}})


def saving(page: str, seen: int, path: str, value: Any, by: str = "staff-1") -> SaveDraft:
    return SaveDraft("d1", page, seen, by, by, (Put(path, value),))


def started() -> Any:
    it = bench()
    it.deliver(START)
    return it


def draft(it: Any) -> Draft:
    found = it.state(DRAFT, "d1")
    assert found is not None
    return found  # type: ignore[no-any-return]


def test_a_draft_begins_with_what_is_known_from_the_sign_in() -> None:
    assert draft(started()).answers == {"referrer": {"name": "Rowan Elder"}, "urn": "900001"}


def test_starting_the_same_draft_twice_keeps_what_was_saved() -> None:
    it = started()
    it.deliver(saving("child", 0, "child.given_name", "Wilf"))
    it.deliver(START)
    assert draft(it).answers["child"] == {"given_name": "Wilf"}


def test_a_page_that_a_colleague_saved_since_is_not_overwritten() -> None:
    it = started()
    it.deliver(saving("child", 0, "child.given_name", "Wilf", "staff-2"))
    with pytest.raises(Refused, match="changed-meanwhile"):
        it.deliver(saving("child", 0, "child.given_name", "Will"))
    assert draft(it).answers["child"] == {"given_name": "Wilf"}
    it.deliver(saving("child", 1, "child.given_name", "Will"))
    assert draft(it).answers["child"] == {"given_name": "Will"}


def test_two_colleagues_on_different_pages_are_in_nobodys_way() -> None:
    it = started()
    it.deliver(saving("child", 0, "child.given_name", "Wilf", "staff-2"))
    it.deliver(saving("asks-for", 0, "asks_for", "advice"))
    assert draft(it).answers == {
        "referrer": {"name": "Rowan Elder"},
        "urn": "900001",
        "child": {"given_name": "Wilf"},
        "asks_for": "advice",
    }


def test_who_goes_back_to_their_own_old_page_may_save_it_again() -> None:
    it = started()
    it.deliver(saving("child", 0, "child.given_name", "Wilf"))
    it.deliver(saving("child", 0, "child.given_name", "Will"))
    assert draft(it).answers["child"] == {"given_name": "Will"}


@pytest.mark.parametrize(
    ("before", "path", "value", "after"),
    [
        ({}, "child.born", "2016-05-17", {"child": {"born": "2016-05-17"}}),
        ({"child": {"born": "x", "upn": "y"}}, "child.born", None, {"child": {"upn": "y"}}),
        ({"child": {"born": "x"}}, "child.born", None, {}),
        ({}, "tried.0", {"changed": "a"}, {"tried": [{"changed": "a"}]}),
        ({"tried": [1, 2]}, "tried.2", 3, {"tried": [1, 2, 3]}),
        ({"tried": [1, 2]}, "tried.0", None, {"tried": [2]}),
        ({"tried": [1, 2]}, "tried.1", 9, {"tried": [1, 9]}),
        ({"a": 1}, "tried.0", None, {"a": 1, "tried": []}),
    ],
)
def test_an_answer_finds_its_place(before: Any, path: str, value: Any, after: Any) -> None:
    kept = str(before)
    assert placed(before, path.split("."), value) == after
    assert str(before) == kept


def test_an_entry_beyond_the_end_of_its_list_is_refused() -> None:
    with pytest.raises(Refused, match="no-such-entry"):
        placed({"tried": [1]}, ["tried", "2"], 3)


def test_a_draft_is_emptied_ninety_days_after_its_last_change() -> None:
    it = started()
    it.advance(NOW + timedelta(days=60))
    it.deliver(saving("child", 0, "child.given_name", "Wilf"))
    it.advance(NOW + timedelta(days=60) + KEPT - timedelta(seconds=1))
    assert draft(it).open
    it.advance(NOW + timedelta(days=60) + KEPT)
    assert (draft(it).gone, draft(it).answers, draft(it).name) == (True, {}, "")
    assert it.due == []


def test_a_draft_that_was_thrown_away_cannot_be_saved() -> None:
    it = started()
    it.deliver(DiscardDraft("d1", "staff-1"))
    it.deliver(DiscardDraft("d1", "staff-1"))
    assert draft(it).answers == {}
    with pytest.raises(Refused, match="draft-gone"):
        it.deliver(saving("child", 0, "child.given_name", "Wilf"))


def test_a_draft_becomes_one_referral_however_often_it_is_sent() -> None:
    it = started()
    said = it.deliver(SendDraft("d1", sound(form()), "staff-1"))
    first = it.answer
    assert {event.type for event in said} == {
        "referral.received.v1",
        "referral.routed.v1",
        "referral.papers.v1",
        "person.details.v1",
    }
    assert it.deliver(SendDraft("d1", sound(form(narrative="Other words.")), "staff-2")) == []
    assert it.answer["reference"] == first["reference"] == draft(it).reference
    assert draft(it).answers == {}
    with pytest.raises(Refused, match="draft-sent"):
        it.deliver(saving("child", 0, "child.given_name", "Wilf"))


def test_a_draft_of_another_school_is_not_sent() -> None:
    with pytest.raises(Refused, match="draft-of-another-school"):
        started().deliver(SendDraft("d1", sound(form(urn="900002")), "staff-1"))


def test_a_draft_that_others_began_for_the_school_is_not_sent_from_its_list() -> None:
    it = started()
    with pytest.raises(Refused, match="draft-of-others"):
        it.deliver(SendDraft("d1", sound(form()), "staff-1", origin="statutory"))
    assert draft(it).reference is None


# Files that go with a form ------------------------------------------------------------------------


def stored(id: str = "f1", urn: str = "900001") -> StoredFile:
    return StoredFile(id=id, urn=urn, by="staff-1", name="Report.pdf", object="o1", key="k1", received_at=NOW)


def listed(*ids: str) -> list[dict[str, Any]]:
    return [{"kind": "report", "title": "A report", "file": id} for id in ids]


def uploaded(it: Any, file: StoredFile) -> None:
    it.deliver(BeginUpload(file))
    it.deliver(EndUpload(file.id, "application/pdf", 12, "ab" * 32))


def test_a_file_belongs_to_the_referral_it_is_sent_with_and_its_papers_say_where_it_is() -> None:
    it = started()
    uploaded(it, stored())
    it.deliver(SendDraft("d1", sound(form(evidence=listed("f1"))), "staff-1"))
    id = it.answer["referral_id"]
    papers = it.state(PAPERS, id)
    assert papers is not None
    (paper,) = papers.papers.evidence
    assert (paper.object, paper.key, paper.state, paper.size) == ("o1", "k1", "quarantined", 12)
    file = it.state(EVIDENCE, "f1")
    assert file is not None
    assert file.referral_id == id
    with pytest.raises(Refused, match="file-sent"):
        it.deliver(DropEvidence("f1"))


def test_a_file_comes_once_and_no_second_one_takes_its_place() -> None:
    it = started()
    uploaded(it, stored())
    for again in (BeginUpload(stored()), EndUpload("f1", "image/png", 13, "cd" * 32)):
        with pytest.raises(Refused, match="file-known"):
            it.deliver(again)
    kept = it.state(EVIDENCE, "f1")
    assert (kept.media_type, kept.sha256) == ("application/pdf", "ab" * 32)


def test_of_a_file_that_is_not_there_nothing_is_kept() -> None:
    it = started()
    for about in (
        EndUpload("f1", "image/png", 13, "cd" * 32),
        DropEvidence("f1"),
        RecordScan("f1", None, False),
    ):
        with pytest.raises(Refused, match="file-unknown"):
            it.deliver(about)


def test_the_first_verdict_on_a_file_is_the_last() -> None:
    it = started()
    uploaded(it, stored())
    it.deliver(RecordScan("f1", None, infected=True))
    with pytest.raises(Refused, match="file-scanned"):
        it.deliver(RecordScan("f1", None, infected=False))
    assert it.state(EVIDENCE, "f1").state == "infected"


@pytest.mark.parametrize("infected", [True, False])
def test_the_scanners_verdict_reaches_the_papers_of_a_referral_that_was_sent_before(infected: bool) -> None:
    it = started()
    uploaded(it, stored())
    it.deliver(SendDraft("d1", sound(form(evidence=listed("f1"))), "staff-1"))
    (said,) = it.deliver(RecordScan("f1", it.answer["referral_id"], infected))
    assert isinstance(said, ReferralPapers)
    assert said.evidence[0].state == ("infected" if infected else "clean")


ASKED = PlacementAsk(trigger="school-referral", provision="special-school")


def stepped_up(it: Any) -> tuple[str, str]:
    """A referral with a file that waits for the scanner, and the one in which it went on."""
    uploaded(it, stored())
    it.deliver(SendDraft("d1", sound(form(evidence=listed("f1"))), "staff-1"))
    id = it.answer["referral_id"]
    child = it.state(REFERRAL, id).child_id
    it.deliver(StepReferral(id, "next", child, "up", "placement", "More is needed.", ASKED, by="staff-team"))
    return id, "next"


@pytest.mark.parametrize("infected", [True, False])
def test_the_verdict_reaches_the_referral_in_which_another_went_on_with_its_files(infected: bool) -> None:
    it = started()
    former, following = stepped_up(it)
    it.deliver(RecordScan("f1", former, infected, (following,)))
    states = [it.state(PAPERS, id).papers.evidence[0].state for id in (former, following)]
    assert states == ["infected" if infected else "clean"] * 2


def test_a_verdict_that_misses_the_referral_in_which_another_went_on_is_asked_for_again() -> None:
    it = started()
    former, _ = stepped_up(it)
    with pytest.raises(Refused, match="file-moved"):
        it.deliver(RecordScan("f1", former, infected=False))


def test_the_papers_of_all_referrals_that_have_a_lost_file_say_so_in_a_way_that_readers_of_before_understand() -> (
    None
):
    it = started()
    former, following = stepped_up(it)
    it.deliver(RecordScan("f1", former, False, (following,)))
    it.deliver(GiveUpFile("f1", former, (following,)))
    assert it.state(EVIDENCE, "f1").state == "lost"
    papers = [it.state(PAPERS, id).papers.evidence[0] for id in (former, following)]
    assert [(each.lost, each.state) for each in papers] == [(True, None)] * 2
    with pytest.raises(Refused, match="file-not-kept"):
        it.deliver(GiveUpFile("f1", former, (following,)))


def test_a_lost_file_is_not_sent() -> None:
    it = started()
    uploaded(it, stored())
    it.deliver(GiveUpFile("f1", None))
    with pytest.raises(Refused) as refusal:
        it.deliver(SendDraft("d1", sound(form(evidence=listed("f1"))), "staff-1"))
    assert [each.code for each in refusal.value.faults] == ["evidence-unknown"]


def test_a_verdict_on_a_file_that_was_sent_meanwhile_is_asked_for_again() -> None:
    it = started()
    uploaded(it, stored())
    it.deliver(SendDraft("d1", sound(form(evidence=listed("f1"))), "staff-1"))
    with pytest.raises(Refused, match="file-moved"):
        it.deliver(RecordScan("f1", None, infected=False))


def test_only_the_schools_own_whole_and_sound_files_are_sent() -> None:
    it = started()
    uploaded(it, stored("mine"))
    uploaded(it, stored("theirs", "900101"))
    it.deliver(BeginUpload(stored("half")))
    uploaded(it, stored("bad"))
    it.deliver(RecordScan("bad", None, infected=True))
    given = sound(form(evidence=listed("mine", "theirs", "half", "bad", "none")))
    with pytest.raises(Refused) as refusal:
        it.deliver(SendDraft("d1", given, "staff-1"))
    assert [(each.field, each.code) for each in refusal.value.faults] == [
        ("evidence.1.file", "evidence-unknown"),
        ("evidence.2.file", "evidence-unknown"),
        ("evidence.3.file", "evidence-infected"),
        ("evidence.4.file", "evidence-unknown"),
    ]
    assert draft(it).open


def test_a_file_goes_with_one_referral_only() -> None:
    it = started()
    uploaded(it, stored())
    it.deliver(SendDraft("d1", sound(form(evidence=listed("f1"))), "staff-1"))
    it.deliver(StartDraft("d2", "900001", "staff-1", "Rowan Elder"))
    with pytest.raises(Refused) as refusal:
        it.deliver(SendDraft("d2", sound(form(evidence=listed("f1"))), "staff-1"))
    assert [each.code for each in refusal.value.faults] == ["evidence-unknown"]


def test_views_and_care_stand_in_the_papers_and_the_preferences_with_the_person() -> None:
    it = started()
    given = form(
        child__looked_after=True,
        adults__0__channel="text",
        adults__0__language="pl",
        views={"parents_say": "A\nB", "child_says": "C"},
        care={"social_worker": "Ade Thorne", "not_to_be_told": ["Perry Hazelden"]},
    )
    said = it.deliver(SendDraft("d1", sound(given), "staff-1"))
    papers = it.state(PAPERS, it.answer["referral_id"])
    assert papers.papers.views.parents_say == "A\nB"
    assert papers.papers.care.not_to_be_told == ("Perry Hazelden",)
    adults = [event for event in said if getattr(event, "relation", None) == "mother"]
    assert [(each.channel, each.language) for each in adults] == [("text", "pl")]
    assert it.state(REFERRAL, it.answer["referral_id"]) is not None
