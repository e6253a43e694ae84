"""The tables of docs/performance.md, from the results; between marks, so that the prose around them stays. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.bench.report import ENGLANDS_YEAR, HALF_RATE_P99
from tests.bench.sustained import P99_SECONDS

NOT_MEASURED = "*Not measured yet.*"
_MARKED = re.compile(
    r"(<!-- figures: (?P<name>[a-z-]+) -->\n)(?P<table>.*?)(<!-- end of figures -->)", re.DOTALL
)
Results = Mapping[str, Any]
Tables = Mapping[str, Callable[[Results], str]]


class UnknownTable(Exception):
    """The page has marks for a table that nobody makes."""


def filled_in(page: str, results: Results, tables: Tables | None = None) -> str:
    """The page with every marked table made anew, of ``tables`` or those here. Raises UnknownTable.

    A table of parts that these results do not hold stays as it is, and so does each run of such a part.
    """
    makers = TABLES if tables is None else tables

    def one(found: re.Match[str]) -> str:
        if found["name"] not in makers:
            known = ", ".join(sorted(makers))
            raise UnknownTable(
                f"no table is called {found['name']!r}: correct the mark, or choose one of {known}"
            )
        made = makers[found["name"]](results)
        if made == NOT_MEASURED:
            return found[0]
        if found["name"] == "runs":
            made = _with_former(made, found["table"])
        return f"{found[1]}{made}\n{found[4]}"

    return _MARKED.sub(one, page)


def _with_former(runs: str, former: str) -> str:
    """The table of runs, with those of the former one whose parts it does not name."""
    heading, ruled, *rows = runs.splitlines()
    named = {row.split("|")[1] for row in rows}
    kept = [row for row in former.splitlines()[2:] if row.split("|")[1] not in named]
    return "\n".join([heading, ruled, *sorted(rows + kept)])


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown; all columns but the first to the right."""
    ruled = "|" + "|".join(["---", *["---:"] * (len(headings) - 1)]) + "|"
    first, *others = ["| " + " | ".join(row) + " |" for row in (headings, *rows)]
    return "\n".join([first, ruled, *others])


def needing(*parts: str) -> Callable[[Callable[[Results], str]], Callable[[Results], str]]:
    """A table of these parts of the results; it says so where one of them was not measured."""

    def decorate(make: Callable[[Results], str]) -> Callable[[Results], str]:
        return lambda results: make(results) if all(part in results for part in parts) else NOT_MEASURED

    return decorate


def _aim(reached: bool, aim: str) -> str:
    return f"{'reaches' if reached else '**below**'} the aim of {aim}"


def _runs(results: Results) -> str:
    rows = [
        [
            part,
            run["at"].replace("T", " ").split("+")[0],
            f"`{run['revision']}`",
            f"{run['processors']} x {run['processor']}, {run['memory_gb']} GB",
            f"{run['system']}, Python {run['python']}",
            f"{run['kafka']} ({run['brokers']}), {run['postgresql']}",
            f"{run['load_before']}",
            f"{run['seconds']} s" + (" (small)" if results[part].get("quick") else ""),
        ]
        for part, run in sorted((part, one["run"]) for part, one in results.items() if "run" in one)
    ]
    headings = [
        "part",
        "when (UTC)",
        "revision",
        "machine",
        "system",
        "Kafka (brokers), PostgreSQL",
        "load before",
    ]
    return table([*headings, "took"], rows) if rows else NOT_MEASURED


@needing("limits")
def _limits(results: Results) -> str:
    return table(
        ["limits, each alone", "a second"],
        [[what, f"{rate:,.0f}"] for what, rate in sorted(results["limits"]["rates"].items())],
    )


