"""The ledger finds what was lost and what came twice."""

from collections import Counter
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from deploy.demo.arrivals import Arrival
from deploy.demo.ledger import Comparison, Ledger, Told, compare, percentile
from deploy.demo.people import NOBODY, Recipient

ANNA: Told = ("anna@example.org", "referral.routed", "AAAA")
BEN: Told = ("ben@example.org", "referral.routed", "AAAA")
LISTED: Told = ("anna@example.org", "case.listed", "AAAA")


def an_arrival(
    id: str = "form-1",
    faults: frozenset[tuple[str, str]] = frozenset(),
    who: tuple[Recipient, ...] = (Recipient("anna@example.org"),),
) -> Arrival:
    return Arrival(
        id=id, at=datetime(2026, 3, 2, 9, tzinfo=UTC), way="http", urn="900001", asks_for="advice", body=b"{}",
        faults=faults, recipients=who, fate="waits", fate_after_days=1, sent_twice=False,
    )  # fmt: skip


def test_the_same_messages_are_exact() -> None:
    assert compare(Counter([ANNA, BEN]), Counter([BEN, ANNA])).exact


def test_a_lost_message_is_found() -> None:
    assert compare(Counter([ANNA, BEN]), Counter([BEN])).lost == Counter([ANNA])


def test_a_message_sent_twice_is_found() -> None:
    assert compare(Counter([ANNA]), Counter([ANNA, ANNA])).duplicated == Counter([ANNA])


def test_a_message_that_nobody_expected_is_found() -> None:
    assert compare(Counter([ANNA]), Counter([ANNA, BEN])).unexpected == Counter([BEN])


def test_a_fact_that_happened_twice_may_be_told_twice() -> None:
    assert compare(Counter([LISTED, LISTED]), Counter([LISTED, LISTED])).exact


def test_a_loss_and_a_repeat_do_not_make_up_for_each_other() -> None:
    compared = compare(Counter([ANNA, BEN]), Counter([ANNA, ANNA]))
    assert (compared.lost, compared.duplicated) == (Counter([BEN]), Counter([ANNA]))


told = st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.sampled_from("12"))


@given(st.lists(told), st.lists(told))
def test_what_was_expected_less_the_lost_plus_the_surplus_is_what_was_found(
    a: list[Told], b: list[Told]
) -> None:
    expected, found = Counter(a), Counter(b)
    compared = compare(expected, found)
    assert expected - compared.lost + compared.duplicated + compared.unexpected == found
    assert compared.exact == (expected == found)


def test_comparisons_add_up() -> None:
    both = Comparison(Counter([ANNA]), Counter(), Counter()) + Comparison(
        Counter([BEN]), Counter(), Counter()
    )
    assert both.lost == Counter([ANNA, BEN])


def test_each_recipient_of_a_form_that_was_taken_is_told() -> None:
    ledger = Ledger()
    ledger.answered(an_arrival(who=(Recipient("anna@example.org"), Recipient("ben@example.org"))), "AAAA", ())
    assert ledger.to_be_sent() == Counter([ANNA, BEN])


def test_a_reminder_for_which_a_letter_is_too_slow_must_be_held_where_the_number_is_wrong() -> None:
    number = "+447700900123"
    ledger = Ledger(wrong_numbers=frozenset({number}))
    ledger.answered(an_arrival(who=(Recipient(phone=number, post="1 High Street\nZZ1 1ZZ"),)), "AAAA", ())
    ledger.told_by_time("AAAA", "reminder.visit")
    assert ledger.to_be_sent() == Counter([(f"tel:{number}", "referral.routed", "AAAA")])
    assert ledger.to_be_held() == Counter([(f"tel:{number}", "reminder.visit", "AAAA")])


def test_what_nobody_can_be_sent_must_be_held() -> None:
    ledger = Ledger()
    ledger.answered(an_arrival(who=(NOBODY,)), "AAAA", ())
    assert ledger.to_be_sent() == Counter()
    assert ledger.to_be_held() == Counter([("nobody", "referral.routed", "AAAA")])


