"""The school and the team see on the referral's page whether the family has been told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from chassis.once import Item
from chassis.outbox import Meta
from schemas.envelope import Event
from schemas.notifications_v1 import MessageFailed, MessageHeld, MessageSent, MessageSettled
from schemas.told import BECAME
from services.panels.domain import heard
from services.referrals.domain import referral as domain
from tests.referrals.builders import NOW, form
from tests.referrals.conftest import Office, Offices
from tests.referrals.people import joins


async def hear(office: Office, *events: Event) -> None:
    """Applies facts as the consumer would."""
    async with office.pool.acquire() as conn, conn.transaction():
        items = [Item(event, Meta()) for event in events]
        await office.running.work.run(conn, items)
    assert [item.error for item in items] == [None] * len(items)


async def a_referral(office: Office) -> tuple[str, Callable[..., dict[str, Any]]]:
    """A referral, and the ids of a message about one of its facts to the first adult, or to nobody."""
    reference = await office.refer(form())
    return reference, await about_the_first_adult(office, reference)


async def about_the_first_adult(office: Office, reference: str) -> Callable[..., dict[str, Any]]:
    """Makes the ids of a message about a fact of this referral."""
    kept = await office.pool.fetchval("SELECT state::text FROM referral WHERE reference = $1", reference)
    state = domain.Referral.model_validate_json(kept)

    def about(fact: str, **given: Any) -> dict[str, Any]:
        ids = {"message_id": f"m-{fact}", "referral_id": state.id, "person_id": state.adults[0], "fact": fact}
        return ids | given

    return about


def test_whatever_became_of_a_message_has_words() -> None:
    for how in (*domain.How.__args__, *heard.How.__args__):  # type: ignore[attr-defined]
        assert how in BECAME


async def test_the_school_and_the_team_see_what_the_family_was_told_and_what_it_could_not_be(
    office: Offices,
) -> None:
    it = await office()
    reference, about = await a_referral(it)
    sam = await joins(it, "Sam", ("school-user", "900001"))
    ada = await joins(it, "Ada", ("team-member", "communication-autism"))
    assert "No message has gone out yet." in (await sam.get(f"/referrals/{reference}")).text

    await hear(
        it,
        MessageSent(**about("referral.routed"), channel="email", sent_at=NOW),
        MessageHeld(**about("visit.arranged"), reason="no-contact", held_at=NOW + timedelta(days=1)),
        MessageFailed(**about("visit.moved"), channel="email", reason="smtp-550", failed_at=NOW),
    )
    for person in (sam, ada):
        page = (await person.get(f"/referrals/{reference}")).text
        assert "We have it, and who deals with it: The mother, told (4 March 2026)" in page
        assert "The family could not be told: A visit has a date; The date of a visit has changed." in page
        assert "smtp-550" not in page


async def test_what_was_settled_by_hand_is_no_longer_said_to_be_untold(office: Offices) -> None:
    it = await office()
    reference, about = await a_referral(it)
    sam = await joins(it, "Sam", ("school-user", "900001"))
    fact = about("visit.arranged", person_id="nobody")
    await hear(it, MessageHeld(**fact, reason="nobody-may-be-told", held_at=NOW))
    page = (await sam.get(f"/referrals/{reference}")).text
    assert "Nobody who may be told is recorded, not told yet: a person has to decide" in page
    await hear(it, MessageSettled(**fact, told=True, settled_at=NOW + timedelta(hours=1)))
    page = (await sam.get(f"/referrals/{reference}")).text
    assert "The family could not be told" not in page
    assert "told in another way" in page
