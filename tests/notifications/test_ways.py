"""By which ways a person is reached, and what a provider says after its yes: rule by rule."""

from typing import Any

import pytest

from chassis.decision import Decision
from services.notifications.domain import contact, preference, ways
from services.notifications.domain.by_hand import Release, release
from services.notifications.domain.contact import Contact
from services.notifications.domain.message import Message, claimed
from services.notifications.domain.outcomes import AskLater, Settle, ask_later, settle
from services.notifications.domain.preference import Preference
from services.notifications.domain.receipts import MOST_RETURNS, Receipt, receipt
from services.notifications.domain.sending_again import SendAgain, send_again
from services.notifications.domain.ways import next_way, postable
from tests.notifications.builders import MOTHER, NOW, details
from tests.notifications.test_message import LATER, a_message, after

PHONE, POST = "+447700900123", ("Kim Example", "1 High Street", "SG1 1AA")
ALL = ways.WAYS


def a_person(**given: Any) -> Contact:
    fields: dict[str, Any] = {"person_id": MOTHER, "reach": "email", "email": "kim@families.example"}
    return Contact(**(fields | given))


def gone(way: str = "email", provider: str = "notify", id: str | None = "n-1", **given: Any) -> Message:
    """A message to which the provider said yes."""
    message = claimed(a_message(channel=way, provider=provider, **given), "a-1", LATER)
    return after(settle(message, Settle(message.id, "a-1", "sent", provider_id=id, ask_at=LATER), NOW))


def says(message: Message, report: Any, id: str = "n-1", **given: Any) -> Receipt:
    fields: dict[str, Any] = {"open": ALL, "again_at": LATER, "ask_at": LATER, "code": f"{report}-failure"}
    return Receipt(message.id, MOTHER, message.channel, id, report, **(fields | given))


def told(decision: Decision[Message]) -> list[str]:
    return [type(event).type for event in decision.events]


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        ("1 High Street, Stevenage, SG1 1AA", ("Kim", "1 High Street", "Stevenage", "SG1 1AA")),
        ("1 High Street\nsg1 1aa", ("Kim", "1 High Street", "sg1 1aa")),
        ("1 High Street, Stevenage", ()),
        ("SG1 1AA", ()),
        ("a, b, c, d, e, f, SG1 1AA", ()),
        (None, ()),
    ],
)
def test_an_envelope_needs_a_street_and_a_postcode(written: str | None, lines: tuple[str, ...]) -> None:
    assert postable("Kim", written) == lines


@pytest.mark.parametrize(
    ("wished", "open", "shut", "way"),
    [
        ("email", ALL, (), "email"),
        ("text", ALL, (), "text"),
        ("text", ("email",), (), "email"),
        ("email", ALL, ("email",), "text"),
        ("text", ALL, ("text",), "email"),
        ("email", ALL, ("email", "text"), "letter"),
        ("email", ALL, ALL, None),
        ("email", (), (), None),
    ],
)
def test_the_way_that_is_wished_comes_first_and_then_the_others_in_order(
    wished: Any, open: Any, shut: Any, way: str | None
) -> None:
    assert next_way(a_person(phone=PHONE, post=POST), wished, open, shut) == way


def test_a_way_that_leads_nowhere_is_passed_over() -> None:
    assert next_way(a_person(email=None, post=POST), "email", ALL, ()) == "letter"


def test_a_landline_makes_nobody_reachable() -> None:
    known = contact.learn(None, details(email=None, phone="01438 555010"), NOW).state
    assert known is not None
    assert (known.reach, known.phone) == ("no-address", None)


def test_of_whoever_may_not_be_told_nothing_is_kept() -> None:
    said = details(phone="07700 900123", address="1 High Street, SG1 1AA", may_be_told=False)
    known = contact.learn(None, said, NOW).state
    assert known is not None
    assert (known.email, known.phone, known.post) == (None, None, ())


def test_a_persons_own_choice_of_way_stands_over_what_the_school_recorded() -> None:
    person = a_person(channel="email")
    assert preference.as_preferred(person, Preference(person_id=MOTHER, channel="text")).channel == "text"
    assert preference.as_preferred(person, Preference(person_id=MOTHER)).channel == "email"


