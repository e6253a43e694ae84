"""How a month is judged: by the ledger, the mails and the databases, each against the others."""

import json
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from io import StringIO

import pytest
from rich.console import Console

from deploy.demo import report
from deploy.demo.arrivals import make_arrivals
from deploy.demo.books import Books
from deploy.demo.coordinator import Held
from deploy.demo.ledger import Ledger
from deploy.demo.mail import Mail
from deploy.demo.month import read_month
from deploy.demo.outcome import Outcome
from deploy.demo.texts import Text
from services.referrals.domain.directory.waits import ENOUGH, Wait
from services.referrals.files import load_register

VERSIONS = {"kafka": "4.3.1", "postgres": "18.6"}


@pytest.fixture
def outcome() -> Outcome:
    """A month in which everything went as it should."""
    month = read_month("2026-03")
    arrivals, ledger = make_arrivals(month, load_register(), 1, 0.02), Ledger()
    for number, arrival in enumerate(arrivals):
        reference = None if arrival.refused else f"REF-{number}"
        ledger.answered(arrival, reference, arrival.faults)
    mails = [
        Mail(0.0, *told, "A subject", b"", f"id-{number}")
        for number, told in enumerate(ledger.to_be_sent().elements())
    ]
    books = Books(
        sent=ledger.to_be_sent(),
        held=ledger.to_be_held(),
        open=Counter(),
        why=Counter({"nobody-may-be-told": ledger.to_be_held().total()}),
        referrals=dict.fromkeys(ledger.taken.values(), ("triage", "DSPL1", "routed")),
        cases={},
        destinations={"triage": "Triage"},
        work=Counter(ledger.work),
        waits=dict(ledger.waits),
        went_on={},
        overdue=[],
        left={"referrals": 0, "panels": 0, "notifications": 0},
    )
    held = [Held("placement-2026-03-03", date(2026, 3, 3), 12, [7, 9])]
    return Outcome(month, arrivals, ledger, books, mails, held, {"agreed": 2}, {}, 0, [0.1, 0.2], 60.0)


def test_a_month_without_loss_is_good(outcome: Outcome) -> None:
    assert (outcome.lost, outcome.duplicated, outcome.good) == (0, 0, True)


def test_a_mail_that_did_not_arrive_is_lost(outcome: Outcome) -> None:
    judged = replace(outcome, mails=outcome.mails[1:])
    assert (judged.lost, judged.good) == (1, False)


def test_a_mail_that_arrived_twice_is_duplicated(outcome: Outcome) -> None:
    judged = replace(outcome, mails=[*outcome.mails, outcome.mails[0]])
    assert (judged.duplicated, judged.good) == (1, False)


def as_a_text(outcome: Outcome, arrived: bool = True) -> Text:
    """The first mail, as a text to the same person."""
    mail = outcome.mails[0]
    [who] = [who for who in outcome.ledger.recipients[mail.reference] if who.name == mail.to]
    return Text(0.0, who.phone or "", mail.fact, mail.reference, "", mail.message_id, arrived)


def test_what_arrived_as_a_text_was_told(outcome: Outcome) -> None:
    judged = replace(outcome, mails=outcome.mails[1:], texts=[as_a_text(outcome)])
    assert (judged.lost, judged.duplicated, judged.told_otherwise.total()) == (0, 0, 0)


def test_what_arrived_by_text_and_by_mail_is_duplicated(outcome: Outcome) -> None:
    assert replace(outcome, texts=[as_a_text(outcome)]).duplicated == 1


def test_a_mail_that_followed_a_text_which_came_back_is_told_once_and_otherwise(outcome: Outcome) -> None:
    judged = replace(outcome, texts=[as_a_text(outcome, arrived=False)])
    assert (judged.lost, judged.duplicated, judged.told_otherwise.total()) == (0, 0, 1)
    known = report.as_figures(judged, VERSIONS)
    assert (known["told"], known["told_otherwise"], known["texts_came_back"]) == (len(outcome.mails), 1, 1)


def test_a_text_that_came_back_and_that_nothing_followed_is_lost(outcome: Outcome) -> None:
    judged = replace(outcome, mails=outcome.mails[1:], texts=[as_a_text(outcome, arrived=False)])
    assert (judged.lost, judged.good) == (1, False)


def test_a_text_whose_words_no_template_has_is_never_expected(outcome: Outcome) -> None:
    odd = replace(as_a_text(outcome), fact="", reference="")
    assert replace(outcome, texts=[odd]).duplicated == 1


