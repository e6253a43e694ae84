"""What a person chose holds from the next message on, also for one that waits already."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import pytest

from chassis.decision import Refused
from chassis.testing import Bench
from schemas.notifications_v1 import PreferenceChanged
from services.notifications import handlers, storage
from services.notifications.domain import restoring
from services.notifications.domain.contact import Contact
from services.notifications.domain.preference import PREFERENCE, Prefer, Preference, as_preferred
from services.notifications.measuring import unsent
from tests.notifications.builders import FATHER, MOTHER, NOW, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_sender import Post, a_sender

Houses = Callable[..., Awaitable[House]]
FRIDAY = date(2026, 3, 6)


def a_bench() -> Bench:
    return Bench(handlers.build((), timedelta(days=2)), NOW)


def the_preference(bench: Bench) -> Preference:
    kept = bench.state(PREFERENCE, MOTHER)
    assert kept is not None
    return kept


def test_a_choice_is_said_by_ids_and_codes_and_replaces_the_one_before() -> None:
    bench = a_bench()
    bench.deliver(Prefer(MOTHER, channel="text", language="pl", digest=True))
    (said,) = bench.deliver(Prefer(MOTHER, language="pl", paused_until=FRIDAY))
    assert said == PreferenceChanged(
        person_id=MOTHER, number=2, language="pl", paused_until=FRIDAY, changed_at=NOW
    )
    assert the_preference(bench).channel is None, "as the school recorded it again"


def test_the_same_choice_again_changes_nothing_and_says_nothing() -> None:
    bench = a_bench()
    bench.deliver(Prefer(MOTHER, channel="text"))
    assert bench.deliver(Prefer(MOTHER, channel="text")) == []
    assert bench.answer == 1


def test_a_choice_made_over_one_that_was_not_seen_is_refused() -> None:
    bench = a_bench()
    bench.deliver(Prefer(MOTHER, channel="text", seen=0))
    with pytest.raises(Refused, match="changed-meanwhile"):
        bench.deliver(Prefer(MOTHER, channel="letter", seen=0))
    bench.deliver(Prefer(MOTHER, channel="letter", seen=1))
    assert the_preference(bench).channel == "letter"


@pytest.mark.parametrize(
    "until", [NOW.date(), NOW.date() - timedelta(days=1), NOW.date() + timedelta(days=93)]
)
def test_a_pause_ends_on_a_day_to_come_within_three_months(until: date) -> None:
    with pytest.raises(Refused, match="pause-too-long"):
        a_bench().deliver(Prefer(MOTHER, paused_until=until))


def test_a_lost_choice_comes_back_from_its_fact() -> None:
    bench = a_bench()
    lost: Preference | None = None
    for wanted in (Prefer(MOTHER, channel="text"), Prefer(MOTHER, "letter", "ur", FRIDAY, True)):
        (said,) = bench.deliver(wanted)
        assert isinstance(said, PreferenceChanged)
        lost = restoring.chosen(lost, said).state
    assert lost == the_preference(bench)


def test_a_row_that_knows_of_no_choice_is_read_as_no_choice() -> None:
    assert Preference.model_validate({"person_id": MOTHER}) == Preference(person_id=MOTHER)


def test_where_nothing_was_chosen_the_schools_word_holds() -> None:
    contact = Contact(person_id=MOTHER, language="ur")
    assert as_preferred(contact, None) == contact
    assert as_preferred(contact, Preference(person_id=MOTHER, channel="text")).language == "ur"
    assert as_preferred(contact, Preference(person_id=MOTHER, language="pl")).language == "pl"


async def test_what_is_chosen_while_a_message_waits_holds_for_it(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details(language="ur"))
    await it.running.runner.command(Prefer(MOTHER, channel="text", language="pl"))
    async with it.pool.acquire() as conn:
        (claim,) = await storage.claim(conn, 10, timedelta(minutes=1), NOW)
    assert claim.contact.language == "pl"
    assert claim.preference is not None
    assert claim.preference.channel == "text"
    assert await it.said() == ["preference.changed.v1"]


async def test_an_address_that_changes_while_a_message_waits_is_the_one_it_goes_to(house: Houses) -> None:
    it = await house()
    await it.hear(received(tell=(MOTHER, FATHER)), routed(), details(MOTHER), details(FATHER))
    await it.hear(details(MOTHER, email="new@families.example"), details(FATHER, may_be_told=False))
    post = Post()
    assert await a_sender(it, post).send_group() == 1
    assert [letter.to for letter in post.letters] == ["new@families.example"]


async def test_whoever_wants_a_pause_hears_it_all_on_the_day_on_which_it_ends(house: Houses) -> None:
    it = await house()
    await it.hear(received(tell=(MOTHER, FATHER)), routed(), details(MOTHER), details(FATHER))
    await it.running.runner.command(Prefer(MOTHER, paused_until=FRIDAY))
    post = Post()
    clock: Any = it.running.clock
    sender = a_sender(it, post)
    assert await sender.send_group() == 1
    assert [letter.to for letter in post.letters] == ["p-father@families.example"]
    assert await unsent(it.running) is None, "what waits for a day keeps nobody from being idle"

    await clock.step(it.pool, NOW + timedelta(days=4))
    assert await unsent(it.running) == "1 messages to be sent"
    assert await sender.send_group() == 1
    assert {phase for _, _, phase, _ in await it.phases()} == {"sent"}
