"""What other services told is kept for the co-ordinator: the latest word wins."""

from datetime import date

import pytest

from schemas.directory_v1 import SettingListed
from schemas.notifications_v1 import MessageFailed, MessageHeld, MessageSent, MessageSettled
from schemas.personal_v1 import PersonDetails, ReferralPapers
from services.panels.domain.heard import CHILD, SCHOOL, TOLD, WORDS, School
from tests.panels.builders import MONDAY, PanelsBench


def a_person(relation: str, given_name: str = "Ayo") -> PersonDetails:
    return PersonDetails(
        person_id="p1",
        relation=relation,
        given_name=given_name,
        family_name="Mensah",
        email="ayo@example.org",
        may_be_told=True,
    )


def test_a_childs_name_is_kept_and_put_right_but_no_contact() -> None:
    bench = PanelsBench()
    bench.deliver(a_person("child", "Aio"))
    bench.deliver(a_person("child"))
    child = bench.state(CHILD, "p1")
    assert child is not None
    assert child.model_dump(exclude_none=True) == {"given_name": "Ayo", "family_name": "Mensah"}


def test_of_a_day_of_birth_only_its_school_age_is_kept() -> None:
    bench = PanelsBench()
    bench.deliver(a_person("child").model_copy(update={"born": date(2010, 8, 31)}))
    child = bench.state(CHILD, "p1")
    assert child is not None
    assert (child.school_age_begins, child.school_age_ends) == (date(2015, 8, 31), date(2026, 6, 26))
    assert "2010-08-31" not in child.model_dump_json()


def test_nothing_is_kept_of_adults() -> None:
    bench = PanelsBench()
    bench.deliver(a_person("mother"))
    assert bench.state(CHILD, "p1") is None


def test_the_schools_words_and_its_name_are_kept() -> None:
    bench = PanelsBench()
    bench.deliver(ReferralPapers(referral_id="r1", narrative="first"))
    bench.deliver(ReferralPapers(referral_id="r1", narrative="second", advice="try this"))
    bench.deliver(SettingListed(entry="setting:117215", urn="117215", name="Hill", town="Ware", area="DSPL3"))
    words = bench.state(WORDS, "r1")
    assert words is not None
    assert (words.narrative, words.advice) == ("second", "try this")
    assert bench.state(SCHOOL, "117215") == School(name="Hill", town="Ware")


def told(how: str, message_id: str = "m1") -> MessageSent | MessageFailed | MessageHeld | MessageSettled:
    common = {"message_id": message_id, "referral_id": "r1", "person_id": "p1", "fact": "case.listed"}
    if how == "sent":
        return MessageSent(**common, channel="email", sent_at=MONDAY)
    if how == "failed":
        return MessageFailed(**common, channel="email", reason="smtp-550", failed_at=MONDAY)
    if how == "held":
        return MessageHeld(**common, reason="uncertain", held_at=MONDAY)
    return MessageSettled(**common, told=how == "told", settled_at=MONDAY)


@pytest.mark.parametrize("last", ["sent", "failed", "told", "not-told"])
def test_whether_the_family_was_told_is_known_for_each_message(last: str) -> None:
    bench = PanelsBench()
    for event in (told("held"), told("sent", "m2"), told(last)):
        bench.deliver(event)
    state = bench.state(TOLD, "r1")
    assert state is not None
    assert {(message.message_id, message.how) for message in state.messages} == {("m1", last), ("m2", "sent")}
