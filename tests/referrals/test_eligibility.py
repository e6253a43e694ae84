"""For whom each destination is, as data: routing, the form, the directory and the tools all go by it."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from schemas.submissions_v1 import Cycle
from services.referrals.domain.asking import wanted, way_of
from services.referrals.domain.book import Book
from services.referrals.domain.commands import AcceptReferral, Amendment, AmendReferral
from services.referrals.domain.directory.guide import Wanted, helpers
from services.referrals.domain.referral import REFERRAL, Referral
from services.referrals.domain.routing.conditions import Who
from services.referrals.domain.routing.eligibility import Given, asked, conditions, for_whom, given_in, lacks
from services.referrals.domain.routing.sending import facts_of_form
from services.referrals.domain.routing.teams import Asks
from services.referrals.files import BadData, load
from services.referrals.handlers import table
from services.referrals.routing_tool import Past, Side, compared, explained
from tests.referrals.builders import TODAY, bench, body, book, form, referral_id, sound, submit
from tests.referrals.data_folder import change, copied_to
from tests.referrals.working import Desk

AUTISM = 'for = { ages = { from = 5 }, needs = ["ASD"] }'
HATFIELD = "900401"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the data that is shipped."""
    return copied_to(tmp_path)


def complaints(folder: Path) -> list[str]:
    with pytest.raises(BadData) as caught:
        load(folder)
    return str(caught.value).splitlines()


def routed(folder: Path, **changes: Any) -> Referral:
    rules = bench(folder)
    rules.deliver(submit(form(**changes)))
    state = rules.state(REFERRAL, referral_id())
    assert state is not None
    return state


def chosen(on: Book, day: date, **changes: Any) -> tuple[str, str]:
    """The destination and the area of a form on a day."""
    given = sound(form(**changes))
    setting = on.register.find(given.urn)
    assert setting is not None
    facts = facts_of_form(given, setting, on.register, day)
    return on.routing.choose(facts).goes_to(facts.area), facts.area


# Who is taken ---------------------------------------------------------------------------------------


def test_a_destination_with_an_age_limit_takes_nobody_else_and_the_next_rule_is_tried(folder: Path) -> None:
    assert routed(folder).destination == "communication-autism"
    change(folder / "teams" / "advisory.toml", AUTISM, 'for = { ages = { from = 11 }, needs = ["ASD"] }')
    book.cache_clear()
    assert routed(folder).destination == "triage"


def test_a_destination_for_children_with_a_plan_takes_only_them(folder: Path) -> None:
    change(folder / "teams" / "advisory.toml", AUTISM, 'for = { sen_provision = ["E"] }')
    assert routed(folder).destination == "triage"
    assert routed(folder, child__sen_provision="E").destination == "communication-autism"


def test_the_explanation_says_that_a_destination_is_not_for_this_child(folder: Path) -> None:
    change(
        folder / "teams" / "advisory.toml", AUTISM, 'for = { sen_provision = ["E"], ages = { from = 11 } }'
    )
    lines = explained(book(folder), body(form()), TODAY)
    why = "communication-autism is not for this child: the SEN provision is K, not E"
    assert any(line.startswith(f"  autism: does not fit, since {why}; ") for line in lines)
    assert lines[-1].endswith("rule triage")


def test_a_replay_shows_who_would_go_elsewhere_when_a_destination_changes_for_whom_it_is(
    folder: Path,
) -> None:
    change(folder / "teams" / "advisory.toml", AUTISM, 'for = { sen_provision = ["E"] }')
    data, was = load(folder), routed(copied_to(folder / "before"))
    sides = Side(book().routing, book().register), Side(data.routing, data.register)
    [found] = compared([Past(was, date(2016, 5, 17), Given())], book(), *sides)
    assert (found.before, found.after, found.rule) == ("communication-autism", "triage", "triage")


# What is asked for ----------------------------------------------------------------------------------