def test_whoever_has_a_telephone_alone_must_be_told_by_it_unless_its_number_is_wrong() -> None:
    well, wrong = Recipient(phone="+447700900001"), Recipient(phone="+447700900002")
    ledger = Ledger(wrong_numbers=frozenset({"+447700900002"}))
    ledger.answered(an_arrival(who=(well, wrong)), "AAAA", ())
    assert ledger.to_be_sent() == Counter([("tel:+447700900001", "referral.routed", "AAAA")])
    assert ledger.to_be_held() == Counter([("tel:+447700900002", "referral.routed", "AAAA")])


def test_whoever_has_a_wrong_number_and_an_address_must_be_told_by_mail() -> None:
    ledger = Ledger(wrong_numbers=frozenset({"+447700900002"}))
    ledger.answered(an_arrival(who=(Recipient("anna@example.org", "+447700900002", texts=True),)), "AAAA", ())
    assert ledger.to_be_sent() == Counter([ANNA])


def test_whoever_has_a_wrong_number_and_a_postal_address_must_have_a_letter() -> None:
    who = Recipient(phone="+447700900002", post="Kim Example\n1 Mill Lane\nHertford\nZZ1 1ZZ")
    ledger = Ledger(wrong_numbers=frozenset({"+447700900002"}))
    ledger.answered(an_arrival(who=(who,)), "AAAA", ())
    assert ledger.to_be_held() == Counter()
    assert ledger.whose(who.post or "", "AAAA") == who.name


def test_a_text_is_known_by_its_number_and_its_reference() -> None:
    ledger = Ledger()
    ledger.answered(an_arrival(who=(Recipient("anna@example.org", "+447700900001", texts=True),)), "AAAA", ())
    assert ledger.whose("+447700900001", "AAAA") == "anna@example.org"
    assert ledger.whose("+447700900009", "AAAA") == "tel:+447700900009"
    assert ledger.whose("+447700900001", "BBBB") == "tel:+447700900001"


def test_a_form_refused_as_planted_is_right() -> None:
    ledger = Ledger()
    faults = frozenset({("urn", "urn-format")})
    ledger.answered(an_arrival(faults=faults), None, faults)
    assert not ledger.misjudged


def test_a_form_refused_with_a_fault_too_many_is_noticed() -> None:
    ledger = Ledger()
    faults = frozenset({("urn", "urn-format")})
    ledger.answered(an_arrival(faults=faults), None, faults | {("child.born", "not-a-date")})
    assert [one.arrival for one in ledger.misjudged] == ["form-1"]


def test_a_defective_form_that_was_taken_is_noticed() -> None:
    ledger = Ledger()
    ledger.answered(an_arrival(faults=frozenset({("urn", "urn-format")})), "AAAA", ())
    assert ledger.misjudged[0].answered == "taken as AAAA"


def test_a_right_form_that_was_refused_is_noticed() -> None:
    ledger = Ledger()
    ledger.answered(an_arrival(), None, [("urn", "urn-unknown")])
    assert ledger.misjudged[0].planted == ()


def test_a_form_sent_twice_counts_once_where_it_gets_the_same_answer() -> None:
    ledger = Ledger()
    ledger.answered(an_arrival(), "AAAA", ())
    ledger.answered(an_arrival(), "AAAA", ())
    assert ledger.to_be_sent() == Counter([ANNA])
    assert not ledger.taken_twice


def test_a_form_that_was_taken_twice_is_noticed() -> None:
    ledger = Ledger()
    ledger.answered(an_arrival(), "AAAA", ())
    ledger.answered(an_arrival(), "BBBB", ())
    assert ledger.taken_twice == ["form-1"]


def test_percentiles_are_by_nearest_rank() -> None:
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile(list(range(100)), 0.99) == 99
    assert percentile([], 0.5) == 0
