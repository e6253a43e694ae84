"""What a family reads at each step: what happened, who has it, what comes next and by when."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from schemas.envelope import REGISTRY, Event
from schemas.panel_days_v1 import CaseChairAction, CasePassedOn, DecisionCorrected
from schemas.referral_work_v1 import (
    InformationAsked,
    ReferralAmended,
    ReferralReopened,
    ReferralStepped,
    VisitArranged,
)
from schemas.referrals_v1 import ReferralConcluded, ReferralReturned, ReferralWithdrawn, WithdrawalRequested
from schemas.topics import PANELS, REFERRALS
from services.notifications.domain import page, sentences
from services.notifications.domain.background import Actions, DirectoryEntry, Reasons
from services.notifications.domain.course import Timetable
from services.notifications.domain.page import Page
from services.notifications.domain.story import Story, hear
from tests.notifications.builders import (
    CASE,
    NOW,
    REFERRAL,
    accepted,
    decided,
    deferred,
    destination,
    heard,
    listed,
    opened,
    received,
    routed,
)

PANEL = DirectoryEntry.model_validate(destination().model_dump())


def a_page(*events: Event, directory: Any = None, reasons: Any = (), agreed: Actions | None = None) -> Page:
    story: Story | None = None
    for n, event in enumerate(events):
        story = hear(story, event, NOW + timedelta(minutes=n), Timetable(())) or story
    assert story is not None
    return page.page(story, {PANEL.entry: PANEL} if directory is None else directory, reasons, agreed=agreed)


def stands(shown: Page) -> tuple[str, str, date | None]:
    """Who has it, what comes next and by when."""
    assert shown.standing is not None
    return str(shown.standing.holder), str(shown.standing.next), shown.standing.by


def returned(reason: Any = "advice-given") -> ReferralReturned:
    return ReferralReturned(referral_id=REFERRAL, destination="primary-panel", reason=reason, returned_at=NOW)


def concluded() -> ReferralConcluded:
    return ReferralConcluded(
        referral_id=REFERRAL, destination="primary-panel", outcome="training-given", concluded_at=NOW,
        review_on=date(2026, 6, 1),
    )  # fmt: skip


def arranged() -> VisitArranged:
    return VisitArranged(
        referral_id=REFERRAL, visit_id="1", destination="primary-panel", kind="outreach-visit",
        visit_on=date(2026, 4, 2), arranged_at=NOW,
    )  # fmt: skip


def asked() -> InformationAsked:
    return InformationAsked(
        referral_id=REFERRAL, destination="primary-panel", asked_at=NOW, school_answers_by=date(2026, 3, 30)
    )


def stepped() -> ReferralStepped:
    return ReferralStepped(
        referral_id=REFERRAL, destination="primary-panel", direction="up", asks_for="placement",
        next_referral_id="2", next_reference="X", stepped_at=NOW,
    )  # fmt: skip


def amended() -> ReferralAmended:
    return ReferralAmended(referral_id=REFERRAL, parts=("contacts",), amended_at=NOW)


def acted() -> CaseChairAction:
    return CaseChairAction(
        case_id=CASE, referral_id=REFERRAL, panel="primary-panel", acted_by="chair", acted_at=NOW,
        decision_by=date(2026, 3, 16),
    )  # fmt: skip


def passed_on() -> CasePassedOn:
    return CasePassedOn(
        case_id=CASE, referral_id=REFERRAL, sitting_id="s-1", from_panel="another", panel="primary-panel",
        passed_at=NOW,
    )  # fmt: skip


def corrected(**given: Any) -> DecisionCorrected:
    fields: dict[str, Any] = {
        "case_id": CASE, "referral_id": REFERRAL, "decision_id": "d-1", "number": 1, "outcome": "not-agreed",
        "provision": None, "changed": ("outcome", "provision", "reasons"), "corrected_at": NOW,
        "next_step_by": date(2026, 5, 12),
    }  # fmt: skip
    return DecisionCorrected(**(fields | given))


STATES: list[tuple[list[Event], str, str, date | None]] = [
    ([], "The council's SEND service", "is deciding which team", None),
    ([routed()], "The primary placement panel", "answer by 23 March 2026", date(2026, 3, 23)),
    ([routed(), accepted()], "The primary placement panel", "next step by 20 March", date(2026, 3, 20)),
    ([routed(), returned()], "The school or setting", "will use the advice", None),
    ([routed(), returned("more-evidence-needed")], "The school or setting", "can add what is missing", None),
    ([routed(), concluded()], "The school or setting", "on 1 June 2026", date(2026, 6, 1)),
    ([routed(), asked()], "The school or setting", "will answer by 30 March 2026", date(2026, 3, 30)),
    ([routed(), arranged()], "The primary placement panel", "is on 2 April 2026", date(2026, 4, 2)),
    ([routed(), arranged(), amended()], "The primary placement panel", "is on 2 April", date(2026, 4, 2)),
    ([routed(), stepped()], "the new request", "has a new reference", None),
    ([routed(), opened()], "The primary placement panel", "due by 20 April 2026", date(2026, 4, 20)),
    (
        [routed(), opened(complete=False, due_on=None)],
        "The primary placement panel",
        "is collecting what is missing",
        None,
    ),
    (
        [routed(), opened(), listed()],
        "The primary placement panel",
        "meets on 18 March 2026",
        date(2026, 3, 27),
    ),
    ([routed(), opened(), listed(), heard()], "deciding officer", "by 27 March 2026", date(2026, 3, 27)),
    (
        [routed(), opened(), listed(), deferred()],
        "The primary placement panel",
        "Your family will send what is missing",
        date(2026, 4, 15),
    ),
    ([routed(), opened(), listed(), heard(), decided()], "EHC service", "by 5 May 2026", date(2026, 5, 5)),
    ([routed(), opened(), acted()], "deciding officer", "by 16 March 2026", date(2026, 3, 16)),
    ([routed(), opened(), listed(), passed_on()], "The primary placement panel", "will give it a date", None),
    ([routed(), heard(), decided(), corrected()], "EHC service", "by 12 May 2026", date(2026, 5, 12)),
    (
        [
            routed(),
            opened(),
            WithdrawalRequested(referral_id=REFERRAL, reason="family-asked", requested_at=NOW),
        ],
        "The primary placement panel",
        "will answer the school",
        None,
    ),
    (
        [routed(), ReferralWithdrawn(referral_id=REFERRAL, reason="family-asked", withdrawn_at=NOW)],
        "Nobody",
        "Nothing more will happen",
        None,
    ),
]


@pytest.mark.parametrize(("events", "holder", "then", "by"), STATES)
def test_each_state_says_who_has_it_what_comes_next_and_by_when(
    events: list[Event], holder: str, then: str, by: date | None
) -> None:
    shown = a_page(received(), *events)
    now = stands(shown)
    assert holder in now[0]
    assert then in now[1]
    assert now[2] == by
    assert len(shown.steps) == len(events) + 1
    for step in shown.steps:
        assert str(step.words)[0].isupper()
        assert str(step.words).endswith(".")


def test_every_fact_of_a_referral_has_its_sentences_or_is_nobodys_business_outside() -> None:
    ours = {
        name for name, event in REGISTRY.items()
        if event.topic in (REFERRALS, PANELS) and "referral_id" in event.model_fields and name.endswith(".v1")
    }  # fmt: skip
    assert ours == set(sentences.HAPPENED) | sentences.NOT_SHOWN
    assert not sentences.NOT_SHOWN & set(sentences.HAPPENED)
    assert set(sentences.STANDING) <= set(sentences.HAPPENED)


def test_what_is_missing_is_said_in_plain_words() -> None:
    shown = a_page(
        received(), routed(), opened(), listed(), deferred(missing=("family-views", "school-report"))
    )
    assert str(shown.steps[-1].words) == (
        "The panel could not decide yet: it needs your own views, a report from the school."
    )


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("agreed", "agreed to a place in a special school"),
        ("not-agreed", "did not agree"),
        ("more-information", "needs more information"),
    ],
)
def test_the_decision_is_told_with_its_reasons(outcome: str, words: str) -> None:
    reasons = [
        Reasons(case_id=CASE, referral_id=REFERRAL, reasons="Because."),
        Reasons(case_id="x", referral_id="r"),
    ]
    shown = a_page(received(), routed(), opened(), decided(outcome=outcome), reasons=reasons)
    assert words in str(shown.outcome)
    assert shown.reasons == "Because."


@pytest.mark.parametrize(
    ("funding", "words"),
    [
        ("funding", "agreed to funding for"),
        ("support", "support for the school, without funding"),
        ("both", "funding and"),
    ],
)
def test_what_a_panel_for_funding_agreed_to_is_told_without_an_amount(funding: str, words: str) -> None:
    issued = decided(provision=None, funding=funding, amount_asked=9000, amount_agreed=6000)
    shown = a_page(received(), routed(), opened(), issued)
    assert words in str(shown.outcome)
    assert "6" not in str(shown.outcome)


def test_before_the_decision_is_issued_neither_outcome_nor_reasons_are_shown() -> None:
    reasons = [Reasons(case_id=CASE, referral_id=REFERRAL, reasons="Because.")]
    shown = a_page(received(), routed(), opened(), listed(), heard(), reasons=reasons)
    assert (shown.outcome, shown.reasons) == (None, None)


def test_a_team_that_the_directory_does_not_know_yet_is_named_in_general_words() -> None:
    shown = a_page(received(), routed(), directory={})
    assert stands(shown)[0] == "The team that deals with it"
    assert shown.team is None


def test_after_the_decision_no_wait_for_a_panel_is_shown() -> None:
    assert a_page(received(), routed(), opened(), listed(), heard()).team is not None
    assert a_page(received(), routed(), opened(), listed(), heard(), decided()).team is None


def test_how_long_a_first_answer_takes_is_told_only_until_there_is_one() -> None:
    waiting = {PANEL.entry: PANEL.model_copy(update={"expected_wait_days": 12})}
    again = ReferralReopened(
        referral_id=REFERRAL, destination="primary-panel", reopened_at=NOW, answer_by=date(2026, 3, 30)
    )

    def wait(*events: Event) -> int | None:
        team = a_page(received(), routed(), *events, directory=waiting).team
        assert team is not None
        return team.expected_wait_days

    assert wait() == 12
    assert (wait(accepted()), wait(accepted(), asked()), wait(concluded())) == (None, None, None)
    assert wait(concluded(), again) == 12


def test_days_are_counted_in_london() -> None:
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)  # half past midnight in British Summer Time
    assert a_page(received(received_at=late)).steps[0].on == date(2026, 7, 1)


def test_steps_stand_in_the_order_in_which_they_happened() -> None:
    early, late = NOW - timedelta(days=3), NOW + timedelta(days=3)
    shown = a_page(opened(opened_at=late), received(received_at=early), routed(routed_at=early))
    assert [step.on for step in shown.steps] == sorted(step.on for step in shown.steps)
    assert str(shown.steps[-1].words) == "The primary placement panel put it in its queue."


def test_a_corrected_decision_says_what_changed_and_the_page_shows_what_holds() -> None:
    shown = a_page(
        received(),
        decided(),
        corrected(),
        reasons=[Reasons(case_id=CASE, referral_id=REFERRAL, reasons="As it holds.")],
    )
    assert str(shown.outcome) == "The council did not agree to what was asked for."
    assert shown.reasons == "As it holds."
    assert str(shown.steps[-1].words) == (
        "The council put right a mistake in its decision: the outcome, the kind of provision, the reasons."
    )
