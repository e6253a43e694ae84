"""The page on capacity follows from what was measured and from what it says it assumes."""

import re
from typing import Any

import pytest

from tests.bench import capacity
from tests.bench.capacity import DEMANDS, STEPS, TABLES, Costs
from tests.bench.page import NOT_MEASURED, filled_in
from tests.bench.sample_results import sample
from tests.bench.write_page import CAPACITY


def cells(made: str, what: str) -> list[str]:
    """The cells of the row that begins so."""
    (row,) = [line for line in made.splitlines() if line.startswith(f"| {what}")]
    return [cell.strip() for cell in row.strip("|").split("|")][1:]


def measured() -> dict[str, Any]:
    """A step of 10 ms, and of a thousand bytes everywhere."""
    found = sample()
    found["pipeline"]["ours"]["cpu_ms"] = {"referrals": 5.0, "panels": 2.0, "notifications": 3.0, "load": 9.0}
    found["cost"]["costs"] = [
        {"before": 10, "tables": 9000, "indexes": 1000, "wal": 1000.0, "wal_images": None, "kafka": 1000.0}
    ]
    return found


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_as_many_cells(name: str) -> None:
    rows = TABLES[name](measured()).splitlines()
    assert len(rows) >= 5
    assert len({line.count("|") for line in rows}) == 1


@pytest.mark.parametrize("name", sorted(set(TABLES) - {"demand"}))
def test_without_what_it_needs_a_table_says_so(name: str) -> None:
    assert TABLES[name]({}) == NOT_MEASURED


def test_a_county_sends_what_the_demo_plays_in_a_year() -> None:
    county, country, tenfold = DEMANDS
    assert county.referrals == 3343 * 3 + 96 * 13
    assert country.referrals == pytest.approx(county.referrals * 154_489 / 3343)
    assert tenfold.referrals == 10 * country.referrals


def test_the_busiest_minute_follows_from_the_year_step_by_step() -> None:
    county = DEMANDS[0]
    assert county.peak == pytest.approx(county.referrals / 190 * 3 * 0.25 / 3600 * 5)
    assert county.steps == STEPS * county.peak


def test_the_load_of_the_benchmark_itself_is_nobodys_need() -> None:
    assert Costs.of(measured()).processor == 10.0


def test_twice_the_cost_is_twice_the_need() -> None:
    once, twice = measured(), measured()
    for name in ("referrals", "panels", "notifications"):
        twice["pipeline"]["ours"]["cpu_ms"][name] *= 2
    needs = [
        float(cells(TABLES["needs"](found), "processors")[-1].replace(",", "")) for found in (once, twice)
    ]
    assert needs[1] == pytest.approx(2 * needs[0], abs=0.002)


def test_a_year_of_a_county_takes_its_referrals_times_their_steps() -> None:
    (shown, *_) = cells(TABLES["needs"](measured()), "Kafka, a year")
    assert shown == f"{11_277 * STEPS * 1000 / 1e9:.2f} GB"


def test_what_gives_way_first_comes_first() -> None:
    rows = TABLES["gives-way"](measured()).splitlines()[2:]
    times = [float(row.strip("| ").split("|")[-1].strip().replace(",", "")) for row in rows]
    assert times == sorted(times)


def test_the_page_has_a_mark_for_every_table_and_names_every_assumption() -> None:
    page = CAPACITY.read_text(encoding="utf-8")
    filled_in(page, {}, TABLES)
    assert set(re.findall(r"<!-- figures: ([a-z-]+) -->", page)) == set(TABLES)
    for assumed in (STEPS, capacity.SCHOOL_DAYS, capacity.BUSIEST_DAY, capacity.BUSIEST_MINUTE):
        assert re.search(rf"\b{assumed}\b", page)
