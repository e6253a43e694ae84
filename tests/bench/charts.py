"""`python -m tests.bench.charts RESULTS`: the charts of docs/performance.md, as SVG.

The same results make the same bytes. Text stays text; colours are those of Okabe and Ito, which people with any
colour vision tell apart, and every line and bar is named where it is drawn.
"""

import argparse
import io
import re
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench import results
from tests.bench.start import MEMORY_MB

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FOLDER = results.ROOT / "docs" / "images"
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#999999"
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "fingerpost",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_SVG = re.compile(r"<svg [^>]*>")


def drawn(title: str, description: str, draw: "Callable[[Axes], None]", height: float = 3.6) -> str:
    """One chart as SVG, with its title and description for those who do not see it."""
    # Here, since it takes a second: every process of the tests reads this module, and one of them draws.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(8, height), layout="constrained")
        axes = figure.add_subplot()
        draw(axes)
        axes.set_title(title, loc="left", fontweight="bold")
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    spoken = f"<title>{escape(title)}</title>\n <desc>{escape(description)}</desc>"
    return _SVG.sub(lambda tag: f'{tag[0][:-1]} role="img">\n {spoken}', out.getvalue(), count=1)


def rates(found: Mapping[str, Any]) -> str | None:
    """Referrals a second: the bare pipeline, Fingerpost, the peers."""
    if "pipeline" not in found:
        return None
    plain = found["pipeline"].get("plain")
    bars = [
        ("bare pipeline, no rules, a burst", found["pipeline"]["bare"]["rate"], GREY, ""),
        ("… sustained with p99 under 1 s", found["pipeline"]["bare"]["sustained"], GREY, ""),
        *([("the plain one, sustained likewise", plain["sustained"], GREY, "")] if plain else []),
        ("Fingerpost, sustained with p99 under 1 s", found["pipeline"]["ours"]["sustained"], BLUE, ""),
    ]
    bars += [
        (f"{peer['name']} ({peer['setting']})", peer["rate"], ORANGE, _faults(peer))
        for peer in sorted(found.get("peers", []), key=lambda peer: -(peer["rate"] or 0))
        if peer.get("rate")
    ]

    def draw(axes: "Axes") -> None:
        names = [bar[0] for bar in bars]
        axes.barh(names, [bar[1] for bar in bars], color=[bar[2] for bar in bars])
        for row, (_, rate, _, note) in enumerate(bars):
            axes.text(rate, row, f" {rate:,.0f}{note}", va="center")
        axes.invert_yaxis()
        axes.margins(x=0.25)
        axes.set_xlabel("referrals a second, on the same machine")

    said = "; ".join(f"{name}: {rate:,.0f} a second{note}" for name, rate, _, note in bars)
    return drawn("Referrals a second", said, draw, height=1.2 + 0.4 * len(bars))


def _faults(peer: Mapping[str, Any]) -> str:
    if peer.get("lost") is None and peer.get("doubled") is None:
        return ""
    return f", killed: {peer.get('lost') or 0} lost, {peer.get('doubled') or 0} doubled"


def cost(found: Mapping[str, Any]) -> str | None:
    """What a referral costs, against how many there are: all as multiples of the first."""
    costs = found.get("cost", {}).get("costs")
    if not costs:
        return None
    sizes = [one["before"] for one in costs]
    lines: list[tuple[str, list[float], str, str]] = [
        ("processor", [one["cpu_us_all"] for one in costs], BLUE, "o"),
        ("WAL", [one["wal"] for one in costs], ORANGE, "s"),
    ]
    if all(one["wal_images"] is not None for one in costs):
        plain = [one["wal"] - one["wal_images"] for one in costs]
        lines.append(("WAL without whole pages", plain, PURPLE, "D"))
    if all(one["kafka"] for one in costs):
        lines.append(("Kafka", [one["kafka"] for one in costs], GREEN, "^"))

    def draw(axes: "Axes") -> None:
        for name, values, colour, mark in lines:
            axes.plot(sizes, [value / values[0] for value in values], color=colour, marker=mark, label=name)
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
        axes.set_xlabel("referrals already in the tables")
        axes.set_ylabel("times the cost at the first")
        axes.legend(frameon=False)

    said = "; ".join(
        f"{name}: " + ", ".join(f"{v / values[0]:.2f}" for v in values) for name, values, _, _ in lines
    )
    return drawn("Cost of a referral against the number already there", said, draw)


def memory(found: Mapping[str, Any]) -> str | None:
    """Memory of each service over the time of the low load."""
    samples = found.get("soak", {}).get("samples")
    if not samples:
        return None
    minutes = [second / 60 for second in samples["seconds"]]
    lines = [(name.split()[0], values) for name, values in sorted(samples.items()) if name.endswith("rss_mb")]

    def draw(axes: "Axes") -> None:
        for (name, values), colour, dashes in zip(
            lines, (BLUE, ORANGE, GREEN), ("-", "--", "-."), strict=False
        ):
            axes.plot(minutes, values, color=colour, linestyle=dashes, label=name)
        axes.axhline(MEMORY_MB, color=GREY, linestyle=":", label=f"the aim, {MEMORY_MB} MB")
        axes.set_ylim(bottom=0)
        axes.set_xlabel("minutes")
        axes.set_ylabel("MB resident")
        axes.legend(frameon=False, loc="lower right")

    said = "; ".join(
        f"{name}: {values[0]:.0f} MB at first, {values[-1]:.0f} MB at last" for name, values in lines
    )
    return drawn("Memory of each service", said, draw)


CHARTS: Mapping[str, Callable[[Mapping[str, Any]], str | None]] = {
    "rates": rates,
    "cost": cost,
    "memory": memory,
}


def write(found: Mapping[str, Any], folder: Path = FOLDER) -> list[Path]:
    """Writes every chart for which there are results; answers their files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, make in CHARTS.items():
        if (svg := make(found)) is not None:
            written.append(folder / f"performance-{name}.svg")
            written[-1].write_text(svg, encoding="utf-8")
    return written


def main() -> None:
    """Writes the charts and says which."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.charts", description=__doc__)
    parser.add_argument("results", type=Path)
    for path in write(results.load(parser.parse_args().results)):
        print(path)


if __name__ == "__main__":
    main()
