"""Rights are told where the law gives them: with a plan, not with what a panel recommends or follows from it."""

import re

from schemas.envelope import REGISTRY
from schemas.topics import PANELS
from services.notifications.domain import sentences
from services.notifications.domain.fact import Fact
from services.notifications.templates import FOLDER, shipped
from tests.notifications.builders import NOW

#: The words of the First-tier Tribunal's right of appeal and of what comes before it.
RIGHTS = re.compile(r"appeal|tribunal|mediation|disagreement resolution|right to", re.IGNORECASE)
OF_PANELS = {name: event for name, event in REGISTRY.items() if event.topic is PANELS}


def test_no_fact_of_a_panel_has_a_place_for_rights() -> None:
    fields = {f"{name}: {field}" for name, event in OF_PANELS.items() for field in event.model_fields}
    assert {each for each in fields if re.search(r"appeal|right(s|_|$)|mediation", each)} == set()


def test_no_message_about_a_panel_speaks_of_rights() -> None:
    told = {telling.code for telling in shipped().tellings if telling.on in OF_PANELS}
    assert {"decision.issued", "decision.corrected", "case.passed-on"} <= told
    for code in told:
        assert not RIGHTS.search((FOLDER / f"{code}.en.md").read_text()), code


def test_no_sentence_of_a_familys_page_about_a_panel_speaks_of_rights() -> None:
    for name in OF_PANELS.keys() & sentences.HAPPENED.keys():
        fact = Fact(type=name, at=NOW, stream="c", business_id="c:1")
        said = str(sentences.HAPPENED[name](fact, "the panel"))
        if name in sentences.STANDING:
            said += str(sentences.STANDING[name](fact, "the panel").next)
        assert not RIGHTS.search(said), name