@needing("pipeline")
def _pipeline(results: Results) -> str:
    one = results["pipeline"]
    ours, rate = one["ours"], one["ours"]["sustained"]
    sides = [one[side] for _, side in _sides(one)]
    shares = [
        ("… as a share of what the bare pipeline sustains", one["share"]),
        ("… of what the plain one sustains", one.get("share_of_plain")),
        ("… of the bare pipeline's burst", one["share_of_burst"]),
    ]
    rows = [
        [
            "referrals a second, a burst as fast as it goes (median)",
            *(f"{side['rate']:,.0f}" for side in sides),
        ],
        ["… the slowest to the fastest round", *(_spread(side) for side in sides)],
        [
            f"**sustained**, p99 under {P99_SECONDS:.0f} s",
            *(f"**{side['sustained']:,.0f}**" for side in sides),
        ],
        *(
            [what, f"**{share:.0%}**", _aim(share >= one["aim"] and ours["confirmed"], f"{one['aim']:.0%}")]
            for what, share in shares
            if share is not None
        ),
        [
            f"p50 at half that rate ({one['offered']:,.0f}/s)",
            *(f"{side['p50_ms']:,.0f} ms" for side in sides),
        ],
        ["p99 at half that rate", *(f"{side['p99_ms']:,.0f} ms" for side in sides)],
        ["… the aim", _aim(ours["p99_ms"] < 1000 * HALF_RATE_P99, f"{HALF_RATE_P99} s")],
        [
            f"England's year ({ENGLANDS_YEAR:,} requests) at that rate",
            f"{ENGLANDS_YEAR / rate / 60:.1f} minutes",
        ],
    ]
    headings = ["pipeline", *(who for who, _ in _sides(one))]
    return table(headings, [[*row, *[""] * (len(headings) - len(row))] for row in rows])


def _sides(one: Results) -> list[tuple[str, str]]:
    """Who was measured, and under which name; the plain side has not always been."""
    return [("Fingerpost", "ours"), *((name, name) for name in ("bare", "plain") if name in one)]


def _spread(side: Results) -> str:
    return f"{min(side['rates']):,.0f} to {max(side['rates']):,.0f}"


@needing("pipeline")
def _steps(results: Results) -> str:
    return table(
        ["who", "offered, a second", "p50", "p99", "backlog's growth, of what arrives", "sustained"],
        [
            [
                who,
                f"{step['rate']:,.0f}",
                f"{step['p50']:.2f} s",
                f"{step['p99']:.2f} s",
                f"{step['growth']:+.1%}",
                "yes" if step["sustained"] else "no",
            ]
            for who, side in _sides(results["pipeline"])
            for step in sorted(results["pipeline"][side]["steps"], key=lambda step: float(step["rate"]))
        ],
    )


@needing("intake")
def _intake(results: Results) -> str:
    one = results["intake"]
    tried = one.get("tried") or [{"ours": one["ours"], "bare": one["bare"]}]
    rows = [
        [_processes(who, each[side]), *_door(each[side], one[side])]
        for each in tried
        for who, side in _sides(each)
    ]
    at = f"at {one['offered']:,.0f}/s"
    headings = ["intake", "requests a second", "spread", f"p50 {at}", f"p99 {at}", "p50, one at a time"]
    best = ", each side at its best" if len(tried) > 1 else ""
    reached = _aim(one["share"] >= one["aim"], format(one["aim"], ".0%"))
    shares = [f"{each['ours']['rate'] / each['bare']['rate']:.0%}" for each in tried]
    beside = f" The same number of processes on both sides: {', '.join(shares)}." if len(tried) > 1 else ""
    of_plain = f" {one['share_of_plain']:.0%} of the plain one." if "share_of_plain" in one else ""
    return (
        f"{table(headings, rows)}\n\n{one['share']:.0%} of the bare door{best}: {reached}.{beside}{of_plain}"
    )


def _processes(who: str, side: Results) -> str:
    count = side.get("processes", 1)
    return f"{who}, {count} processes" if count > 1 else who


def _door(side: Results, best: Results) -> list[str]:
    """One side with one number of processes; only with its best number was it measured at a constant rate."""
    rates = [f"{side['rate']:,.0f}", _spread(side)]
    if side.get("processes", 1) != best.get("processes", 1):
        return [*rates, "", "", ""]
    waits = [f"{best[wait]:,.0f} ms" for wait in ("p50_ms", "p99_ms")]
    return [*rates, *waits, f"{best['alone_p50_ms']:.1f} ms"]


@needing("pipeline")
def _processor(results: Results) -> str:
    one = results["pipeline"]
    used = [one[side]["cpu_ms"] for _, side in _sides(one)]
    rows = [[name, *(f"{side[name]:.2f}" for side in used)] for name in used[0]]
    rows.append(["all", *(f"{sum(side.values()):.2f}" for side in used)])
    return table(["processor, ms a referral (a burst)", *(who for who, _ in _sides(one))], rows)