def test_form_directory_and_explanation_say_the_same_of_what_a_destination_asks_for(folder: Path) -> None:
    asks = "asks = { cycles = 2, within_months = 12, views = true, agreement = true }"
    teams = folder / "teams" / "advisory.toml"
    text = teams.read_text("utf-8")
    place = text.index('code = "communication-autism"')
    teams.write_text(
        text[:place] + text[place:].replace(asks, 'asks = { cycles = 3, evidence = ["medical"] }', 1), "utf-8"
    )
    on = book(folder)
    expected = [
        "The Communication and Autism team asks for 3 rounds of assess, plan, do, review; you have given 1.",
        "The Communication and Autism team will ask for this: a medical letter.",
    ]
    lines = explained(on, body(form()), TODAY)
    assert [line.strip() for line in lines[-2:]] == expected
    answers = form()
    said = [each.words for each in wanted(answers, way_of(answers, on, TODAY), TODAY)]
    assert [each for each in said if each in expected] == expected
    [helper] = [
        each
        for each in helpers(on, Wanted(need="ASD", age=9), TODAY)
        if each.destination.code == "communication-autism"
    ]
    assert helper.asks == ["3 rounds of assess, plan, do, review", "A medical letter"]


def test_a_round_must_be_recent_where_the_destination_says_so() -> None:
    team = (
        book()
        .destinations["communication-autism"]
        .model_copy(update={"asks": Asks(cycles=1, within_months=3)})
    )
    given = given_in(sound(form()))
    assert list(lacks(team, given, date(2026, 4, 12))) == []
    assert [each.what for each in lacks(team, given, date(2026, 4, 13))] == ["recent-cycle"]


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ({}, None),
        ({"ages": {"from": 5}}, "Taken are children of 5 years and over."),
        ({"ages": {"to": 6}}, "Taken are children of up to 6 years."),
        (
            {"years": {"from": 1, "to": 11}, "sen_provision": ["E", "K"]},
            "Taken are children in year 1 to year 11, with an EHCP or at SEN support.",
        ),
        (
            {"needs": ["ASD"], "looked_after": True},
            "Taken are children whose main need is autism, who are looked after.",
        ),
        (
            {"any_need": ["HI", "MSI"]},
            "Taken are children with hearing or hearing and vision together among their needs.",
        ),
    ],
)
def test_conditions_are_said_in_words(who: dict[str, Any], words: str | None) -> None:
    assert conditions(Who.model_validate(who)) == words


def test_the_directory_says_for_whom_by_the_file_and_by_the_conditions() -> None:
    team = book().destinations["spld"]
    assert team.for_whom is not None
    assert for_whom(team) == (
        f"{team.for_whom} Taken are children of 5 years and over, whose main need is specific learning difficulties."
    )
    assert asked(team)[0] == "2 rounds of assess, plan, do, review, the last reviewed within 12 months"


# From and until -------------------------------------------------------------------------------------

VERSIONS = """[[destination]]
code = "trial"
kind = "triage"
name = "Trial"
does = "Reads."
until = 2026-04-30
answer_within_working_days = 5

[[destination]]
code = "trial"
kind = "triage"
name = "Trial, larger"
does = "Reads."
from = 2026-05-01
until = 2026-06-30
answer_within_working_days = 10
"""
RULE = """[[rule]]
code = "trial"
destination = "trial"
reason = "A trial."
until = {}
when = {{ needs = ["ASD"] }}
"""


def with_trial(folder: Path, until: str = "2026-06-30") -> Path:
    (folder / "teams" / "trial.toml").write_text(VERSIONS, "utf-8")
    (folder / "routing" / "05-trial.toml").write_text(RULE.format(until), "utf-8")
    return folder


def test_a_destination_is_another_from_the_day_that_its_file_says(folder: Path) -> None:
    on = book(with_trial(folder))
    days = [date(2026, 4, 30), date(2026, 5, 1), date(2026, 6, 30), date(2026, 7, 1)]
    assert [chosen(on, day)[0] for day in days] == ["trial", "trial", "trial", "communication-autism"]
    named = [on.destinations.on("trial", day).name for day in days]
    assert named == ["Trial", "Trial, larger", "Trial, larger", "Trial, larger"]
    promises = [on.destinations.on("trial", day).answer_within_working_days for day in days[:2]]
    assert promises == [5, 10]


