"""A promised day has passed without an answer: the family hears so once, with an apology, before it has to ask."""

from datetime import date, timedelta
from typing import Any

from chassis.testing import Bench
from schemas.referral_work_v1 import AnswerOverdue
from services.notifications import handlers
from services.notifications.domain.message import Message
from services.notifications.domain.story import STORY
from services.notifications.templates import shipped
from tests.notifications.builders import MOTHER, NOW, REFERRAL, accepted, received, routed

TEMPLATES = shipped()


def late(**given: Any) -> AnswerOverdue:
    fields: dict[str, Any] = {
        "referral_id": REFERRAL, "destination": "primary-panel", "answer_by": date(2026, 3, 23), "overdue_at": NOW,
    }  # fmt: skip
    return AnswerOverdue(**(fields | given))


def born(*facts: Any) -> tuple[Message, ...]:
    bench = Bench(handlers.build(TEMPLATES.tellings, timedelta(days=2)), NOW)
    for fact in facts:
        bench.deliver(fact)
    story = bench.state(STORY, REFERRAL)
    assert story is not None
    return story.born


def told(*facts: Any) -> list[tuple[str, str, str]]:
    return [(m.fact, m.person_id, m.dates.get("answer_by", "")) for m in born(*facts)]


def test_an_answer_that_is_late_is_apologised_for_once_for_each_promise() -> None:
    another = late(answer_by=date(2026, 4, 20))
    assert told(received(), late(), late(), another) == [
        ("answer.overdue", MOTHER, "2026-03-23"),
        ("answer.overdue", MOTHER, "2026-04-20"),
    ]


def test_a_promise_of_a_case_that_was_brought_in_quietly_is_apologised_for_as_any_other() -> None:
    assert told(received(quiet=True), routed(quiet=True), late()) == [
        ("answer.overdue", MOTHER, "2026-03-23")
    ]


def test_a_message_knows_whether_a_first_answer_has_come() -> None:
    before = born(received(), routed(), late())
    assert [(one.fact, one.answered) for one in before] == [
        ("referral.routed", False),
        ("answer.overdue", False),
    ]
    assert born(received(), routed(), accepted(), late())[-1].answered
