"""Who may chair a panel, and who answers what it escalates, is what its own file says."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chassis.service import Running
from chassis.web.people import Grant, Person
from services.panels.app import make_sittings
from services.panels.domain.duties import named, roles_in_words
from services.panels.domain.panels.membership import Members
from services.panels.domain.permissions import Subject, allows, may, panels_of
from services.panels.panel_files import PANELS
from tests.panels.builders import BOOK, a_routed_referral, an_ask
from tests.panels.conftest import House, build, settings
from tests.panels.test_day_pages import SIGN, hidden
from tests.panels.test_pages import as_, case_path

ASK = f"{case_path()}/ask-chair"

TODAY = date(2026, 3, 5)
CHAIR, OFFICER, ELSEWHERE = (
    Person(role, role, frozenset({Grant(role, scope)}), "")
    for role, scope in (("chair", None), ("deciding-officer", "placement"), ("deciding-officer", "other"))
)
HERE = Subject("placement")
(PANEL,) = BOOK.panels
OFFICERS_CHAIR = replace(
    BOOK, panels=[PANEL.model_copy(update={"members": Members(may_chair=("deciding-officer",))})]
)


def test_as_shipped_a_chair_chairs_and_the_service_manager_answers() -> None:
    known = named(BOOK, TODAY)
    assert may(CHAIR, "case:chair", HERE, known)
    assert not may(OFFICER, "case:chair", HERE, known)
    assert roles_in_words("case:answer", "placement", known) == "service manager"
    assert roles_in_words("case:coordinate", "placement", known) == "panel co-ordinator"


def test_whom_a_panel_names_may_chair_it_and_nobody_else() -> None:
    known = named(OFFICERS_CHAIR, TODAY)
    assert [may(one, "case:chair", HERE, known) for one in (CHAIR, OFFICER, ELSEWHERE)] == [
        False,
        True,
        False,
    ]
    assert panels_of(OFFICER, "case:chair", known) == frozenset({"placement"})
    assert panels_of(ELSEWHERE, "case:chair", known) == frozenset()
    assert [allows(one, "case:chair", known) for one in (CHAIR, OFFICER, ELSEWHERE)] == [False, True, False]


def test_a_restricted_case_opens_to_no_chair_who_is_not_named() -> None:
    assert not may(OFFICER, "case:chair", Subject("placement", frozenset({"another"})), named(OFFICERS_CHAIR))


def test_the_door_lets_in_whoever_a_panel_names_in_any_of_its_periods() -> None:
    before = PANEL.model_copy(update={"effective_to": date(2026, 8, 31)})
    after = PANEL.model_copy(
        update={"effective_from": date(2026, 9, 1), "members": Members(may_chair=("deciding-officer",))}
    )
    book = replace(BOOK, panels=[before, after])
    assert allows(OFFICER, "case:chair", named(book))
    assert not may(OFFICER, "case:chair", HERE, named(book, TODAY))
    assert may(OFFICER, "case:chair", HERE, named(book, date(2026, 9, 1)))


@pytest.fixture
async def chaired_by_officers(database: Callable[..., Awaitable[Any]], tmp_path: Path) -> House:
    """A house whose panel is chaired by deciding officers; what it escalates goes to its co-ordinator."""
    text = (PANELS / "placement.toml").read_text()
    text = text.replace('may_chair = ["chair"]', 'may_chair = ["deciding-officer"]')
    text = text.replace('to = ["service-manager"]', 'to = ["panel-coordinator"]')
    (tmp_path / "placement.toml").write_text(text)
    service = build(settings(folder=tmp_path))
    running = Running(service, await database(service.migrations))
    await make_sittings(BOOK, running)
    return House(running)


async def test_chairs_action_is_answered_by_whom_the_panel_names_and_others_read_who_that_is(
    chaired_by_officers: House,
) -> None:
    house = chaired_by_officers
    await house.hear(a_routed_referral(placement=an_ask(urgent=True)))
    tom, officer, cora = [await as_(house, name) for name in ("tom", "officer", "cora")]
    held = await hidden(tom, ASK, "seen")
    await tom.post(ASK, **held, why="She has no school.")
    assert "4HW9-ZB6N-XCEB" in (await officer.get("/chair-actions")).text
    assert (await officer.get(f"{case_path()}/chair-action")).status_code == 200
    assert (await cora.get("/chair-actions")).status_code == 403
    assert (await tom.get("/escalated")).status_code == 200
    refused = await cora.get(f"{case_path()}/chair-action")
    assert (refused.status_code, "Who may do this at its panel: deciding officer." in refused.text) == (
        403,
        True,
    )
    refused = await cora.get(SIGN)
    assert (refused.status_code, "Who may do this at its panel: deciding officer." in refused.text) == (
        403,
        True,
    )
