"""The command: what it prints and writes, and what it says of what it cannot use."""

import re
from datetime import date
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from services.panels import simulate_command
from services.panels.domain.panels.sittings_calendar import month_after
from services.panels.panel_files import PANELS
from services.panels.scenarios import Ask, as_it_is, authority, variants_of
from services.panels.simulation.comparing import CHOSEN_BY, By, compared
from services.panels.simulation.rooms import configuration
from services.panels.simulation.variants import MOST
from tests.panels.builders import a_referral_id, a_routed_referral
from tests.panels.conftest import House
from tests.support.commands import typed

LUTON = "821"


def simulate(*words: str) -> Result:
    app = Typer()
    simulate_command.add(app, lambda work: None)
    app.command("other")(lambda: None)
    return CliRunner().invoke(app, ["simulate", "--workers", "1", *words])


def test_one_against_eight_is_told_with_what_was_assumed_and_how_batches_were_chosen() -> None:
    told = simulate("--sittings", "1,8", "--authority", LUTON)
    assert told.exit_code == 0
    for words in ("Open Government Licence v3.0", "Luton", "Assumed: 5% of cases are urgent", "seed 1"):
        assert words in told.output
    assert "a fast rule" in told.output
    assert "one sitting a month  8 sittings a month" in told.output


def test_the_panels_as_they_are_stand_beside_a_folder_and_other_numbers(tmp_path: Path) -> None:
    folder = tmp_path / "of-mine"
    folder.mkdir()
    (folder / "placement.toml").write_bytes((PANELS / "placement.toml").read_bytes())
    told = simulate("--panels", "as-it-is", "--panels", str(folder), "--sittings", "1", "--authority", LUTON)
    line = next(line for line in told.output.splitlines() if line.startswith("Configuration"))
    assert re.split(r" {2,}", line) == ["Configuration", "as it is", "of mine", "one sitting a month"]


def test_the_same_seed_tells_the_same_and_another_does_not() -> None:
    told = [simulate("--authority", LUTON, "--seed", seed).stdout for seed in ("1", "1", "2")]
    assert told[0] == told[1] != told[2]


def test_results_are_written_where_they_are_asked_for(tmp_path: Path) -> None:
    csv, html, svg = tmp_path / "all.csv", tmp_path / "all.html", tmp_path / "charts"
    wanted = ("--csv", str(csv), "--html", str(html), "--svg", str(svg))
    assert simulate("--authority", LUTON, *wanted).exit_code == 0
    assert csv.read_text(encoding="utf-8").startswith("configuration,figure,week_ending,value")
    assert "<svg" in html.read_text(encoding="utf-8")
    assert {path.name for path in svg.iterdir()} == {"backlog.svg", "waits.svg", "shares.svg"}


def test_where_the_backlog_stops_growing_is_said_beside_what_there_is() -> None:
    told = simulate("--authority", LUTON, "--enough")
    assert "as it is: the backlog stops growing at" in told.output
    assert "it has 96." in told.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--authority", "000"), "no authority has the code 000: give the DfE's three digits"),
        (("--sittings", "0"), "write sittings a month as numbers from 1 to 16"),
        (("--sittings", "1,x"), "write sittings a month as numbers from 1 to 16"),
        (("--sittings", "1-2-3"), "write sittings a month as numbers from 1 to 16"),
        (("--sittings", "1-8"), "with 1-8 play two years or more"),
        (("--queue", "--enough"), "--enough needs published demand"),
        (("--from", "March"), "write the first month as 2026-01"),
        (("--assume", "luck=1"), "What may be assumed: cases_per_request"),
        (("--assume", "deferred=2"), "--assume deferred: Input should be less than or equal to 1"),
        (("--assume", "papers_after=9-3"), "most is less than least"),
        (("--panels", "no-such-folder"), "there is no folder no-such-folder. Shipped are"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence(words: tuple[str, ...], said: str) -> None:
    told = simulate(*words)
    assert told.exit_code == 2
    assert said in told.output


@pytest.mark.parametrize("by", CHOSEN_BY)
def test_every_result_says_by_what_batches_were_chosen(by: By) -> None:
    assert f"Batches were chosen by {CHOSEN_BY[by]}." in simulate("--authority", LUTON, "--by", by).output


def test_assumptions_are_given_by_name() -> None:
    given = simulate_command.assumed(["deferred=0.2", "papers_after=3-9", "months=1,1,1,1,1,1,1,0,1,1,1,1"])
    assert (given.deferred, given.papers_after.most, given.months[7]) == (0.2, 9, 0)


def test_a_panel_that_goes_from_one_to_eight_sits_so_often_in_each_year() -> None:
    ask = Ask(date(2026, 1, 1), years=2)
    (named,) = variants_of(as_it_is(), "1-8", ask)
    assert named.name == "one sitting a month, 8 from January 2027"
    (room,) = configuration(named.name, named.book, ask.first, ask.last).rooms
    years = [date.fromordinal(sat.day).year for sat in room.sittings]
    assert (years.count(2026), years.count(2027)) == (12, 96)


@pytest.mark.parametrize("a_month", range(1, MOST + 1))
def test_any_number_of_sittings_a_month_is_kept_in_every_month_of_ten_years(a_month: int) -> None:
    ask = Ask(date(2025, 1, 1))
    (named,) = variants_of(as_it_is(), str(a_month), ask)
    for month in range(120):
        assert len(named.book.month("placement", *month_after(ask.first, month))) == a_month


def test_the_planner_and_the_fast_rule_agree_over_a_year_of_one_pooled_panel() -> None:
    found = []
    ways: tuple[By, ...] = ("rule", "planner")
    for by in ways:
        ask = Ask(date(2026, 1, 1), by=by)
        found.append(compared(ask.of(authority(LUTON), variants_of(as_it_is(), "1,8", ask))))
    assert [(each.heard, each.in_time, each.median, each.backlog) for each in found[0]] == [
        (each.heard, each.in_time, each.median, each.backlog) for each in found[1]
    ]


async def test_the_real_queue_is_replayed_without_those_who_are_shut_away(house: House) -> None:
    await house.hear(*(a_routed_referral(n) for n in (1, 2)))
    await house.hear(a_routed_referral(3, restricted=True))
    told = await typed(house.running, simulate_command.add, "simulate", "--queue", "--workers", "1")
    assert told.exit_code == 0, told.output
    assert "The real queue, 2 cases as they came, from 2 February 2026" in told.output
    assert a_referral_id() not in told.output


async def test_without_a_case_there_is_nothing_to_replay(house: House) -> None:
    told = await typed(house.running, simulate_command.add, "simulate", "--queue", "--workers", "1")
    assert (told.exit_code, "there is no case to replay yet" in told.output) == (2, True)
