"""The tables of a run on the terminal, each aim with a verdict; and the same figures for the results."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.figures import quantile
from tests.bench.sustained import Search

PIPELINE_AIM, INTAKE_AIM = 0.60, 0.50
HALF_RATE_P99 = 0.5
#: Requests for an assessment of needs in England in a year (2024, Department for Education, published in 2025).
ENGLANDS_YEAR = 154_489


@dataclass
class Rates:
    """One side's referrals a second, one number a round, and seconds from due to done at a constant rate.

    ``processes`` share its door. ``search``: that for the greatest rate that it sustains, of a pipeline.
    """

    processes: int = 1
    rates: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    cpu: list[Mapping[str, float]] = field(default_factory=list)
    search: Search | None = None

    @property
    def rate(self) -> float:
        """The median over the rounds, as fast as it goes."""
        return median(self.rates)

    @property
    def confirmed(self) -> bool:
        """Whether it was seen to keep up what ``sustained`` says."""
        return self.search is None or self.search.best is not None

    @property
    def sustained(self) -> float:
        """What it keeps up: of a pipeline the greatest sustained rate, of the intake the rate of a burst."""
        if self.search is None:
            return self.rate
        best = self.search.best
        return best.rate if best else min(step.settled for step in self.search.steps) / 2

    def cpu_ms(self) -> dict[str, float]:
        """Milliseconds of processor a referral, by process, the median over the rounds."""
        return {name: median(1000 * one[name] for one in self.cpu) for name in self.cpu[0]}

    def as_result(self) -> dict[str, Any]:
        """For the results: rates, milliseconds."""
        found: dict[str, Any] = {
            "processes": self.processes,
            "rate": self.rate,
            "rates": self.rates,
            "cpu_ms": self.cpu_ms(),
        }
        if self.waits:
            found["p50_ms"] = 1000 * quantile(self.waits, 0.5)
            found["p99_ms"] = 1000 * quantile(self.waits, 0.99)
        if self.alone:
            found["alone_p50_ms"] = 1000 * quantile(self.alone, 0.5)
        if self.search is not None:
            found |= {"sustained": self.sustained, "confirmed": self.confirmed}
            found["steps"] = [asdict(step) | {"sustained": step.sustained} for step in self.search.steps]
        return found


@dataclass
class Comparison:
    """The services beside their bare counterpart. ``load`` is the load's own part of one processor at most.

    ``plain`` is the bare one as one writes it first, without what made the services' own door and loop quicker.
    ``tried`` are the three sides with each number of processes; of those that were tried, each side's best counts.
    """

    title: str
    aim: float
    ours: Rates = field(default_factory=Rates)
    bare: Rates = field(default_factory=Rates)
    plain: Rates = field(default_factory=Rates)
    offered: float = 0.0
    load: float = 0.0
    tried: list[tuple[Rates, Rates, Rates]] = field(default_factory=list)

    def choose(self) -> None:
        """Takes the number of processes with which each side was fastest."""
        self.ours, self.bare, self.plain = (
            max(sides, key=lambda side: side.rate) for sides in zip(*self.tried, strict=True)
        )

    @property
    def share(self) -> float:
        """Our rate as a part of the bare one's, each as it keeps it up."""
        return self.ours.sustained / self.bare.sustained

    @property
    def share_of_plain(self) -> float:
        """The same of the plain one's."""
        return self.ours.sustained / self.plain.sustained

    def as_result(self) -> dict[str, Any]:
        """For the results."""
        return {
            "aim": self.aim,
            "share": self.share,
            "share_of_plain": self.share_of_plain,
            "share_of_burst": self.ours.sustained / self.bare.rate,
            "offered": self.offered,
            "load": self.load,
            "ours": self.ours.as_result(),
            "bare": self.bare.as_result(),
            "plain": self.plain.as_result(),
            "tried": [
                {"ours": ours.as_result(), "bare": bare.as_result(), "plain": plain.as_result()}
                for ours, bare, plain in self.tried
            ],
        }


def verdict(what: str, reached: bool, aim: str) -> str:
    """One line: how something stands to its aim."""
    return (
        f"[green]{what}: reaches the aim of {aim}" if reached else f"[yellow]{what}: below the aim of {aim}"
    )