def test_a_way_that_is_shut_for_good_gives_way_to_the_next() -> None:
    message = claimed(a_message(), "a-1", LATER)
    decision = settle(message, Settle(message.id, "a-1", "failed", "smtp-550", then="text"), NOW)
    state = after(decision)
    assert (state.phase, state.channel, state.shut, state.tries) == ("pending", "text", ("email",), 0)
    assert told(decision) == ["message.returned.v1"]


def test_the_last_way_that_is_shut_is_a_failure_that_a_person_sees() -> None:
    message = claimed(a_message(channel="text", provider="notify", shut=("email",)), "a-1", LATER)
    decision = settle(message, Settle(message.id, "a-1", "failed", "notify-400"), NOW)
    assert (after(decision).phase, after(decision).shut) == ("failed", ("email", "text"))
    assert told(decision) == ["message.failed.v2"]


def test_what_none_of_this_houses_ways_reaches_is_a_task_for_a_person() -> None:
    message = claimed(a_message(), "a-1", LATER)
    state = after(settle(message, Settle(message.id, "a-1", "nowhere"), NOW))
    assert (state.phase, state.why) == ("held", "no-contact")


def test_a_release_opens_every_way_again() -> None:
    message = a_message(phase="failed", shut=("email", "text"), channel="text")
    assert after(release(message, Release(message.id, "Ada", "new number"), NOW)).shut == ()


def test_each_attempt_stands_in_the_messages_history() -> None:
    message = claimed(a_message(), "a-1", LATER)
    once = after(settle(message, Settle(message.id, "a-1", "failed", "smtp-550", then="text"), NOW))
    twice = claimed(once, "a-2", LATER)
    done = after(settle(twice, Settle(message.id, "a-2", "sent", provider_id="n-1"), NOW))
    assert [(one.channel, one.outcome, one.code) for one in done.tried] == [
        ("email", "failed", "smtp-550"),
        ("text", "sent", None),
    ]


def test_a_receipt_is_written_down_once() -> None:
    message = gone()
    first = receipt(message, a_person(), says(message, "delivered"), NOW)
    assert told(first) == ["message.delivered.v1"]
    assert (after(first).phase, after(first).tried[-1].outcome, after(first).ask_at) == (
        "sent",
        "delivered",
        None,
    )
    again = receipt(after(first), a_person(), says(message, "delivered"), NOW)
    assert (again.state, again.answer) == (None, "stale")


def test_a_permanent_failure_sends_the_message_by_the_next_way() -> None:
    message = gone()
    decision = receipt(message, a_person(phone=PHONE), says(message, "permanent"), NOW)
    state = after(decision)
    assert (state.phase, state.channel, state.shut) == ("pending", "text", ("email",))
    assert told(decision) == ["message.returned.v1"]
    again = receipt(state, a_person(phone=PHONE), says(message, "permanent"), NOW)
    assert (again.state, again.answer) == (None, "stale"), "said twice it counts once"


def test_a_permanent_failure_without_another_way_is_a_task_for_a_person() -> None:
    message = gone()
    decision = receipt(message, a_person(), says(message, "permanent"), NOW)
    assert (after(decision).phase, after(decision).why) == ("failed", "permanent-failure")
    assert told(decision) == ["message.failed.v1"]


def test_what_comes_back_for_now_goes_out_again_later_and_then_by_the_next_way() -> None:
    person, message = a_person(phone=PHONE), gone()
    for number in range(1, MOST_RETURNS):
        message = after(receipt(message, person, says(message, "temporary", f"n-{number}"), NOW))
        assert (message.phase, message.channel, message.ready_at) == ("pending", "email", LATER)
        message = claimed(message, "a-1", LATER)
        sent = Settle(message.id, "a-1", "sent", provider_id=f"n-{number + 1}")
        message = after(settle(message, sent, NOW))
    message = after(receipt(message, person, says(message, "temporary", f"n-{MOST_RETURNS}"), NOW))
    assert (message.phase, message.channel) == ("pending", "text")


