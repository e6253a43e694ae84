"""What rebuild and recovery are told of the services is complete: no fact is forgotten when one is added."""

import pytest

from chassis.learning import Learning, LearntOnly
from schemas.envelope import REGISTRY
from schemas.referrals_v1 import WithdrawalRequested
from schemas.services import SERVICES
from services.notifications.learning import LEARNING as NOTIFICATIONS
from services.panels import handlers as panels_rules
from services.panels import learning as panels
from services.panels.panel_files import CLOSURES, PANELS, read_book
from services.referrals.learning import LEARNING as REFERRALS
from tests.chassis.counters import NOW, said

BOOK = read_book(PANELS, CLOSURES)
LEARNINGS: dict[str, Learning] = {
    "referrals": REFERRALS,
    "panels": panels.build(BOOK),
    "notifications": NOTIFICATIONS,
}


@pytest.mark.parametrize("name", SERVICES)
def test_every_fact_that_a_service_publishes_about_its_own_leads_back_to_a_state(name: str) -> None:
    own = {topic for topic in SERVICES[name].says if topic.order != "once"}
    published = {event for event in REGISTRY.values() if event.topic in own}
    assert published - set(LEARNINGS[name].restoring.rules) == set(), "add it to the service's learning.py"


@pytest.mark.parametrize("name", SERVICES)
def test_every_answer_to_an_outsider_tells_that_its_record_was_taken(name: str) -> None:
    own = {topic for topic in SERVICES[name].says if topic.order == "once"}
    answers = {event for event in REGISTRY.values() if event.topic in own}
    assert answers == set(LEARNINGS[name].restoring.answers), "add it to the service's learning.py"


@pytest.mark.parametrize("name", SERVICES)
def test_every_rule_of_restoring_is_for_a_fact_that_the_service_says_or_hears(name: str) -> None:
    known = {*SERVICES[name].says, *SERVICES[name].hears}
    assert {event.type for event in LEARNINGS[name].restoring.rules if event.topic not in known} == set()


def test_a_rebuild_passes_over_what_touches_more_than_was_learnt() -> None:
    rules = LearntOnly(panels_rules.build(BOOK), LEARNINGS["panels"].learnt)
    asked = WithdrawalRequested(referral_id="r", reason="needs-met", requested_at=NOW)
    handler = rules.find(asked)
    assert handler is not None
    assert list(handler.touches(asked)) == [], "a case is the panels' own"
    told = said("m")
    heard = rules.find(told)
    assert heard is not None
    assert [ref.kind for ref in heard.touches(told)] == ["told"]
