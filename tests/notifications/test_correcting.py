"""A person corrects how they are reached: proved by a code there, used at once, until the school has a newer word."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from chassis.decision import Refused
from schemas.family_v1 import ContactCorrected, ContactGiven
from services.notifications.channels import RetryLater, Uncertain
from services.notifications.domain import correcting, restoring
from services.notifications.domain.contact import Contact
from services.notifications.domain.correcting import CorrectContact, whom_to_warn
from services.notifications.domain.preference import Prefer, Preference, as_preferred, prefer
from services.notifications.storage.new_links import belongs
from services.notifications.web.family import codes as sending
from tests.notifications.builders import FATHER, MOTHER, NOW, REFERRAL, accepted, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_proving import Postman, a_decision, told
from tests.notifications.test_two_parents import everything_sent
from tests.notifications.test_web import a_link, browser

Houses = Callable[..., Awaitable[House]]
OLD, NEW = "p-mother@families.example", "new@families.example"
RECORDED = Contact(person_id=MOTHER, reach="email", email=OLD)


def corrects(way: Any = "email", address: str = NEW, contact: Contact = RECORDED) -> CorrectContact:
    return CorrectContact(MOTHER, REFERRAL, way, address, contact)


def corrected(kept: Preference | None = None, **given: Any) -> Preference:
    after = correcting.correct(kept, corrects(**given), NOW).state
    assert after is not None
    return after


def test_what_is_corrected_is_used_and_announced_without_what_it_is() -> None:
    decision = correcting.correct(None, corrects(), NOW)
    given, announced = decision.events
    assert isinstance(given, ContactGiven)
    assert isinstance(announced, ContactCorrected)
    assert "families" not in announced.model_dump_json()
    assert (announced.way, announced.referral_id) == ("email", REFERRAL)
    assert as_preferred(RECORDED, decision.state).email == NEW


def test_the_school_that_records_another_one_later_has_the_newer_word() -> None:
    own = corrected()
    later = RECORDED.model_copy(update={"email": "third@families.example"})
    assert as_preferred(later, own).email == "third@families.example"
    assert as_preferred(RECORDED.model_copy(update={"email": NEW}), own).email == NEW
    assert as_preferred(RECORDED.model_copy(update={"language": "pl"}), own).email == NEW


def test_a_number_where_none_was_counts_until_the_school_has_one() -> None:
    own = corrected(way="text", address="+447700900123")
    assert as_preferred(RECORDED, own).phone == "+447700900123"
    theirs = RECORDED.model_copy(update={"phone": "+447700900456"})
    assert as_preferred(theirs, own).phone == "+447700900456"


def test_the_same_again_says_nothing_and_each_way_is_kept_apart() -> None:
    own = corrected()
    assert correcting.correct(own, corrects(), NOW).events == ()
    both = corrected(own, way="text", address="+447700900123")
    assert {each.way: each.address for each in both.own} == {"email": NEW, "text": "+447700900123"}


def test_a_contact_of_another_and_of_one_who_may_not_be_told_is_refused() -> None:
    for contact in (
        RECORDED.model_copy(update={"person_id": FATHER}),
        RECORDED.model_copy(update={"reach": "not-told"}),
    ):
        with pytest.raises(Refused):
            correcting.correct(None, corrects(contact=contact), NOW)


def test_a_choice_of_channel_or_language_leaves_the_correction_alone() -> None:
    after = prefer(corrected(), Prefer(MOTHER, channel="text"), NOW)
    assert after.state is not None
    assert after.state.own
    (fact,) = after.events
    assert restoring.chosen(corrected(), fact).state == after.state  # type: ignore[arg-type]


def test_a_database_that_lost_it_has_it_back_and_never_an_older_one() -> None:
    first, own = corrected(), corrected()
    fact = ContactGiven(person_id=MOTHER, given=own.own)
    assert correcting.restored(None, fact).state == own
    assert correcting.restored(own, fact).state is None
    later = first.own[0].model_copy(
        update={"address": "later@families.example", "given_at": NOW + timedelta(days=1)}
    )
    newer = own.model_copy(update={"own": (later,)})
    assert correcting.restored(newer, fact).state is None


def test_the_contact_before_is_warned_and_where_there_was_none_the_other_one() -> None:
    number, ways = "+447700900123", {"email", "text"}
    assert whom_to_warn({"email": OLD, "text": number}, "email", NEW, ways) == ("email", OLD)
    assert whom_to_warn({"email": OLD}, "text", number, ways) == ("email", OLD)
    assert whom_to_warn({"text": number}, "email", NEW, {"email"}) is None, "this house sends no texts"
    assert whom_to_warn({"email": NEW, "text": number}, "email", NEW, ways) is None
    assert whom_to_warn({}, "email", NEW, ways) is None


async def test_a_warning_that_no_provider_takes_is_tried_again_and_once_taken_not_again(
    house: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_AGAIN", (0.0, 0.0, 0.0))
    it, post = await house(public_url="http://here"), Postman(RetryLater("away"))
    monkeypatch.setattr(sending.Codes, "_made", lambda self, way: post)
    codes, holder = sending.Codes(it.running), sending.Holder(REFERRAL, "ABCD-EFGH-JKM4", MOTHER)
    await codes.warn(holder, "email", OLD)
    assert len(post.letters) == 3
    assert len({letter.message_id for letter in post.letters}) == 1
    post.answer = Uncertain("time-out")
    await codes.warn(holder, "email", OLD)
    assert len(post.letters) == 4


async def proved(house: Houses, monkeypatch: pytest.MonkeyPatch) -> tuple[House, str, Postman]:
    it, link = await a_decision(house)
    post = Postman()
    monkeypatch.setattr(sending.Codes, "_made", lambda self, way: post)
    return it, link, post


async def test_a_new_address_is_confirmed_by_a_code_there_and_the_next_message_goes_to_it(
    house: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    it, link, post = await proved(house, monkeypatch)
    async with browser(it) as family:
        for path in (f"{link}/contact", f"{link}/contact/confirm"):
            closed = await family.get(path)
            assert (closed.status_code, closed.headers["location"]) == (303, f"{link}/code")
        assert (
            await family.post(f"{link}/contact", data={"way": "email", "address": NEW})
        ).status_code == 303
        assert post.letters == [], "the link alone changes nothing"
        await family.post(f"{link}/code", data={"digits": await told(it, family)})
        assert "A new e-mail address" in (await family.get(f"{link}/contact")).text
        sent = await family.post(f"{link}/contact", data={"way": "email", "address": f" {NEW} "})
        assert (sent.status_code, post.letters[0].to) == (303, NEW)
        assert "contact.corrected.v1" not in await it.said(), "not before it is confirmed"
        code = post.code
        wrong = await family.post(
            f"{link}/contact/confirm", data={"digits": f"{(int(code) + 1) % 10**6:06d}"}
        )
        assert (wrong.status_code, "This is not the code" in wrong.text) == (422, True)
        done = await family.post(f"{link}/contact/confirm", data={"digits": code})
        assert done.status_code == 303
        thanks = (await family.get(done.headers["location"])).text
        assert "We use the new address or number from now on" in thanks
        again = await family.post(f"{link}/contact/confirm", data={"digits": code})
        assert again.status_code == 422
    warning = post.letters[1:]
    assert [(letter.fact, letter.to) for letter in warning] == [("contact.changed", OLD)], (
        "once, and the old one"
    )
    assert NEW not in warning[0].body
    said = await it.said()
    assert (said.count("contact.given.v1"), said.count("contact.corrected.v1")) == (1, 1)
    assert await it.pool.fetchval("SELECT count(*) FROM page_code WHERE confirms LIKE '%@%'") == 0
    await it.hear(accepted())
    assert {letter.to for letter in (await everything_sent(it)).letters} == {NEW}


async def test_a_code_for_the_page_confirms_no_address_and_the_other_way_round(
    house: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    it, link, post = await proved(house, monkeypatch)
    async with browser(it) as family:
        await family.post(f"{link}/code", data={"digits": await told(it, family)})
        await family.post(f"{link}/contact", data={"way": "email", "address": NEW})
        page_code = await told(it, family)
        if page_code != post.code:
            answer = await family.post(f"{link}/contact/confirm", data={"digits": page_code})
            assert answer.status_code == 422
        async with browser(it) as another:
            assert (await another.post(f"{link}/code", data={"digits": post.code})).status_code == 422
        assert (await family.post(f"{link}/contact/confirm", data={"digits": post.code})).status_code == 303


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"way": "letter", "address": NEW}, "Choose what is new."),
        ({"way": "text", "address": "07700 900123"}, "Choose what is new."),
        ({"way": "email", "address": "not one"}, "Write an e-mail address"),
        ({"way": "email", "address": ""}, "Write an e-mail address"),
    ],
)
async def test_what_is_no_address_of_this_house_gets_no_code(
    house: Houses, monkeypatch: pytest.MonkeyPatch, typed: dict[str, str], says: str
) -> None:
    it, link, post = await proved(house, monkeypatch)
    async with browser(it) as family:
        await family.post(f"{link}/code", data={"digits": await told(it, family)})
        answer = await family.post(f"{link}/contact", data=typed)
        assert (answer.status_code, says in answer.text, post.letters) == (422, True, [])


async def test_a_landline_is_no_new_mobile_number(house: Houses, monkeypatch: pytest.MonkeyPatch) -> None:
    it, link, post = await proved(house, monkeypatch)
    monkeypatch.setattr(sending.Codes, "carried", frozenset({"email", "text"}))
    async with browser(it) as family:
        await family.post(f"{link}/code", data={"digits": await told(it, family)})
        landline = await family.post(f"{link}/contact", data={"way": "text", "address": "01438 555010"})
        assert "Write a mobile number" in landline.text
        mobile = await family.post(f"{link}/contact", data={"way": "text", "address": "0044 7700 900123"})
        assert (mobile.status_code, post.letters[0].to) == (303, "+447700900123")


async def test_a_message_that_waits_goes_to_the_corrected_address_and_a_new_link_too(house: Houses) -> None:
    it = await house(public_url="http://here")
    await it.hear(received(), routed(), details())
    contact = Contact(person_id=MOTHER, reach="email", email=OLD)
    await it.running.runner.command(corrects(contact=contact))
    assert [letter.to for letter in (await everything_sent(it)).letters] == [NEW]
    async with it.pool.acquire() as conn:
        reference = received().reference
        assert (await belongs(conn, reference, NEW.upper())) is not None
        assert (await belongs(conn, reference, OLD)) is None, "it may be somebody else's by now"
    await it.hear(details(email="third@families.example"), accepted())
    assert [letter.to for letter in (await everything_sent(it)).letters] == ["third@families.example"]


async def test_the_other_parent_keeps_theirs(house: Houses) -> None:
    it = await house(public_url="http://here")
    await it.hear(received(tell=(MOTHER, FATHER)), routed(), details(), details(FATHER))
    await a_link(it)
    await it.running.runner.command(corrects())
    await it.hear(accepted())
    assert {letter.to for letter in (await everything_sent(it)).letters} >= {NEW, "p-father@families.example"}