def test_the_directory_shows_only_who_takes_referrals_today(folder: Path) -> None:
    on = book(with_trial(folder))
    shown = [
        [each.destination.name for each in helpers(on, Wanted(), day) if each.destination.code == "trial"]
        for day in (date(2026, 4, 30), date(2026, 5, 1), date(2026, 7, 1))
    ]
    assert shown == [["Trial"], ["Trial, larger"], []]


def test_a_town_moves_to_another_area_on_the_day_that_the_file_says(folder: Path) -> None:
    areas = folder / "areas.toml"
    change(areas, 'towns = ["Stevenage"]', 'towns = ["Stevenage"]\nuntil = 2026-08-31')
    change(
        areas,
        "[overrides]",
        '[[area]]\ncode = "DSPL2"\nname = "Stevenage and Baldock"\nofficer = "Officer"\nfrom = 2026-09-01\n'
        'towns = ["Stevenage", "Baldock"]\n\n[overrides]',
    )
    change(areas, '"Baldock", "Royston"]', '"Baldock", "Royston"]\nuntil = 2026-08-31')
    change(
        areas,
        "[overrides]",
        '[[area]]\ncode = "DSPL1"\nname = "North Herts"\nofficer = "Officer"\nfrom = 2026-09-01\n'
        'towns = ["Hitchin", "Letchworth", "Letchworth Garden City", "Royston"]\n\n[overrides]',
    )
    on = book(folder)
    school = next(each.urn for each in on.register if each.town == "Baldock" and each.kind == "primary")
    asked = {"urn": school, "asks_for": "outreach"}
    assert chosen(on, date(2026, 8, 31), **asked) == ("outreach-dspl1", "DSPL1")
    assert chosen(on, date(2026, 9, 1), **asked) == ("outreach-dspl2", "DSPL2")
    for day, area, name in (
        (date(2026, 8, 31), "DSPL1", "Stevenage"),
        (date(2026, 9, 1), "DSPL2", "Stevenage and Baldock"),
    ):
        on.turn(day)
        found = on.register.find(school)
        assert found is not None
        assert (found.area, on.register.areas["DSPL2"].name) == (area, name)


# Mistakes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("teams/advisory.toml", AUTISM, "for = { ages = { from = 9, to = 5 } }", "swap the two"),
        ("teams/advisory.toml", AUTISM, 'for = { needs = ["ADHD"] }', "for.needs"),
        ("teams/advisory.toml", AUTISM, "for = { age = 5 }", "did you mean ages?"),
        ("teams/advisory.toml", 'evidence = ["medical"]', 'evidence = ["rumour"]', "asks.evidence"),
        (
            "teams/advisory.toml",
            AUTISM,
            "from = 2026-05-01\nuntil = 2026-04-30",
            "from is later than until: swap the two",
        ),
        (
            "teams/advisory.toml",
            AUTISM,
            "until = 2027-07-31",
            "rule autism sends to communication-autism on 2027-08-01, when nobody is taken there",
        ),
        (
            "teams/advisory.toml",
            AUTISM,
            "from = 2027-09-01",
            "rule autism sends to communication-autism before 2027-09-01, when nobody is taken there",
        ),
        (
            "teams/advisory.toml",
            AUTISM,
            'for = { needs = ["PD"] }',
            "which takes nobody whom the rule sends: needs have nothing in common",
        ),
        (
            "teams/statutory.toml",
            'code = "triage"\n',
            'code = "triage"\nfor = { ages = { from = 5 } }\n',
            "the last rule sends to triage, which is not for everybody",
        ),
        ("areas.toml", '["Stevenage"]', '["Stevenage"]\nuntil = 2026-08-31', "how DSPL2 is on 2026-09-01"),
        ("areas.toml", '["Stevenage"]', '["Stevenage"]\nfrom = 2026-09-01', "how DSPL2 is at first"),
        (
            "areas.toml",
            "[overrides]",
            '[[area]]\ncode = "DSPL2"\nname = "S"\nofficer = "O"\ntowns = ["Knebworth"]\n[overrides]',
            "DSPL2 has two versions that hold on the same day",
        ),
    ],
)
def test_a_mistake_about_who_is_taken_and_when_stops_the_start_and_names_its_line(
    folder: Path, file: str, old: str, new: str, says: str
) -> None:
    change(folder / file, old, new)
    lines = complaints(folder)
    assert [line for line in lines if says in line], lines
    assert all(": line " in line for line in lines if says in line)


