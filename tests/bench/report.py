"""The tables of a run, each line with its share of a limit and a verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from rich.console import Console
from rich.table import Table

PIPELINE_AIM, INTAKE_AIM = 0.40, 0.50


@dataclass
class Rates:
    """One side's referrals a second, one number a round, and seconds from due to done at a constant rate."""

    rates: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    cpu: list[Mapping[str, float]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """The median over the rounds."""
        return median(self.rates)

    def cpu_ms(self) -> dict[str, float]:
        """Milliseconds of processor a referral, by process, the median over the rounds."""
        return {name: median(1000 * one[name] for one in self.cpu) for name in self.cpu[0]}


@dataclass
class Comparison:
    """The services beside their bare counterpart."""

    title: str
    aim: float
    ours: Rates = field(default_factory=Rates)
    bare: Rates = field(default_factory=Rates)
    offered: float = 0.0

    @property
    def share(self) -> float:
        """Our rate as a part of the bare one's."""
        return self.ours.rate / self.bare.rate

    @property
    def verdict(self) -> str:
        """One line."""
        what = f"{self.share:.0%} of the bare {self.title}"
        if self.share >= self.aim:
            return f"[green]{what}: reaches the aim of {self.aim:.0%}"
        return f"[yellow]{what}: below the aim of {self.aim:.0%}"


def quantile(values: Sequence[float], part: float) -> float:
    """The smallest value that at least ``part`` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


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
    for heading in ("what", "who", "a second", "spread", "offered", "p50", "p99"):
        table.add_column(heading, justify="left" if heading in ("what", "who") else "right")
    for one in comparisons:
        for who, side in (("Fingerpost", one.ours), ("bare", one.bare)):
            spread = f"{min(side.rates):,.0f} to {max(side.rates):,.0f}"
            waits = [f"{1000 * quantile(side.waits, part):,.0f} ms" for part in (0.5, 0.99)]
            table.add_row(one.title, who, f"{side.rate:,.0f}", spread, f"{one.offered:,.0f}/s", *waits)
    console.print(table)
    for one in comparisons:
        console.print(one.verdict, highlight=False)


def show_costs(console: Console, comparison: Comparison) -> None:
    """Where the processor's time went, as fast as it goes."""
    ours, bare = comparison.ours.cpu_ms(), comparison.bare.cpu_ms()
    title = f"Processor, milliseconds a referral ({comparison.title}, as fast as it goes)"
    table = Table(title=title, title_justify="left")
    for heading in ("process", "Fingerpost", "bare"):
        table.add_column(heading, justify="left" if heading == "process" else "right")
    for name in ours:
        table.add_row(name, f"{ours[name]:.2f}", f"{bare[name]:.2f}")
    table.add_row("all", f"{sum(ours.values()):.2f}", f"{sum(bare.values()):.2f}")
    console.print(table)
