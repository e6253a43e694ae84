"""The page on performance is made of what was measured."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bench import charts, results
from tests.bench.page import NOT_MEASURED, TABLES, UnknownTable, filled_in
from tests.bench.sample_results import compared, sample
from tests.bench.write_page import PAGE

_PAGE = "Before.\n<!-- figures: {} -->\nold figures\n<!-- end of figures -->\nAfter.\n"


@pytest.mark.parametrize("name", [name for name in TABLES if not name.startswith("chart-")])
def test_every_table_is_made_of_results(name: str) -> None:
    made = TABLES[name](sample())
    rows = [line for line in made.splitlines() if line.startswith("|")]
    assert len(rows) >= 3
    assert len({line.count("|") for line in rows}) == 1, "every row has as many cells"


@pytest.mark.parametrize("name", TABLES)
def test_what_was_not_measured_is_said_to_be_so(name: str) -> None:
    assert TABLES[name]({}) == NOT_MEASURED


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    page = filled_in(_PAGE.format("start"), sample())
    assert page.startswith("Before.\n<!-- figures: start -->\n|")
    assert page.endswith("<!-- end of figures -->\nAfter.\n")
    assert "old figures" not in page


def test_a_page_filled_in_twice_is_the_same() -> None:
    page = filled_in(_PAGE.format("pipeline"), sample())
    assert filled_in(page, sample()) == page


def test_what_these_results_do_not_hold_stays_as_it_was() -> None:
    page = filled_in(_PAGE.format("cost") + _PAGE.format("runs"), sample())
    rates = {"pipeline": sample()["pipeline"]}
    again = filled_in(page, rates)
    assert again == page
    assert "| cost |" in again


def test_a_mark_that_nobody_knows_is_an_error_that_says_which_are_known() -> None:
    with pytest.raises(UnknownTable, match=r"'nothing'.*pipeline"):
        filled_in(_PAGE.format("nothing"), sample())


@pytest.mark.parametrize(
    ("rate", "said"), [(310.0, "reaches the aim of 60%"), (290.0, "**below** the aim of 60%")]
)
def test_the_page_says_whether_the_aim_is_reached(rate: float, said: str) -> None:
    assert said in TABLES["pipeline"]({"pipeline": compared(rate, 0.6)})


def test_the_plain_side_stands_beside_the_others_where_it_was_measured() -> None:
    one = compared(250.0, 0.6)
    table = TABLES["pipeline"]({"pipeline": one}).splitlines()
    assert [cell.strip() for cell in table[0].split("|")[2:5]] == ["Fingerpost", "bare", "plain"]
    (shares,) = (line for line in table if "what the plain one sustains" in line)
    assert "**62%** | reaches the aim of 60%" in shares
    before = {name: one[name] for name in one if "plain" not in name}
    assert "plain" not in TABLES["pipeline"]({"pipeline": before}) + TABLES["steps"]({"pipeline": before})


def test_a_door_of_several_processes_is_held_against_the_other_sides_best() -> None:
    one, several = compared(200.0, 0.5), {"processes": 2, "cpu_ms": {}}
    two = {
        "ours": several | {"rate": 260.0, "rates": [260.0]},
        "bare": several | {"rate": 450.0, "rates": [450.0]},
        "plain": several | {"rate": 350.0, "rates": [350.0]},
    }
    best = one | {"ours": one["ours"] | two["ours"], "share": 0.52, "tried": [{**one}, two]}
    lines = TABLES["intake"]({"intake": best}).splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:8]] == [
        "Fingerpost",
        "bare",
        "plain",
        "Fingerpost, 2 processes",
        "bare, 2 processes",
        "plain, 2 processes",
    ]
    at_its_best = [False, True, True, True, False, False]
    assert ["240 ms" in line for line in lines[2:8]] == at_its_best, "only at their best"
    assert "52% of the bare door, each side at its best: reaches the aim of 50%." in lines[-1]
    assert "The same number of processes on both sides: 40%, 58%. 50% of the plain one." in lines[-1]


def test_a_rate_that_was_never_sustained_reaches_no_aim() -> None:
    guessed = compared(400.0, 0.6)
    assert "reaches the aim of 60%" in TABLES["pipeline"]({"pipeline": guessed})
    guessed["ours"]["confirmed"] = False
    assert TABLES["pipeline"]({"pipeline": guessed}).count("**below** the aim of 60%") == 3


def test_the_delivered_page_has_marks_that_are_known() -> None:
    assert "<!-- figures: pipeline -->" in filled_in(PAGE.read_text(encoding="utf-8"), {})


@pytest.mark.parametrize("name", charts.CHARTS)
def test_a_chart_can_be_read_aloud_and_its_text_is_text(name: str) -> None:
    svg = charts.CHARTS[name](sample())
    assert svg is not None
    root = ElementTree.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    title, description = root.find(f"{space}title"), root.find(f"{space}desc")
    assert title is not None
    assert description is not None
    assert description.text
    assert title.text in {text.text for text in root.iter(f"{space}text")}


@pytest.mark.parametrize("name", charts.CHARTS)
def test_the_same_results_make_the_same_chart_to_the_byte(name: str) -> None:
    assert charts.CHARTS[name](sample()) == charts.CHARTS[name](sample())


@pytest.mark.parametrize("name", charts.CHARTS)
def test_the_page_shows_each_chart_that_is_drawn(name: str, tmp_path: Path) -> None:
    (drawn,) = [path.name for path in charts.write(sample(), tmp_path) if name in path.name]
    assert f"(images/{drawn})" in TABLES[f"chart-of-{name}"](sample())


@pytest.mark.parametrize("name", charts.CHARTS)
def test_no_chart_is_drawn_of_nothing(name: str) -> None:
    assert charts.CHARTS[name]({}) is None


def test_results_are_kept_part_by_part(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    results.save(file, "start", {"times": 3})
    results.save(file, "scale", {"going_1": {"lost": 0}})
    results.save(file, "scale", {"going_3": {"lost": 0}})
    results.save(file, "start", {"times": 5})
    assert results.load(file) == {
        "start": {"times": 5},
        "scale": {"going_1": {"lost": 0}, "going_3": {"lost": 0}},
    }


def test_a_long_list_of_numbers_takes_one_line(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    results.save(file, "soak", {"samples": {"seconds": [0.0, 10.5, -3e-05]}})
    assert "[ 0.0, 10.5, -3e-05 ]" in file.read_text(encoding="utf-8")
    assert results.load(file)["soak"]["samples"]["seconds"] == [0.0, 10.5, -3e-05]