@needing("cost")
def _cost(results: Results) -> str:
    costs = results["cost"]["costs"]
    first = costs[0]
    rows = [
        [
            f"{one['before']:,}",
            f"{one['tables'] / 2**20:,.0f} + {one['indexes'] / 2**20:,.0f} MB",
            *(f"{one['cpu_us'].get(name, 0):,.0f}" for name in first["cpu_us"]),
            f"{one['cpu_us_all']:,.0f} ({one['cpu_us_all'] / first['cpu_us_all']:.2f})",
            f"{one['wal']:,.0f} ({one['wal'] / first['wal']:.2f})",
            "-" if one["wal_images"] is None else f"{one['wal'] - one['wal_images']:,.0f}",
            "-" if one["kafka"] is None else f"{one['kafka']:,.0f} ({one['kafka'] / first['kafka']:.2f})",
        ]
        for one in costs
    ]
    names = [f"{name}, µs" for name in first["cpu_us"]]
    return table(
        [
            "referrals",
            "tables + indexes",
            *names,
            "all, µs",
            "WAL, bytes",
            "WAL without whole pages",
            "Kafka, bytes",
        ],
        rows,
    )


@needing("start")
def _start(results: Results) -> str:
    rows = [
        [name, f"{one['seconds']:.1f} s", f"{one['rss_mb']:.0f} MB"]
        for name, one in sorted(results["start"]["services"].items())
    ]
    return table(["service", "from start to ready", "memory at rest"], rows)


@needing("soak")
def _soak(results: Results) -> str:
    one = results["soak"]
    rows = [
        [
            name.replace("_", " "),
            *(f"{trend[key]:,.1f}" for key in ("first", "last", "most")),
            f"{trend['an_hour']:+,.1f}",
        ]
        for name, trend in sorted(one["trends"].items())
    ]
    heading = f"{one['minutes']:g} minutes at {one['rate']:g} a second"
    return table([heading, "first quarter", "last quarter", "most", "an hour"], rows)


@needing("scale")
def _scale(results: Results) -> str:
    one = results["scale"]
    if "services" not in one:
        return str(one.get("not_measured", NOT_MEASURED))
    counts = list(next(iter(one["services"].values()))["rates"])
    rows = [
        [name, *(f"{found['rates'][k]:,.0f}/s ({found['multiples'][k]:.2f})" for k in counts)]
        for name, found in one["services"].items()
    ]
    return table([f"workers with {one['share']:.0%} of a processor each", *counts], rows)


@needing("scale")
def _going(results: Results) -> str:
    rows = []
    for brokers in (1, 3):
        if going := results["scale"].get(f"going_{brokers}"):
            for name, pauses in going["pauses"].items():
                shown = [f"{pauses[what]:.1f} s" for what in ("quiet", "added", "taken away", "killed")]
                rows.append([f"{name}, {brokers} broker(s)", *shown, f"{going['lost']} / {going['doubled']}"])
    headings = [
        "the longest time without a message",
        "undisturbed",
        "added",
        "SIGTERM",
        "kill -9",
        "lost / doubled",
    ]
    return table(headings, rows) if rows else NOT_MEASURED


@needing("peers")
def _peers(results: Results) -> str:
    return table(
        ["", "setting", "version", "a second", "p50", "p99", "lost", "doubled", "notes"],
        [
            [
                str(peer["name"]),
                *(str(peer.get(key) or "") for key in ("setting", "version")),
                *(_number(peer.get(key)) for key in ("rate", "p50_ms", "p99_ms", "lost", "doubled")),
                str(peer.get("notes") or ""),
            ]
            for peer in results["peers"]
        ],
    )


def _chart(name: str, what: str, *parts: str) -> Callable[[Results], str]:
    return needing(*parts)(lambda results: f"![{what}](images/performance-{name}.svg)")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


TABLES: Tables = {
    "runs": _runs,
    "limits": _limits,
    "pipeline": _pipeline,
    "steps": _steps,
    "intake": _intake,
    "processor": _processor,
    "cost": _cost,
    "start": _start,
    "soak": _soak,
    "scale": _scale,
    "coming-and-going": _going,
    "peers": _peers,
    "chart-of-rates": _chart("rates", "Referrals a second", "pipeline"),
    "chart-of-cost": _chart("cost", "Cost of a referral against the number already there", "cost"),
    "chart-of-memory": _chart("memory", "Memory of each service", "soak"),
}
