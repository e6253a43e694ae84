"""The book of runs: what was played is not played again, two rigs share the work, and the table is the book's."""

import json
import re
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import report
from tests.faults.__main__ import BOOK, PASSING, book_for, is_again, runs
from tests.faults.fault import FAULTS
from tests.faults.results import Book, Result

RUNS = [("leader-killed", 1), ("cluster-gone", 1), ("leader-killed", 2)]
#: Claims the first run that is free, says which, and keeps it for as long as its input is open.
ANOTHER = """
import sys
from pathlib import Path
from tests.faults.results import Book
print(Book(Path(sys.argv[1])).claim([("leader-killed", 1), ("cluster-gone", 1)], ["new"]), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path / "results.jsonl")


@pytest.fixture
def another(book: Book) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", ANOTHER, str(book.path)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
    ) as process:
        yield process
        process.kill()


def a_result(fault: str = "leader-killed", seed: int = 1, code: str = "new", **changes: object) -> Result:
    figures = {"lost": 0, "doubled": 0, "reordered": 0, "held": 2, "recovery": 3.0, "families": 30}
    known = {"ok": True, "reached": "broker 2", "when": "2026-11-22T00:00:00+00:00", **figures, **changes}
    return Result(fault=fault, seed=seed, code=code, **known)  # type: ignore[arg-type]


def test_a_run_that_is_in_the_book_is_not_played_again(book: Book) -> None:
    book.add(a_result(*RUNS[0]))
    assert book.claim(RUNS, ["new"]) == RUNS[1]


def test_a_run_of_code_that_does_not_count_is_played_again(book: Book) -> None:
    book.add(a_result(*RUNS[0], code="old"))
    assert book.claim(RUNS, ["new"]) == RUNS[0]
    assert book.claim(RUNS, ["new", "old"]) == RUNS[1]


def test_when_all_is_played_nothing_is_claimed(book: Book) -> None:
    for run in RUNS:
        book.add(a_result(*run))
    assert book.claim(RUNS, ["new"]) is None


def test_two_rigs_share_the_work_and_what_one_left_when_it_died_is_free_again(
    book: Book, another: "subprocess.Popen[str]"
) -> None:
    assert another.stdout is not None
    assert another.stdout.readline().strip() == str(RUNS[0])
    assert book.claim(RUNS, ["new"]) == RUNS[1]
    another.kill()
    another.wait()
    assert book.claim(RUNS, ["new"]) == RUNS[0]


def test_of_a_run_that_was_repeated_the_latest_counts(book: Book) -> None:
    book.add(a_result(ok=False, lost=3))
    book.add(a_result(ok=True, lost=0))
    assert [result.lost for result in book.results()] == [0]
    assert len(book.path.read_text().splitlines()) == 2


def test_the_table_sums_counts_and_gives_the_median_and_the_worst_time(book: Book) -> None:
    for seed, seconds in ((1, 2.0), (2, 9.0), (3, 3.0)):
        book.add(a_result(seed=seed, recovery=seconds, lost=seed == 2, ok=seed != 2))
    by_fault, overall = report.rows(book.results())
    assert by_fault == ("leader-killed", "3 (1 failed)", "1", "0", "0", "6", "3.0 s, at most 9.0 s")
    assert overall == ("all", *by_fault[1:])


def test_the_table_goes_between_the_marks_of_the_page_and_nowhere_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    before = report.PAGE.read_text(encoding="utf-8")
    page.write_text(before, encoding="utf-8")
    report.write_into_page([a_result()], page)
    report.write_into_page([a_result(held=7)], page)
    after = page.read_text(encoding="utf-8")
    begin, end = before.index("<!-- faults:"), before.index("<!-- faults: end -->")
    assert after.startswith(before[:begin])
    assert after.endswith(before[end:])
    assert "| 1 | 0 | 0 | 0 | 7 | 3.0 s, at most 3.0 s |" in after
    assert after.count("leader-killed") == 1 + (before[:begin] + before[end:]).count("leader-killed")


def test_a_page_without_marks_says_what_it_lacks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("no marks", encoding="utf-8")
    with pytest.raises(ValueError, match="put these two lines there"):
        report.write_into_page([], page)


def test_seeds_are_played_round_by_round_so_that_an_early_end_has_some_of_every_fault() -> None:
    asked = Namespace(fault=["cluster-gone", "leader-killed"], seed=None, seeds=2, minutes=None)
    assert runs(asked) == [(fault, seed) for seed in (1, 2) for fault in ("cluster-gone", "leader-killed")]


def test_a_seed_and_how_many_play_those_from_it_on() -> None:
    asked = Namespace(fault=["cluster-gone"], seed=12, seeds=3, minutes=None)
    assert runs(asked) == [("cluster-gone", seed) for seed in (12, 13, 14)]


@pytest.mark.parametrize(
    ("asked", "again", "book"),
    [
        ({"seed": None, "seeds": 10, "minutes": None}, False, BOOK),
        ({"seed": 12, "seeds": 3, "minutes": None}, False, BOOK),
        ({"seed": 7, "seeds": 1, "minutes": None}, True, PASSING),
        ({"seed": 1, "seeds": 1, "minutes": 5}, True, PASSING),
        ({"seed": None, "seeds": 1, "minutes": 5}, False, PASSING),
    ],
)
def test_only_what_is_played_by_seeds_goes_into_the_book_that_is_kept(
    asked: dict[str, int | None], again: bool, book: Path
) -> None:
    assert is_again(Namespace(**asked, table=False)) is again
    assert book_for(Namespace(**asked, table=False)) == book


def test_the_table_is_that_of_the_book_that_is_kept() -> None:
    assert book_for(Namespace(seed=None, seeds=1, minutes=None, table=True)) == BOOK


def test_the_book_that_is_kept_says_nothing_of_a_machine() -> None:
    assert {result.fault for result in Book(BOOK).results()} <= FAULTS.keys()
    assert not re.search(r"/(home|root|tmp|usr|work|Users|var)/", BOOK.read_text(encoding="utf-8"))


def test_the_table_says_how_busy_the_machine_was_where_somebody_looked(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(report.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    report.write_into_page([a_result(), a_result(seed=2, load=2.4), a_result(seed=3, load=8.0)], page)
    written = page.read_text(encoding="utf-8")
    assert (
        "3 runs with 90 families, 0 of whose messages went within another one, at the revisions new; "
        in written
    )
    assert "the machine's load was 5, from 2 to 8." in written


def test_a_few_minutes_begin_with_faults_that_the_seed_chooses() -> None:
    some = {
        tuple(runs(Namespace(fault=None, seed=seed, seeds=1, minutes=5))[: len(FAULTS)]) for seed in (1, 2)
    }
    assert len({tuple(name for name, _ in order) for order in some}) == 2
    assert all({name for name, _ in order} == set(FAULTS) for order in some)


def test_a_line_of_the_book_is_plain_json(book: Book) -> None:
    book.add(a_result())
    assert json.loads(book.path.read_text())["reached"] == "broker 2"
