"""What families write on their page, and the answer that comes back to them alone."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chassis.decision import Refused
from schemas.family_v1 import FamilyAnswer, FamilyAnswered, FamilySaid
from services.notifications.domain import page, said
from services.notifications.domain.course import Timetable
from services.notifications.domain.fact import Telling
from services.notifications.domain.said import LONGEST, Say
from services.notifications.domain.story import hear
from tests.notifications.builders import FATHER, MOTHER, NOW, REFERRAL, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_proving import told
from tests.notifications.test_web import a_link, browser

Houses = Callable[..., Awaitable[House]]
WORDS = "4e5f6071-8293-4d0e-8f1a-2b3c4d5e6f70"
SAY = Say(WORDS, REFERRAL, MOTHER, "worried", " He cries. ")


def answered(person: str = MOTHER) -> FamilyAnswered:
    return FamilyAnswered(referral_id=REFERRAL, words_id=WORDS, person_id=person, answered_at=NOW)


def an_answer(person: str = MOTHER) -> FamilyAnswer:
    return FamilyAnswer(
        words_id=WORDS, referral_id=REFERRAL, person_id=person, words="We meet.", answered_at=NOW
    )


def test_what_is_written_goes_out_once_however_often_the_form_is_sent() -> None:
    first = said.say(None, SAY, NOW)
    (fact,) = first.events
    assert isinstance(fact, FamilySaid)
    assert (fact.about, fact.words) == ("worried", "He cries.")
    assert said.say(first.state, SAY, NOW).events == ()


@pytest.mark.parametrize(
    ("words", "code"), [("  ", "words-missing"), ("x" * (LONGEST + 1), "words-too-long")]
)
def test_nothing_and_too_much_are_refused(words: str, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        said.say(None, Say(WORDS, REFERRAL, MOTHER, "wrong", words), NOW)
    assert refusal.value.code == code


def test_somebody_elses_form_is_refused() -> None:
    kept = said.say(None, SAY, NOW).state
    with pytest.raises(Refused):
        said.say(kept, Say(WORDS, REFERRAL, FATHER, "worried", "Mine."), NOW)


def test_answer_and_words_find_together_in_either_order() -> None:
    fact = said.say(None, SAY, NOW).events[0]
    assert isinstance(fact, FamilySaid)
    words_first = said.answered(said.restored(None, fact), an_answer(), NOW).state
    answer_first = said.restored(said.answered(None, an_answer(), NOW).state, fact)
    assert words_first == answer_first


def test_only_whoever_wrote_is_told_of_the_answer_and_sees_it_among_what_happened() -> None:
    tell = Timetable((Telling("family.answered", "family.answered.v1"),))
    story = None
    for event in (received(tell=(MOTHER, FATHER)), routed(), answered(FATHER)):
        story = hear(story, event, NOW, tell) or story
    assert story is not None
    assert [message.person_id for message in story.born] == [FATHER]
    steps = {
        who: [str(each.words) for each in page.page(story, {}, (), who).steps] for who in (MOTHER, FATHER)
    }
    assert "You have an answer to what you wrote to us." in steps[FATHER]
    assert "You have an answer to what you wrote to us." not in steps[MOTHER]


def test_who_may_not_be_told_any_more_is_not_told_of_an_answer() -> None:
    tell = Timetable((Telling("family.answered", "family.answered.v1"),))
    story = hear(None, received(tell=(MOTHER,)), NOW, tell)
    after = hear(story, answered(FATHER), NOW, tell)
    assert after is not None
    assert after.born == ()


async def with_a_page(house: Houses) -> tuple[House, str]:
    it = await house(public_url="http://here")
    await it.hear(received(tell=(MOTHER, FATHER)), routed(), details(), details(FATHER, email=None))
    return it, await a_link(it)


async def test_a_family_writes_and_reads_the_answer_with_its_code(house: Houses) -> None:
    it, link = await with_a_page(house)
    path = f"{link}/words"
    typed = {"form": WORDS, "about": "disagree", "words": "He <b>cries</b>."}
    async with browser(it) as family:
        assert f"{path}?about=disagree" in (await family.get(link)).text
        for _ in range(2):
            done = await family.post(path, data=typed)
            assert done.status_code == 303
        thanks = (await family.get(done.headers["location"])).text
        assert "Somebody answers you" in thanks
        assert "SENDIASS" in thanks
        assert (await it.said()).count("family.said.v1") == 1
        waits = (await family.get(link)).text
        assert "There is no answer yet" in waits
        assert "cries" not in waits, "the link alone shows nothing of it"
        await it.hear(an_answer(), answered())
        assert "We meet." not in (await family.get(link)).text
        await family.post(f"{link}/code", data={"digits": await told(it, family)})
        text = (await family.get(link)).text
        assert "He &lt;b&gt;cries&lt;/b&gt;." in text
        assert "We meet." in text
    facts = [row[:2] for row in await it.phases()]
    assert ("family.answered", MOTHER) in facts
    assert ("family.answered", FATHER) not in facts


async def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(house: Houses) -> None:
    it, link = await with_a_page(house)
    async with browser(it) as family:
        nothing = await family.post(f"{link}/words", data={"about": "wrong", "words": " "})
        assert (nothing.status_code, "Write what you want" in nothing.text) == (422, True)
        no_choice = await family.post(f"{link}/words", data={"words": "A long story."})
        assert (no_choice.status_code, "Choose what it is about" in no_choice.text) == (422, True)
        assert "A long story." in no_choice.text
        assert (await family.post("/f/x/words", data={})).status_code == 404


async def test_the_last_word_counts_on_whether_the_page_helped(house: Houses) -> None:
    it, link = await with_a_page(house)
    async with browser(it) as family:
        assert "Did this page help you?" in (await family.get(link)).text
        for word in ("no", "partly", "nonsense"):
            answer = await family.post(f"{link}/helped", data={"helped": word})
            assert answer.status_code == 303
        assert "Thank you" in (await family.get(f"{link}?thanks=yes")).text
    kept: Any = await it.pool.fetch("SELECT helped FROM page_opinion")
    assert [row["helped"] for row in kept] == ["partly"]


async def test_what_is_too_long_is_neither_cut_off_nor_lost(house: Houses) -> None:
    it, link = await with_a_page(house)
    long = "He cries. " * LONGEST
    async with browser(it) as family:
        assert "maxlength" not in (await family.get(f"{link}/words?about=worried")).text
        answer = await family.post(f"{link}/words", data={"about": "worried", "words": long})
    assert answer.status_code == 422
    assert "<title>There is a problem: Tell us</title>" in answer.text
    assert "Write at most 4,000 characters" in answer.text
    assert long.strip() in answer.text
