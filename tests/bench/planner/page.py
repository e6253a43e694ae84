"""docs/planner.md: the benchmark's table, how cost grows as a table and a chart, and where both were measured."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING

from tests.bench import results
from tests.bench.charts import BLUE, FOLDER, GREY, drawn
from tests.bench.page import Results, filled_in, table
from tests.bench.planner.runs import HEADINGS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAGE = results.ROOT / "docs" / "planner.md"
CHART = FOLDER / "planner-growth.svg"
Seconds = Mapping[int, Sequence[float]]


def write(rows: Sequence[Sequence[str]], growth: Seconds, seeds: int) -> None:
    """Writes both tables and the chart; ``growth`` has the seconds of each run by the number of cases."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), rows, growth, seeds), encoding="utf-8")
    CHART.write_text(chart(growth), encoding="utf-8")


def filled(page: str, rows: Sequence[Sequence[str]], growth: Seconds, seeds: int) -> str:
    """The page with its figures made anew."""
    made = {
        "where": f"{results.machine()}; {seeds} questions of each kind.",
        "kinds": table(HEADINGS, rows),
        "growth": table(
            ("cases", "processor seconds, median", "longest"),
            [(f"{cases:,}", f"{median(each):.2f}", f"{max(each):.2f}") for cases, each in growth.items()],
        ),
    }
    return filled_in(page, {}, {name: _given(text) for name, text in made.items()})


def _given(text: str) -> Callable[[Results], str]:
    return lambda _: text


def chart(growth: Seconds) -> str:
    """Seconds by cases, both by powers of ten, beside a line that grows as the cases do."""
    cases = list(growth)
    middle = [median(each) for each in growth.values()]

    def draw(axes: "Axes") -> None:
        axes.loglog(cases, middle, color=BLUE, marker="o")
        axes.annotate(
            "median", (cases[-1], middle[-1]), textcoords="offset points", xytext=(6, 0), color=BLUE
        )
        level = [middle[0] * each / cases[0] for each in cases]
        axes.loglog(cases, level, color=GREY, linestyle="--")
        axes.annotate("as the cases", (cases[-1], level[-1]), textcoords="offset points", xytext=(6, 0))
        axes.set_xlabel("cases for 96 sittings")
        axes.set_ylabel("processor seconds to the proved best plan")
        axes.margins(x=0.12)

    said = "; ".join(f"{n:,} cases: {each:.2f} seconds" for n, each in zip(cases, middle, strict=True))
    return drawn("How the time to the best plan grows", said, draw)
