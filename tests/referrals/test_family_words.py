"""What a family wrote on its page: the school and those who work on it read it there, and answer once."""

from typing import Any

import pytest

from chassis.decision import Refused
from schemas.family_v1 import FamilyAnswer, FamilyAnswered, FamilySaid
from services.referrals import storage
from services.referrals.domain.family_words import LONGEST, AnswerFamily, heard, restored
from tests.referrals.builders import NOW
from tests.referrals.conftest import Office, Offices, apply
from tests.referrals.people import joins
from tests.referrals.test_referral_pages import case
from tests.referrals.working import ID, Desk

WORDS = "4e5f6071-8293-4d0e-8f1a-2b3c4d5e6f70"


def said(referral_id: str = ID, person_id: str = "p-mother", **given: Any) -> FamilySaid:
    fields: dict[str, Any] = {
        "words_id": WORDS, "referral_id": referral_id, "person_id": person_id, "about": "worried",
        "words": "He cries before school.", "said_at": NOW,
    }  # fmt: skip
    return FamilySaid(**(fields | given))


def answers(**given: Any) -> AnswerFamily:
    return AnswerFamily(
        **({"words_id": WORDS, "referral_id": ID, "by": "sam", "answer": "We meet today."} | given)
    )


def test_an_answer_goes_to_whoever_wrote_and_the_family_is_told_of_it_without_a_word() -> None:
    desk = Desk()
    desk.rules.deliver(said())
    events = desk.rules.deliver(answers())
    told, words = sorted(events, key=lambda event: type(event).type, reverse=True)
    assert isinstance(told, FamilyAnswered)
    assert (told.words_id, told.person_id) == (WORDS, "p-mother")
    assert "meet" not in told.model_dump_json()
    assert isinstance(words, FamilyAnswer)
    assert words.words == "We meet today."
    assert desk.now.history[-1].what == "family-answered"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"answer": "  "}, "answer-missing"),
        ({"answer": "x" * (LONGEST + 1)}, "answer-too-long"),
        ({"words_id": "another"}, "words-unknown"),
    ],
)
def test_what_is_no_answer_is_refused(given: dict[str, str], code: str) -> None:
    desk = Desk()
    desk.rules.deliver(said())
    with pytest.raises(Refused) as refusal:
        desk.rules.deliver(answers(**given))
    assert refusal.value.code == code


def test_of_two_who_answer_at_once_the_second_is_told_of_the_first() -> None:
    desk = Desk()
    desk.rules.deliver(said())
    desk.rules.deliver(answers())
    with pytest.raises(Refused) as refusal:
        desk.rules.deliver(answers(answer="Another."))
    assert refusal.value.code == "answered-already"


def test_an_answer_that_was_found_again_before_the_words_stays_with_them() -> None:
    fact = FamilyAnswer(words_id=WORDS, referral_id=ID, person_id="p", words="Yes.", answered_at=NOW)
    kept = heard(restored(None, fact).state, said(), NOW).state
    assert kept is not None
    assert (kept.words, kept.answer) == ("He cries before school.", "Yes.")


async def arrives(office: Office, reference: str) -> None:
    async with office.pool.acquire() as conn:
        referral = await storage.by_reference(conn, reference)
    assert referral is not None
    await apply(office.running, said(referral.id, referral.adults[0]))


async def test_the_school_reads_it_on_the_referral_and_answers_on_a_page_of_its_own(office: Offices) -> None:
    it = await office()
    reference, ada, sam = await case(it)
    assert "What the family wrote" not in (await sam.get(f"/referrals/{reference}")).text
    await arrives(it, reference)
    path = f"/referrals/{reference}/family/{WORDS}"
    for person in (ada, sam):
        page = (await person.get(f"/referrals/{reference}")).text
        assert "Ines Hazelden is worried" in page
        assert "He cries before school." in page
        assert path in page
    for person, sees in (
        (ada, True),
        (sam, True),
        (await joins(it, "Eve", ("school-user", "900101")), False),
    ):
        waiting = (await person.get("/family-words")).text
        assert (path in waiting, "He cries" in waiting) == (sees, False)
    assert "waits for an answer" in (await sam.get("/")).text
    empty = await sam.fill(path)
    assert (empty.status_code, "Write the answer." in empty.text) == (422, True)
    done = await sam.fill(path, answer="We meet today.")
    assert done.status_code == 303
    assert "We meet today." in (await ada.get(f"/referrals/{reference}")).text
    assert "We meet today." in (await ada.get(path)).text
    assert "Everything is answered." in (await sam.get("/family-words")).text
    officer = await joins(it, "Olga", ("sali-officer", None))
    assert (await officer.get(path)).status_code == 403
    reads = await it.pool.fetchval("SELECT count(*) FROM access_log WHERE what = 'family-words'")
    assert reads >= 2
