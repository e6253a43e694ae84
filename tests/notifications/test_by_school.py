"""What a school decides about messages that did not reach its families."""

from collections.abc import Awaitable, Callable
from typing import Literal

from schemas.family_v1 import TellingDecided
from schemas.notifications_v1 import MessageSettled
from services.notifications.domain import by_school
from services.notifications.domain.message import Message, hold
from tests.notifications.builders import MOTHER, NOW, REFERRAL, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_two_parents import everything_sent

Houses = Callable[..., Awaitable[House]]
PLAIN = Message(
    id="m",
    referral_id=REFERRAL,
    reference="R",
    person_id=MOTHER,
    fact="visit.arranged",
    about="1",
    made_at=NOW,
)


def decided(how: Literal["told", "again"], id: str = "m") -> TellingDecided:
    return TellingDecided(
        referral_id=REFERRAL,
        message_id=id,
        person_id=MOTHER,
        fact="visit.arranged",
        decided=how,
        decided_at=NOW,
    )


def test_whom_the_school_told_itself_is_written_to_no_more() -> None:
    held = hold(PLAIN, "no-contact", NOW).state
    after = by_school.decided(held, decided("told"), NOW)
    assert after.state is not None
    assert (after.state.phase, after.state.notes[-1].who) == ("closed", "the school")
    (event,) = after.events
    assert isinstance(event, MessageSettled)
    assert event.told


def test_what_the_school_has_sent_again_goes_out_under_the_same_id() -> None:
    held = hold(PLAIN, "no-contact", NOW).state
    after = by_school.decided(held, decided("again"), NOW).state
    assert after is not None
    assert (after.id, after.phase, after.shut) == ("m", "pending", ())


def test_what_waits_for_nobody_any_more_is_left_as_it_is() -> None:
    for message in (None, PLAIN, PLAIN.model_copy(update={"phase": "sent"})):
        assert by_school.decided(message, decided("told"), NOW).state is None
        assert by_school.decided(message, decided("again"), NOW).state is None


async def test_after_the_contact_was_corrected_the_held_message_reaches_the_family_once(
    house: Houses,
) -> None:
    it = await house()
    await it.hear(received(), routed(), details(email=None))
    await everything_sent(it)
    held = await it.pool.fetchval("SELECT id FROM message WHERE phase = 'held'")
    assert held
    await it.hear(details(), decided("again", held))
    letters = (await everything_sent(it)).letters
    assert [letter.message_id for letter in letters] == [held]
    assert (await everything_sent(it)).letters == []