def test_what_had_come_back_and_then_arrives_is_not_sent_again() -> None:
    message = gone()
    back = after(receipt(message, a_person(phone=PHONE), says(message, "permanent"), NOW))
    state = after(receipt(back, a_person(phone=PHONE), says(message, "delivered"), NOW))
    assert (state.phase, state.channel) == ("sent", "email")


def test_a_receipt_that_comes_before_the_workers_own_word_is_the_yes() -> None:
    message = claimed(a_message(channel="text", provider="notify"), "a-1", LATER)
    decision = receipt(message, a_person(), says(message, "delivered"), NOW)
    assert after(decision).phase == "sent"
    assert told(decision) == ["message.sent.v2", "message.delivered.v1"]
    late = settle(after(decision), Settle(message.id, "a-1", "sent", provider_id="n-1"), NOW)
    assert late.answer == "stale"


def test_a_failure_that_comes_before_the_workers_own_word_is_not_undone_by_it() -> None:
    message = claimed(a_message(channel="text", provider="notify"), "a-1", LATER)
    back = after(receipt(message, a_person(), says(message, "permanent"), NOW))
    assert (back.phase, back.channel) == ("pending", "email")
    late = settle(back, Settle(message.id, "a-1", "sent", provider_id="n-1"), NOW)
    assert (late.state, late.answer) == (None, "stale")


def test_a_held_message_of_which_the_provider_knows_was_told() -> None:
    message = a_message(channel="text", provider="notify", phase="held", why="uncertain", attempt="a-1")
    assert after(receipt(message, a_person(), says(message, "accepted"), NOW)).phase == "sent"


def test_a_message_that_is_to_be_sent_again_is_not_where_the_provider_had_it_all_along() -> None:
    message = a_message(channel="text", provider="notify", attempt="a-1")
    assert after(receipt(message, a_person(), says(message, "accepted"), NOW)).phase == "sent"
    never_tried = a_message(channel="text", provider="notify")
    assert receipt(never_tried, a_person(), says(never_tried, "accepted"), NOW).answer == "stale"


def test_a_receipt_for_another_ways_attempt_is_no_yes() -> None:
    message = claimed(a_message(channel="text", provider="notify"), "a-1", LATER)
    told = Receipt(message.id, MOTHER, "email", "n-9", "delivered", "delivered")
    assert receipt(message, a_person(), told, NOW).answer == "stale"


def test_a_receipt_says_nothing_of_what_went_by_the_mail_server() -> None:
    message = claimed(a_message(), "a-1", LATER)
    assert receipt(message, a_person(), says(message, "delivered"), NOW).answer == "stale"


def test_a_receipt_for_no_message_of_ours_is_unknown() -> None:
    assert receipt(None, None, says(gone(), "delivered"), NOW).answer == "unknown"


def test_a_message_that_a_person_settled_is_not_sent_again_for_a_receipt() -> None:
    message = gone().model_copy(update={"phase": "closed"})
    state = after(receipt(message, a_person(phone=PHONE), says(message, "permanent"), NOW))
    assert (state.phase, state.tried[-1].outcome) == ("closed", "returned")


def test_what_is_said_of_an_earlier_attempt_sends_nothing_a_third_time() -> None:
    again = claimed(after(send_again(gone(), SendAgain("m", "Ada", "she lost it"), NOW)), "a-2", LATER)
    twice = after(settle(again, Settle(again.id, "a-2", "sent", provider_id="n-2"), NOW))
    for report in ("permanent", "temporary"):
        decision = receipt(twice, a_person(phone=PHONE), says(twice, report, "n-1"), NOW)
        assert (decision.answer, decision.events) == ("noted", ())
        noted = after(decision)
        assert (noted.phase, noted.shut) == ("sent", ())
        assert [one.outcome for one in noted.tried] == ["returned", "let-go", "sent"]


def test_what_has_had_no_receipt_is_asked_about_again() -> None:
    message = gone()
    state = after(ask_later(message, AskLater(message.id, "n-1", LATER), NOW))
    assert (state.ask_at, state.asked) == (LATER, 1)
    assert ask_later(message, AskLater(message.id, "n-0", LATER), NOW).answer == "stale"
