"""Enquiries as rules: asked, placed, taken, answered, closed, made a referral."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from chassis.decision import Refused
from chassis.testing import Bench
from services.referrals.domain.enquiries.enquiry import (
    ENQUIRY,
    AnswerEnquiry,
    AskEnquiry,
    CloseEnquiry,
    ConvertEnquiry,
    Enquiry,
    TakeEnquiry,
)
from services.referrals.domain.intake.drafts import DRAFT
from tests.referrals.builders import bench, book

ID = str(uuid4())
QUESTION = "How do we help a child who hides under the table when the bell rings?"


def asked(on: Bench, **given: Any) -> Enquiry:
    """An enquiry that was just asked."""
    fields: dict[str, Any] = {
        "id": ID,
        "kind": "sali-question",
        "urn": "900001",
        "by": "sam",
        "question": QUESTION,
    }
    assert on.deliver(AskEnquiry(**(fields | given))) == [], "no other service hears of an enquiry"
    return state(on)


def state(on: Bench) -> Enquiry:
    found = on.state(ENQUIRY, ID)
    assert found is not None
    return found


def test_a_question_goes_to_ask_sali_with_a_day_by_which_it_is_answered() -> None:
    new = asked(bench())
    assert (new.status, new.destination, new.area) == ("new", "ask-sali", "DSPL1")
    assert new.answer_by == date(2026, 3, 6), "two working days"
    assert not new.overdue(date(2026, 3, 6))
    assert new.overdue(date(2026, 3, 7))


def test_help_for_a_setting_goes_to_the_team_whose_patch_it_is_in() -> None:
    on = bench()
    new = asked(on, kind="setting-help", topic="ASD", wants="training")
    assert new.destination == "communication-autism"
    assert new.reason.endswith("The setting is in Hitchin.")
    assert "child" not in new.reason


def test_a_visit_is_asked_of_outreach_in_the_settings_area() -> None:
    assert asked(bench(), kind="setting-help", wants="visit").destination == "outreach-dspl1"


@pytest.mark.parametrize("setting", list(book().register), ids=lambda each: each.urn)
def test_every_setting_in_the_register_has_somebody_who_helps(setting: Any) -> None:
    for wants in ("advice", "visit", "training"):
        new = asked(bench(), kind="setting-help", wants=wants, urn=setting.urn)
        assert new.destination in book().destinations


def test_the_same_form_sent_twice_is_one_enquiry_and_nobody_elses() -> None:
    on = bench()
    asked(on)
    assert asked(on, question="Something else").question == QUESTION
    with pytest.raises(Refused, match="enquiry-known"):
        asked(on, by="another")


def test_help_without_saying_which_and_a_question_without_words_are_refused() -> None:
    with pytest.raises(Refused, match="help-missing"):
        asked(bench(), kind="setting-help")
    with pytest.raises(Refused, match="question-missing"):
        asked(bench(), question=" \n ")
    with pytest.raises(Refused, match="too-long"):
        asked(bench(), question="x" * 10_000)
    with pytest.raises(Refused, match="urn-unknown"):
        asked(bench(), urn="111111")


def test_an_answer_is_kept_with_who_gave_it_and_the_time_it_took() -> None:
    on = bench()
    asked(on)
    on.deliver(TakeEnquiry(ID, "ada", by="ada", seen=1))
    on.deliver(AnswerEnquiry(ID, "Let him leave a minute early.", 25, by="ada", seen=2))
    found = state(on)
    assert (found.status, found.answered_by, found.minutes) == ("answered", "ada", 25)
    assert [(step.did, step.by, step.version) for step in found.history] == [
        ("asked", "sam", 1),
        ("taken", "ada", 2),
        ("answered", "ada", 3),
    ]


def test_of_two_who_take_it_the_second_is_told() -> None:
    on = bench()
    asked(on)
    on.deliver(TakeEnquiry(ID, "ada", by="ada", seen=1))
    with pytest.raises(Refused, match="changed-meanwhile"):
        on.deliver(TakeEnquiry(ID, "bo", by="bo", seen=1))
    assert state(on).taken_by == "ada"


def test_what_is_handed_back_waits_for_everybody_again() -> None:
    on = bench()
    asked(on)
    on.deliver(TakeEnquiry(ID, "ada", by="ada"))
    on.deliver(TakeEnquiry(ID, None, by="ada"))
    assert (state(on).status, state(on).taken_by) == ("new", None)


@pytest.mark.parametrize("minutes", [0, -5, 601])
def test_a_time_that_cannot_be_is_refused(minutes: int) -> None:
    on = bench()
    asked(on)
    with pytest.raises(Refused, match="minutes-wrong"):
        on.deliver(AnswerEnquiry(ID, "Yes.", minutes, by="ada"))


def test_what_is_over_stays_as_it_is() -> None:
    on = bench()
    asked(on)
    on.deliver(CloseEnquiry(ID, "solved", by="sam"))
    for again in (AnswerEnquiry(ID, "Yes.", 5, by="ada"), TakeEnquiry(ID, "ada", by="ada")):
        with pytest.raises(Refused, match="enquiry-over"):
            on.deliver(again)
    with pytest.raises(Refused, match="not-to-convert"):
        on.deliver(ConvertEnquiry(ID, "d", "Sam", by="sam"))


def test_a_question_becomes_a_draft_with_everything_that_was_said_and_only_one() -> None:
    on = bench()
    asked(on, topic="SLCN")
    on.deliver(AnswerEnquiry(ID, "Let him leave a minute early.", 25, by="ada"))
    on.deliver(ConvertEnquiry(ID, "draft-1", "Sam", by="sam"))
    on.deliver(ConvertEnquiry(ID, "draft-2", "Sam", by="sam"))
    assert on.answer["draft_id"] == "draft-1"
    assert on.state(DRAFT, "draft-2") is None
    draft = on.state(DRAFT, "draft-1")
    assert draft is not None
    assert draft.urn == "900001"
    assert draft.answers["child"] == {"primary_need": "SLCN"}
    assert QUESTION in draft.answers["narrative"]
    assert "Let him leave a minute early." in draft.answers["narrative"]


def test_help_for_a_whole_setting_becomes_no_childs_referral() -> None:
    on = bench()
    asked(on, kind="setting-help", wants="training")
    with pytest.raises(Refused, match="not-to-convert"):
        on.deliver(ConvertEnquiry(ID, "d", "Sam", by="sam"))


def test_an_enquiry_that_was_never_asked_is_taken_by_nobody() -> None:
    with pytest.raises(Refused, match="enquiry-unknown"):
        bench().deliver(TakeEnquiry(ID, by="sam", to="sam"))
