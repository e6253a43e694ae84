"""What a county, England and ten times England would need: arithmetic on measured costs, for docs/capacity.md. Pure.

A *step* is what the pipeline measures: something is taken in, panels hear of it, and one family is told.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.demo import figures
from services.notifications.settings import Settings as Notifications
from tests.bench.page import Results, Tables, needing, table
from tests.bench.report import ENGLANDS_YEAR

# Assumed, since nothing is published; docs/capacity.md says so of each. ------------------------------------

#: Steps in a referral's life: it is sent in; taken on, or listed; concluded, or decided.
STEPS = 3
#: Days on which schools are open in a year (38 weeks), and how many times an average one the busiest is.
SCHOOL_DAYS, BUSIEST_DAY = 190, 3
#: The busiest hour's part of a day, in the morning; and how many times its average minute the busiest is.
BUSIEST_HOUR, BUSIEST_MINUTE = 0.25, 5
#: How long a mail server takes for one message, in seconds.
SMTP_SECONDS = 0.5
#: Sittings of the placement panel in a year.
SITTINGS = 96

# Published limits of those who send mail. -------------------------------------------------------------------

MAILBOX_A_MINUTE = 30
NOTIFY_A_MINUTE, NOTIFY_A_DAY = 3_000, 250_000

#: The costs that the benchmark's own load has are nobody's need.
_NOT_OURS = "load"


@dataclass(frozen=True)
class Demand:
    """So many referrals a year, and what follows from that."""

    name: str
    referrals: float

    @property
    def day(self) -> float:
        """Referrals on an average school day."""
        return self.referrals / SCHOOL_DAYS

    @property
    def busiest_day(self) -> float:
        return self.day * BUSIEST_DAY

    @property
    def busiest_hour(self) -> float:
        return self.busiest_day * BUSIEST_HOUR

    @property
    def peak(self) -> float:
        """Referrals a second in the busiest minute."""
        return self.busiest_hour / 3600 * BUSIEST_MINUTE

    @property
    def steps(self) -> float:
        """Steps a second in the busiest minute, as if all three of every referral fell into it."""
        return self.peak * STEPS


_COUNTY = (
    figures.REQUESTS_A_YEAR * (1 + figures.ADVICE_PER_REQUEST + figures.OUTREACH_PER_REQUEST)
    + SITTINGS * figures.PLACEMENTS_PER_SITTING
)
_COUNTRY = _COUNTY * ENGLANDS_YEAR / figures.REQUESTS_A_YEAR
DEMANDS = (
    Demand("Hertfordshire", _COUNTY),
    Demand("England", _COUNTRY),
    Demand("ten times England", 10 * _COUNTRY),
)


@dataclass(frozen=True)
class Costs:
    """What one step cost: milliseconds of processor by process, and bytes."""

    cpu: Mapping[str, float]
    sustained: float
    tables: float
    wal: float
    kafka: float

    @classmethod
    def of(cls, results: Results) -> "Costs":
        """From the pipeline, and from the largest tables that the cost was measured with."""
        pipeline, largest = results["pipeline"], results["cost"]["costs"][-1]
        return cls(
            {name: ms for name, ms in pipeline["ours"]["cpu_ms"].items() if name != _NOT_OURS},
            pipeline["ours"]["sustained"],
            (largest["tables"] + largest["indexes"]) / largest["before"],
            largest["wal"],
            largest["kafka"] or 0.0,
        )

    @property
    def processor(self) -> float:
        """Milliseconds of a step over all processes."""
        return sum(self.cpu.values())


def _measured(results: Results) -> str:
    costs, largest = Costs.of(results), results["cost"]["costs"][-1]
    pipeline, cost = (_run(results[part]) for part in ("pipeline", "cost"))
    rows = [[f"processor, {name}", f"{ms:.2f} ms", pipeline] for name, ms in sorted(costs.cpu.items())]
    return table(
        ["a step costs", "", "measured"],
        [
            *rows,
            ["processor, all", f"{costs.processor:.2f} ms", pipeline],
            ["steps a second that its two processors sustained", f"{costs.sustained:,.0f}", pipeline],
            ["tables and indexes, three databases", f"{costs.tables / 1000:.1f} kB", cost],
            [
                f"PostgreSQL's log, with {largest['before']:,} referrals there",
                f"{costs.wal / 1000:.0f} kB",
                cost,
            ],
            ["Kafka, on each broker", f"{costs.kafka / 1000:.1f} kB", cost],
        ],
    )


def _run(part: Mapping[str, Any]) -> str:
    run = part["run"]
    return f"`{run['revision']}`, {run['at'].split('T')[0]}{', small' if part.get('quick') else ''}"


def _over_demands(rows: Mapping[str, Callable[[Demand], str]]) -> str:
    headings = ["", *(demand.name for demand in DEMANDS)]
    return table(headings, [[what, *(show(demand) for demand in DEMANDS)] for what, show in rows.items()])


def _demand(_: Results) -> str:
    return _over_demands(
        {
            "referrals a year": lambda of: f"{of.referrals:,.0f}",
            "… a school day": lambda of: f"{of.day:,.0f}",
            "… on the busiest day": lambda of: f"{of.busiest_day:,.0f}",
            "… in its busiest hour": lambda of: f"{of.busiest_hour:,.0f}",
            "… a second, in the busiest minute": lambda of: f"{of.peak:,.2f}",
            "steps a second, then": lambda of: f"{of.steps:,.2f}",
        }
    )


def _needs(results: Results) -> str:
    costs = Costs.of(results)

    def gigabytes(a_step: float, referrals: Callable[[Demand], float]) -> Callable[[Demand], str]:
        return lambda of: f"{referrals(of) * STEPS * a_step / 1e9:,.2f} GB"

    return _over_demands(
        {
            "processors, in the busiest minute": lambda of: f"{of.steps * costs.processor / 1000:,.3f}",
            "… of what the measured machine sustained": lambda of: f"{of.steps / costs.sustained:.1%}",
            "messages, in the busiest minute": lambda of: f"{of.steps * 60:,.0f}",
            "messages, on the busiest day": lambda of: f"{of.busiest_day * STEPS:,.0f}",
            "the three databases, a year": gigabytes(costs.tables, lambda of: of.referrals),
            "Kafka, a year, on each broker": gigabytes(costs.kafka, lambda of: of.referrals),
            "PostgreSQL's log, on the busiest day": gigabytes(costs.wal, lambda of: of.busiest_day),
            "… archived, thirty average days": gigabytes(costs.wal, lambda of: 30 * of.day),
        }
    )


def _limits(results: Results) -> str:
    """What gives way first: each limit as a multiple of the country's need, the least first."""
    costs, country = Costs.of(results), DEMANDS[1]
    fields = Notifications.model_fields
    in_flight = min(fields["at_once"].default, fields["group"].default * fields["lanes"].default)
    minute, day = country.steps * 60, country.busiest_day * STEPS
    dearest = max(costs.cpu[name] for name in ("referrals", "panels", "notifications"))
    limits = [
        (
            "one mailbox of Exchange Online",
            f"{MAILBOX_A_MINUTE} messages a minute",
            MAILBOX_A_MINUTE / minute,
        ),
        ("GOV.UK Notify", f"{NOTIFY_A_MINUTE:,} messages a minute", NOTIFY_A_MINUTE / minute),
        ("GOV.UK Notify", f"{NOTIFY_A_DAY:,} e-mails a day", NOTIFY_A_DAY / day),
        (
            f"one sender, {in_flight} messages in flight of {SMTP_SECONDS:g} s each",
            f"{in_flight / SMTP_SECONDS:,.0f} messages a second",
            in_flight / SMTP_SECONDS / country.steps,
        ),
        ("the measured machine", f"{costs.sustained:,.0f} steps a second", costs.sustained / country.steps),
        (
            "one process of the dearest service, with a processor to itself",
            f"{1000 / dearest:,.0f} steps a second",
            1000 / dearest / country.steps,
        ),
    ]
    rows = [[what, size, f"{times:,.2f}"] for what, size, times in sorted(limits, key=lambda limit: limit[2])]
    return table(["limit", "", "times England's busiest"], rows)


TABLES: Tables = {
    "measured": needing("pipeline", "cost")(_measured),
    "demand": _demand,
    "needs": needing("pipeline", "cost")(_needs),
    "gives-way": needing("pipeline", "cost")(_limits),
}
