"""Why a form goes where it goes, and who would go elsewhere by other rules."""

from datetime import date
from pathlib import Path

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from services.referrals.domain.referral import REFERRAL
from services.referrals.domain.routing.eligibility import Given
from services.referrals.files import HERE, load
from services.referrals.routing_tool import Past, Side, compared, explained, past_referrals, told
from tests.referrals.builders import TODAY, bench, body, book, form, referral_id, submit, upn_of
from tests.referrals.conftest import Offices
from tests.referrals.data_folder import change, copied_to


def here_now(day: date | None = None) -> Side:
    return Side(book().routing, book().register, day)


def side(folder: Path, day: date | None = None) -> Side:
    data = load(folder)
    return Side(data.routing, data.register, day)


def test_an_explanation_names_each_rule_that_was_tried_and_why_it_does_not_fit() -> None:
    asked = form(asks_for="outreach", child__primary_need="MLD", child__other_needs=[])
    lines = explained(book(), body(asked), TODAY)
    assert "  placement-panel: does not fit, since what is asked for is outreach, not placement" in lines
    assert lines[-2].startswith("  outreach: fits.")
    assert lines[-1].endswith(
        "(outreach-dspl1). Outreach, DSPL1: Hitchin school, learning, no EHCP; rule outreach"
    )
    assert "Hazelden" not in "\n".join(lines)


@pytest.mark.parametrize(
    ("day", "rule"), [(date(2025, 8, 31), "outreach"), (date(2025, 9, 1), "outreach-2025-09")]
)
def test_both_regimes_of_outreach_are_explained_by_their_day(day: date, rule: str) -> None:
    school = next(each for each in book().register if each.area == "DSPL5")
    asked = form(urn=school.urn, asks_for="outreach", agreement__on="2025-08-01", tried=[])
    last = next(line for line in explained(book(), body(asked), day) if "; rule " in line)
    assert f", DSPL5: {school.town} school, " in last
    assert last.endswith(f"; rule {rule}")


def test_a_form_with_faults_is_answered_with_each_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        explained(book(), body(form(urn="1", narrative="")), TODAY)
    said = capsys.readouterr().err
    assert "urn: " in said
    assert "narrative: " in said


@pytest.mark.parametrize(
    ("asks_for", "code", "sits"),
    [("short-placement", "education-support-centre", True), ("top-up-funding", "high-needs-dspl1", False)],
)
def test_short_placements_and_funding_have_their_destinations(asks_for: str, code: str, sits: bool) -> None:
    lines = explained(book(), body(form(asks_for=asks_for)), TODAY)
    assert any(f"({code})" in line for line in lines)
    assert any("There is no panel yet" in line for line in lines) is not sits


async def test_changed_rules_show_who_would_go_elsewhere_and_nobodys_name(
    office: Offices, tmp_path: Path
) -> None:
    here = await office()
    stays = await here.refer(form(child__primary_need="SEMH", child__other_needs=[]))
    goes = await here.refer(form(child__upn=..., child__no_upn_reason="from-abroad"))
    copied_to(tmp_path)
    rules = tmp_path / "routing" / "40-teams.toml"
    change(rules, 'destination = "communication-autism"', 'destination = "wellbeing"')
    teams = tmp_path / "teams" / "advisory.toml"
    change(teams, 'needs = ["SEMH"]', 'needs = ["SEMH", "ASD"]')
    async with here.pool.acquire() as conn:
        past = await past_referrals(conn)
    text = "\n".join(told(list(compared(past, book(), here_now(), side(tmp_path)))))
    assert "2 referrals replayed, 1 would go elsewhere" in text
    assert f"{goes}: communication-autism -> wellbeing, rule autism" in text
    assert stays not in text
    assert "Hazelden" not in text
    same = list(compared(past, book(), here_now(), side(HERE)))
    assert not any(each.moves or each.more for each in same)


async def test_changed_rules_show_who_would_be_asked_for_more(office: Offices, tmp_path: Path) -> None:
    here = await office()
    views = {"parents_say": "They agree.", "child_says": "I like it."}
    paper = {"kind": "medical", "title": "A letter"}
    whole = await here.refer(form(tried=[*form()["tried"] * 2], views=views, evidence=[paper]))
    bare = await here.refer(form(child__upn=upn_of(1), tried=[]))
    copied_to(tmp_path)
    teams = tmp_path / "teams" / "advisory.toml"
    text = teams.read_text("utf-8")
    begin = text.index("asks = ", text.index('code = "communication-autism"'))
    end = text.index("\n", begin)
    teams.write_text(f'{text[:begin]}asks = {{ cycles = 1, evidence = ["medical"] }}{text[end:]}', "utf-8")
    async with here.pool.acquire() as conn:
        past = await past_referrals(conn)
    text = "\n".join(told(list(compared(past, book(), here_now(), side(tmp_path)))))
    assert "2 referrals replayed, 0 would go elsewhere." in text
    assert "1 would be asked for more, as their papers are now." in text
    assert "      1  communication-autism: a medical letter" in text
    assert f"{bare}: communication-autism asks for a medical letter" in text
    assert whole not in text
    back = told(list(compared(past, book(), side(tmp_path), here_now())))
    assert any(
        line.startswith(f"  {bare}: communication-autism asks for what the parents say;") for line in back
    )


@settings(max_examples=8, deadline=None)
@given(st.dates(date(2024, 9, 1), date(2027, 9, 1)))
def test_equal_rules_on_an_equal_day_send_nobody_elsewhere(day: date) -> None:
    rules = bench()
    rules.deliver(submit())
    referral = rules.state(REFERRAL, referral_id())
    assert referral is not None
    sides = here_now(day), side(HERE, day)
    found = list(compared([Past(referral, date(2016, 5, 17), Given())], book(), *sides))
    assert not any(each.moves or each.more for each in found)