def test_a_message_that_no_database_holds_is_lost_even_if_the_mail_arrived(outcome: Outcome) -> None:
    judged = replace(outcome, books=replace(outcome.books, sent=Counter(list(outcome.books.sent)[1:])))
    assert (judged.lost, judged.good) == (1, False)


def test_a_referral_that_no_database_knows_is_lost(outcome: Outcome) -> None:
    known = dict(list(outcome.books.referrals.items())[1:])
    judged = replace(outcome, books=replace(outcome.books, referrals=known))
    assert (judged.lost, judged.good) == (1, False)


def test_a_referral_that_nobody_was_told_of_counts_as_duplicated(outcome: Outcome) -> None:
    known = {**outcome.books.referrals, "REF-X": ("triage", "DSPL1", "routed")}
    judged = replace(outcome, books=replace(outcome.books, referrals=known))
    assert (judged.duplicated, judged.good) == (1, False)


def test_a_step_that_no_database_knows_spoils_the_month(outcome: Outcome) -> None:
    reference = next(iter(outcome.ledger.waits))
    outcome.ledger.did(reference, "returned", outcome.month.starts)
    assert outcome.worked_wrongly == [reference]
    assert not outcome.good


def test_a_wait_that_the_database_counts_otherwise_spoils_the_month(outcome: Outcome) -> None:
    reference, wait = next(iter(outcome.ledger.waits.items()))
    other = {**outcome.books.waits, reference: replace(wait, answered=outcome.month.last)}
    judged = replace(outcome, books=replace(outcome.books, waits=other))
    assert (judged.worked_wrongly, judged.good) == ([reference], False)


def test_what_was_stepped_up_must_have_gone_on_as_the_referral_that_the_team_was_told(
    outcome: Outcome,
) -> None:
    reference = next(iter(outcome.ledger.waits))
    judged = replace(outcome, books=replace(outcome.books, went_on={reference: "REF-X"}))
    assert judged.worked_wrongly == [reference]


def test_waits_are_told_where_enough_were_answered_and_else_that_there_are_too_few(outcome: Outcome) -> None:
    month = outcome.month
    enough = {f"REF-{n}": Wait(month.first, month.first + timedelta(days=n % 10)) for n in range(30)}
    few = {f"FEW-{n}": Wait(month.first, month.last) for n in range(ENOUGH - 1)}
    referrals = {
        **dict.fromkeys(enough, ("triage", "DSPL1", "accepted")),
        **dict.fromkeys(few, ("spld", "DSPL2", "accepted")),
    }
    work = Counter({("REF-1", "returned"): 1, ("REF-2", "stepped"): 1})
    books = replace(
        outcome.books, referrals=referrals, waits={**enough, **few}, work=work, went_on={"REF-2": "REF-3"}
    )
    known = json.loads(json.dumps(report.as_figures(replace(outcome, books=books), VERSIONS)))
    assert known["waits"] == {
        "Triage": {"answered": 30, "median_days": 4, "p80_days": 7, "beyond_days": None},
        "spld": {"answered": ENOUGH - 1, "median_days": None, "p80_days": None, "beyond_days": None},
    }
    assert (known["returned_with_advice"], known["stepped_up"]) == (1, 1)
    console = Console(file=StringIO(), width=120)
    report.show(console, replace(outcome, books=books), VERSIONS)
    assert "not enough cases" in console.file.getvalue()  # type: ignore[attr-defined]


def test_a_month_that_leaves_a_dead_letter_is_not_good(outcome: Outcome) -> None:
    judged = replace(outcome, books=replace(outcome.books, left={"panels": 1}))
    assert not judged.good


def test_a_page_that_does_not_show_its_referral_spoils_the_month(outcome: Outcome) -> None:
    assert not replace(outcome, pages={"http://127.0.0.1/f/x": False}).good


def test_the_figures_can_be_read_by_programs(outcome: Outcome) -> None:
    figures = json.loads(json.dumps(report.as_figures(outcome, VERSIONS)))
    assert figures["received"] == len(outcome.arrivals)
    assert (figures["lost"], figures["duplicated"], figures["kafka"]) == (0, 0, "4.3.1")


def test_the_table_says_what_is_wrong(outcome: Outcome) -> None:
    console = Console(file=StringIO(), width=120)
    report.show(console, replace(outcome, mails=outcome.mails[1:]), VERSIONS)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "NOT WELL" in printed
    lost = outcome.mails[0]
    assert f"messages: lost: 1 x {lost.fact} of {lost.reference}" in printed
