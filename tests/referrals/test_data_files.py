"""The service is changed by its data files, and says what is wrong with them before it starts."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from services.referrals.__main__ import extend
from services.referrals.domain.referral import REFERRAL
from services.referrals.files import BadData, load, load_register
from tests.referrals.builders import TODAY, bench, book, form, referral_id, submit
from tests.referrals.data_folder import change, copied_to


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the data that is shipped."""
    return copied_to(tmp_path)


def complaints(folder: Path) -> str:
    with pytest.raises(BadData) as caught:
        load(folder)
    return str(caught.value)


def routed(folder: Path, **changes: object) -> str:
    rules = bench(folder)
    rules.deliver(submit(form(**changes)))
    state = rules.state(REFERRAL, referral_id())
    assert state is not None
    return state.destination


def test_a_team_is_added_by_data_files_alone(folder: Path) -> None:
    assert routed(folder, child__primary_need="OTH") == "triage"
    (folder / "teams" / "tourette.toml").write_text(
        '[[destination]]\ncode = "tourette"\nkind = "advisory-team"\nname = "Tourette team"\n'
        'does = "Advises on tics."\nanswer_within_working_days = 7\n'
    )
    (folder / "routing" / "45-tourette.toml").write_text(
        '[[rule]]\ncode = "tourette"\ndestination = "tourette"\nreason = "The need is {need}."\n'
        'when = { asks_for = ["advice"], needs = ["OTH"] }\n'
    )
    book.cache_clear()
    assert routed(folder, child__primary_need="OTH") == "tourette"


def test_the_command_that_tries_the_rules_names_what_it_does_not_know() -> None:
    def tried(*options: str) -> Result:
        command = Typer()
        extend(command, lambda work: None)
        return CliRunner().invoke(command, ["route", "--urn", "900001", "--born", "2016-04-01", *options])

    good = tried("--asks-for", "advice", "--need", "ASD")
    assert good.exit_code == 0
    assert "by the rule autism" in good.output
    bad = tried("--asks-for", "advice", "--need", "ADHD")
    assert bad.exit_code == 2
    assert "--need must be one of SPLD, MLD" in bad.output


def test_an_age_limit_is_changed_by_data_files_alone(folder: Path) -> None:
    nearly_ten = {"child__primary_need": "SLD", "child__other_needs": []}
    assert routed(folder, **nearly_ten) == "outreach-dspl1"
    change(
        folder / "routing" / "30-early-years.toml",
        "ages = { from = 5, to = 6 }",
        "ages = { from = 5, to = 9 }",
    )
    change(folder / "teams" / "advisory.toml", "for = { ages = { to = 6 } }", "for = { ages = { to = 9 } }")
    book.cache_clear()
    assert routed(folder, **nearly_ten) == "early-years-north"


def test_a_rule_changes_on_the_day_that_its_file_says(folder: Path) -> None:
    (folder / "routing" / "35-autism-from-may.toml").write_text(
        '[[rule]]\ncode = "autism-trial"\ndestination = "triage"\nreason = "A trial."\n'
        'from = 2026-05-01\nuntil = 2026-05-31\nwhen = { needs = ["ASD"] }\n'
    )
    trial = next(rule for rule in load(folder).routing.rules if rule.code == "autism-trial")
    days = [date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 31), date(2026, 6, 1)]
    assert [trial.holds_on(day) for day in days] == [False, True, True, False]


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (
            "teams/advisory.toml",
            "expected_wait_days",
            "expected_wait_day",
            "did you mean expected_wait_days?",
        ),
        ("teams/advisory.toml", 'kind = "advisory-team"', 'kind = "team"', "destination deaf: kind"),
        (
            "teams/advisory.toml",
            "answer_within_working_days = 5",
            "answer_within_working_days = 0",
            "greater",
        ),
        (
            "teams/advisory.toml",
            "answer_within_working_days = 5\n",
            "",
            "write either answer_within_working_days",
        ),
        (
            "teams/advisory.toml",
            'code = "vision"',
            'code = "deaf"',
            "destination deaf is described twice",
        ),
        ("teams/advisory.toml", "[[destination]]", "[[destinatoin]]", "destinatoin is not known here"),
        ("teams/advisory.toml", "[[destination]]", "[[destination", "this is not TOML"),
        (
            "routing/40-teams.toml",
            'destination = "spld"',
            'destination = "spdl"',
            "rule specific-learning sends to spdl",
        ),
        ("routing/40-teams.toml", "needs = ", "need = ", "did you mean needs?"),
        ("routing/40-teams.toml", '"ASD"', '"ADHD"', "rule autism: when.needs"),
        ("routing/40-teams.toml", "{need}", "{pupil}", "the reason may hold {area}"),
        (
            "routing/50-outreach.toml",
            "2025-09-01",
            "2025-09-01\nuntil = 2025-08-31",
            "from is later than until",
        ),
        (
            "routing/50-outreach.toml",
            'code = "learning"',
            'code = "outreach"',
            "two versions that hold on the same day",
        ),
        ("routing/30-early-years.toml", "{ to = 4 }", "{ from = 5, to = 4 }", "swap the two"),
        ("routing/30-early-years.toml", '"Hitchin"', '"Hichin"', "Hichin is in no area"),
        ("routing/10-statutory.toml", 'when = { asks_for = ["placement"] }', "", "always fits"),
        (
            "routing/90-fallback.toml",
            "[[rule]]",
            "[[rule]]\nfrom = 2030-01-01",
            "the last rule must be a fallback",
        ),
        ("areas.toml", '["Stevenage"]', '["Hitchin"]', "Hitchin is in two areas"),
        ("areas.toml", '"DSPL2"', '"DSPL1"', "DSPL2 is missing"),
        ("areas.toml", "900406", "12345", "overrides name 12345"),
        ("areas.toml", "officer", "oficer", "did you mean officer?"),
        ("closures.toml", "to = 2024-12-31", "to = 2024-12-01", "swap the two"),
        ("register/schools.csv", "Hitchin", "Ickleford", "schools.csv, line 2: Ickleford is in no area"),
        ("register/schools.csv", "900002", "900001", "900001 stands in it twice"),
        ("register/schools.csv", "900002", "90002", "line 3: the URN"),
        ("register/schools.csv", "EstablishmentName", "Name", "the column EstablishmentName is missing"),
    ],
)
def test_a_mistake_in_a_data_file_is_named_before_the_service_starts(
    folder: Path, file: str, old: str, new: str, says: str
) -> None:
    change(folder / file, old, new)
    assert says in complaints(folder)


