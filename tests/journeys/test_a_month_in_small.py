"""The whole road: a small month from schools' forms to families' mails, on real parts, with nothing lost."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle
from uuid import uuid4

import pytest

from deploy.demo.arrivals import Arrival, make_arrivals, systems
from deploy.demo.fates import FATES, Fate
from deploy.demo.ledger import STEPS
from deploy.demo.month import read_month
from deploy.demo.outcome import Outcome
from deploy.demo.planned import as_figures
from deploy.demo.play import play
from deploy.demo.post import carriers, post
from deploy.local import Stack
from deploy.local.asking import run
from deploy.local.services import start_services
from services.referrals.files import load_register

SEED = 11


def _longest_first(fate: Fate) -> int:
    return ("stepped", "concluded", "asked", "amended", "returned", "withdrawn", "accepted", "waits").index(
        fate
    )


def with_every_fate(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """So small a month would leave some out: here teams take all of them in turn, and early enough."""
    fates = {
        asks_for: cycle(sorted(FATES[asks_for], key=_longest_first)) for asks_for in ("advice", "outreach")
    }
    return [
        replace(each, fate=next(fates[each.asks_for]), fate_after_days=1)
        if each.asks_for in fates and not each.refused
        else each
        for each in sorted(arrivals, key=lambda each: each.at)
    ]


@pytest.fixture(scope="module")
def outcome(stack: Stack) -> Outcome:
    month, register = read_month("2026-03"), load_register()
    arrivals = with_every_fate(make_arrivals(month, register, SEED, scale=0.03))
    with (
        carriers(arrivals, SEED) as by,
        start_services(
            stack,
            profile="demo",
            clock_start=month.starts,
            smtp=by.sink.smtp,
            prefix=f"month{uuid4().hex[:8]}.",
            school_urns=[setting.urn for setting in register],
            senders=systems(register),
            env=by.env,
        ) as town,
        post(by, town, month.starts) as working,
    ):
        return run(play(town, working, month, arrivals, register, SEED, lambda progress: None))


pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_nothing_is_lost(outcome: Outcome) -> None:
    assert outcome.lost == 0, (outcome.in_the_post.lost, outcome.in_the_books.lost, outcome.referrals_lost)


def test_nothing_is_there_twice(outcome: Outcome) -> None:
    assert outcome.duplicated == 0, (outcome.in_the_post, outcome.in_the_books, outcome.ledger.taken_twice)


def test_each_defective_form_is_refused_with_exactly_the_faults_that_were_planted(outcome: Outcome) -> None:
    assert outcome.ledger.misjudged == []
    assert len(outcome.ledger.refused) == sum(arrival.refused for arrival in outcome.arrivals)


def test_families_are_told_by_text_too_and_by_mail_where_their_number_is_wrong(outcome: Outcome) -> None:
    back = {text.message_id for text in outcome.texts if not text.arrived}
    assert outcome.told_by_text.total() > 0
    assert back
    assert outcome.told_otherwise.total() == len(back)
    assert set(outcome.receipts) >= {"at once", "on asking"}


def test_nothing_is_left_half_done(outcome: Outcome) -> None:
    assert outcome.at_rest, (outcome.books.open, outcome.books.left)


def test_all_eight_sittings_are_held_and_what_they_recommend_is_decided(outcome: Outcome) -> None:
    assert len(outcome.held) == 8
    heard = sum(held.cases - held.deferred for held in outcome.held)
    assert heard > 0
    assert sum(outcome.decisions.values()) == heard


def test_the_plans_that_were_accepted_are_proved_and_keep_no_fewer_dates_than_a_list_would(
    outcome: Outcome,
) -> None:
    known = as_figures(outcome.planned, outcome.month.sittings)
    assert known["plans_accepted"] > 0
    assert (known["plans_proved"], known["not_proved"]) == (known["plans_accepted"], [])
    assert known["by_the_plan"]["heard"] == len(outcome.planned.before) - _still_waiting(outcome)
    kept, simple = (known[way]["legal_dates_kept"] for way in ("by_the_plan", "first_come_first_served"))
    assert kept >= simple


def _still_waiting(outcome: Outcome) -> int:
    return sum(each.sits_on is None for each in outcome.planned.before.values())


def test_every_step_of_teams_and_schools_is_in_the_database_and_none_besides(outcome: Outcome) -> None:
    assert outcome.worked_wrongly == []
    assert {what for _, what in outcome.books.work} == set(STEPS)


def test_what_is_stepped_up_goes_before_the_panel(outcome: Outcome) -> None:
    (following,) = outcome.books.went_on.values()
    assert following in outcome.books.cases


def test_every_form_that_was_taken_was_acknowledged_unless_nobody_could_be_told(outcome: Outcome) -> None:
    told = [outcome.ledger.recipients[reference] for reference in outcome.ledger.taken.values()]
    reachable = [one for one in told if any(who.email or who.phone for who in one)]
    assert len(outcome.acknowledged) == len(reachable)


def test_the_links_in_the_mails_lead_to_the_families_pages(outcome: Outcome) -> None:
    assert outcome.pages
    assert all(outcome.pages.values()), outcome.pages