def test_a_rule_that_outlives_its_destination_is_named_with_the_line_of_the_rule(folder: Path) -> None:
    assert complaints(with_trial(folder, "2026-07-31")) == [
        "routing/05-trial.toml: line 1: rule trial sends to trial on 2026-07-01, when nobody is taken there: "
        "set the rule's from and until, or the destination's"
    ]


def test_two_versions_of_a_destination_on_one_day_and_of_another_kind_are_named(folder: Path) -> None:
    with_trial(folder)
    file = folder / "teams" / "trial.toml"
    file.write_text(VERSIONS.replace("2026-04-30", "2026-05-01"), "utf-8")
    assert complaints(folder)[0].startswith("teams/trial.toml: line 9: destination trial is described twice")
    head, _, tail = VERSIONS.rpartition('kind = "triage"')
    file.write_text(f'{head}kind = "outreach"{tail}', "utf-8")
    assert complaints(folder)[0].startswith("teams/trial.toml: line 9: destination trial was of another kind")


# The outcome in words, and rules that change mid-flight -----------------------------------------------


@pytest.mark.parametrize(
    ("day", "rule", "destination"),
    [
        (date(2025, 8, 31), "outreach", "outreach-dspl5"),
        (date(2025, 9, 1), "outreach-2025-09", "single-service-dspl5"),
    ],
)
def test_the_outcome_carries_its_grounds_in_one_line_in_both_regimes(
    day: date, rule: str, destination: str
) -> None:
    asked: dict[str, Any] = {
        "urn": HATFIELD, "asks_for": "outreach", "child__primary_need": "MLD", "child__other_needs": [],
        "agreement__on": "2025-06-01", "tried": [],
    }  # fmt: skip
    rules = bench()
    rules.now = rules.now.replace(year=day.year, month=day.month, day=day.day)
    rules.deliver(submit(form(**asked)))
    now = rules.state(REFERRAL, referral_id())
    assert now is not None
    town = book().register.find(HATFIELD).town  # type: ignore[union-attr]
    assert (now.destination, now.rule) == (destination, rule)
    assert now.grounds == f"Outreach, DSPL5: {town} school, learning, no EHCP; rule {rule}"
    assert rules.answer["grounds"] == now.grounds


def changed_rules(folder: Path) -> Path:
    """Autism goes to triage from now on."""
    change(
        folder / "routing" / "40-teams.toml", 'destination = "communication-autism"', 'destination = "triage"'
    )
    return folder


def test_referrals_in_progress_keep_their_destination_when_rules_change(folder: Path) -> None:
    desk = Desk()
    before = desk.now
    desk.rules.go_on_with(table(book(changed_rules(folder))))
    desk.do(AcceptReferral(before.id, by="team"))
    rounds = (
        Cycle(started=date(2026, 1, 5), reviewed=date(2026, 2, 5), put_in_place="Calm.", changed="Less."),
    )
    desk.do(
        AmendReferral(
            before.id, by="school", child_id=before.child_id, reason="New.", changes=Amendment(tried=rounds)
        )
    )
    desk.do(
        AmendReferral(
            before.id, by="school", child_id=before.child_id, reason="New.",
            changes=Amendment(other_needs=("SEMH",)),
        )
    )  # fmt: skip
    after = desk.now
    assert (after.destination, after.rule, after.grounds) == (before.destination, before.rule, before.grounds)
    assert routed(folder).destination == "triage"


def test_what_the_school_changes_still_sends_it_elsewhere_by_the_rules_of_today(folder: Path) -> None:
    desk = Desk()
    desk.rules.go_on_with(table(book(changed_rules(folder))))
    change = Amendment(primary_need="SEMH", other_needs=())
    desk.do(AmendReferral(desk.now.id, by="school", child_id=desk.child, reason="New.", changes=change))
    assert (desk.now.destination, desk.now.rule) == ("wellbeing", "wellbeing")