def test_mistakes_of_several_files_are_named_together(folder: Path) -> None:
    change(folder / "teams" / "advisory.toml", "advice_line", "advise_line")
    change(folder / "teams" / "outreach.toml", "opening_hours", "opening_hour")
    change(folder / "routing" / "40-teams.toml", "reason", "why")
    lines = complaints(folder).splitlines()
    assert {line.split(":")[0] for line in lines} == {
        "teams/advisory.toml",
        "teams/outreach.toml",
        "routing/40-teams.toml",
    }


def test_a_mistake_is_named_with_the_line_on_which_it_stands(folder: Path) -> None:
    entry = '[[destination]]\ncode = "{}"\nkind = "triage"\nname = "Trial"\ndoes = "Reads."\nanswer_within_weeks = {}\n'
    trial = "# A trial.\n" + entry.format("trial", 99) + "\n" + entry.format("again", 2) + "colour = 1\n"
    (folder / "teams" / "trial.toml").write_text(trial + entry.format("deaf", 2), "utf-8")
    assert complaints(folder).splitlines() == [
        "teams/trial.toml: line 7: destination trial: answer_within_weeks: "
        "Input should be less than or equal to 26",
        "teams/trial.toml: line 15: destination again: colour is not a key that is known here",
        "teams/trial.toml: line 16: destination deaf is described twice for the same day: set from and until, "
        "or take one out",
    ]


def test_without_routing_there_is_no_service(folder: Path) -> None:
    shutil.rmtree(folder / "routing")
    assert "routing: there is no .toml file" in complaints(folder)


def test_a_council_can_put_the_national_registers_own_extract_there(folder: Path) -> None:
    header = (
        "URN,LA (code),EstablishmentName,TypeOfEstablishment (name),EstablishmentStatus (name),"
        "PhaseOfEducation (name),Town,Extra"
    )
    rows = [
        "900951,919,Saint Loÿ Primary,Community school,Open,Primary,Ware,x",
        "900952,919,Long Gone School,Community school,Closed,Primary,Ware,x",
        "900953,201,Elsewhere School,Community school,Open,Primary,London,x",
    ]
    (folder / "register" / "edubasealldata.csv").write_bytes("\r\n".join([header, *rows]).encode("cp1252"))
    register = load_register(folder)
    found = register.find("900951")
    assert found is not None
    assert (found.name, found.kind, found.area) == ("Saint Loÿ Primary", "primary", "DSPL3")
    assert register.find("900952") is register.find("900953") is None


def test_the_shipped_register_has_every_kind_of_setting_in_every_area() -> None:
    register = load_register()
    assert len(register) >= 60
    assert {each.area for each in register} == set(register.areas)
    assert {each.kind for each in register} == {
        "nursery",
        "primary",
        "secondary",
        "all-through",
        "post-16",
        "special",
        "early-years",
    }
    assert all(each.urn.startswith(("9", "EY")) for each in register)


def test_no_shipped_team_says_that_an_answer_takes_longer_than_it_promises() -> None:
    here = book()
    promised = {each.code: each.answer_by(TODAY, here.days) - TODAY for each in here.destinations.values()}
    longer = [
        each.code
        for each in here.destinations.values()
        if timedelta(days=each.expected_wait_days or 0) > promised[each.code]
    ]
    assert longer == []