def show_limits(console: Console, limits: Mapping[str, float]) -> None:
    """What the parts can do alone."""
    table = Table(title="Limits of this machine, in this run", title_justify="left")
    table.add_column("what")
    table.add_column("a second", justify="right")
    for what, rate in limits.items():
        table.add_row(what, f"{rate:,.0f}")
    console.print(table)


def show_comparisons(console: Console, comparisons: Sequence[Comparison]) -> None:
    """Rates and waits, side by side."""
    table = Table(title="Referrals", title_justify="left")
    for heading in ("what", "who", "burst, a second", "spread", "offered", "p50", "p99"):
        table.add_column(heading, justify="left" if heading in ("what", "who") else "right")
    for one in comparisons:
        for who, side in (("Fingerpost", one.ours), ("bare", one.bare), ("plain", one.plain)):
            spread = f"{min(side.rates):,.0f} to {max(side.rates):,.0f}"
            waits = [f"{1000 * quantile(side.waits, part):,.0f} ms" for part in (0.5, 0.99)]
            table.add_row(one.title, who, f"{side.rate:,.0f}", spread, f"{one.offered:,.0f}/s", *waits)
    console.print(table)
    for one in comparisons:
        for line in _verdicts(one):
            console.print(line, highlight=False)


def _verdicts(one: Comparison) -> list[str]:
    if one.ours.search is None:
        alone = [1000 * quantile(side.alone, 0.5) for side in (one.ours, one.bare)]
        return [
            *(
                f"{ours.processes} against {bare.processes} processes: {ours.rate:,.0f} of {bare.rate:,.0f} a second, "
                f"{ours.rate / bare.rate:.0%}"
                for ours, bare, _ in one.tried
            ),
            verdict(f"{one.share:.0%} of the bare {one.title}", one.share >= one.aim, f"{one.aim:.0%}"),
            _of_plain(one),
            f"one request at a time: {alone[0]:.1f} ms, bare {alone[1]:.1f} ms (p50)",
        ]
    p99 = quantile(one.ours.waits, 0.99)
    rate = one.ours.sustained
    known = "" if one.ours.confirmed else " (no rate was sustained: half of what was settled under too much)"
    return [
        verdict(
            f"{rate:,.0f} a second sustained with p99 under 1 s, {one.share:.0%} of the {one.bare.sustained:,.0f} that "
            f"the bare {one.title} sustains{known}",
            one.share >= one.aim and one.ours.confirmed,
            f"{one.aim:.0%}",
        ),
        _of_plain(one),
        verdict(
            f"{rate / one.bare.rate:.0%} of its burst of {one.bare.rate:,.0f}",
            rate / one.bare.rate >= one.aim and one.ours.confirmed,
            f"{one.aim:.0%}",
        ),
        verdict(f"p99 at half that rate {p99:.2f} s", p99 < HALF_RATE_P99, f"{HALF_RATE_P99} s"),
        f"England's year of {ENGLANDS_YEAR:,} requests would take {ENGLANDS_YEAR / rate / 60:.1f} minutes",
        f"the load itself took up to {one.load:.0%} of one processor",
    ]


def _of_plain(one: Comparison) -> str:
    share = one.share_of_plain
    reached = share >= one.aim and one.ours.confirmed
    return verdict(
        f"{share:.0%} of the {one.plain.sustained:,.0f} of the plain one", reached, f"{one.aim:.0%}"
    )


def show_costs(console: Console, comparison: Comparison) -> None:
    """Where the processor's time went, as fast as it goes."""
    used = [side.cpu_ms() for side in (comparison.ours, comparison.bare, comparison.plain)]
    title = f"Processor, milliseconds a referral ({comparison.title}, as fast as it goes)"
    table = Table(title=title, title_justify="left")
    for heading in ("process", "Fingerpost", "bare", "plain"):
        table.add_column(heading, justify="left" if heading == "process" else "right")
    for name in used[0]:
        table.add_row(name, *(f"{side[name]:.2f}" for side in used))
    table.add_row("all", *(f"{sum(side.values()):.2f}" for side in used))
    console.print(table)
