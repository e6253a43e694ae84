"""The month as a table for people, and as one line for programs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from rich.columns import Columns
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table

from deploy.demo import fates, figures, phones, planned, told, work
from deploy.demo.coordinator import Held
from deploy.demo.ledger import Told, percentile
from deploy.demo.outcome import Outcome
from deploy.demo.tables import new_table
from services.referrals.domain.referral import UNDER_WAY, WAITING
from services.referrals.domain.register.places import AREAS


def as_figures(outcome: Outcome, versions: dict[str, str]) -> dict[str, Any]:
    """Every figure of the table, for programs."""
    ledger, books = outcome.ledger, outcome.books
    reasons = Counter(code for faults in ledger.refused.values() for _, code in faults)
    return {
        "month": f"{outcome.month.first:%Y-%m}",
        "received": len(outcome.arrivals),
        "by_way": dict(Counter(arrival.way for arrival in outcome.arrivals)),
        "taken": len(ledger.taken),
        "sent_again": outcome.sent_again,
        "refused": len(ledger.refused),
        "refused_by_reason": dict(reasons.most_common()),
        "defective": sum(arrival.refused for arrival in outcome.arrivals),
        "refused_wrongly": [vars(one) for one in ledger.misjudged],
        "queues": _queues(outcome),
        **work.as_figures(outcome),
        "sittings": [_sitting(held) for held in outcome.held],
        "plan": planned.as_figures(outcome.planned, outcome.month.sittings),
        "cases": dict(Counter(books.cases.values())),
        "decisions": outcome.decisions,
        **told.as_figures(outcome),
        "lost": outcome.lost,
        "duplicated": outcome.duplicated,
        "left_over": {**books.left, "open_messages": books.open.total()},
        "form_to_acknowledgement_ms": {
            "p50": round(1000 * percentile(outcome.acknowledged, 0.5)),
            "p99": round(1000 * percentile(outcome.acknowledged, 0.99)),
        },
        "pages_opened": len(outcome.pages),
        "pages_wrong": sum(not shown for shown in outcome.pages.values()),
        "seconds": round(outcome.seconds, 1),
        "good": outcome.good,
        **versions,
    }


def _sitting(held: Held) -> dict[str, Any]:
    return {
        "sitting": held.sitting_id,
        "cases": held.cases,
        "capacity": held.capacity,
        "deferred": held.deferred,
        "mean_wait_days": _mean(held.waited),
    }


def show(console: Console, outcome: Outcome, versions: dict[str, str]) -> None:
    """Print the whole of it."""
    known = as_figures(outcome, versions)
    console.print()
    console.rule(
        f"[bold]{outcome.month.first:%B %Y} in Hertfordshire, played in {known['seconds']:.0f} seconds"
    )
    console.print(_received(known))
    console.print(_queue_table(outcome))
    console.print(work.table(outcome))
    console.print(_sittings(outcome))
    console.print(planned.table(outcome.planned, outcome.month.sittings))
    console.print(told.table(outcome))
    console.print(_verdict(outcome, known))
    assumed = figures.assumptions(len(outcome.month.sittings), outcome.month.sittings[0].capacity)
    for sentence in (*assumed, fates.assumed(), phones.assumed()):
        console.print(f"[dim]{sentence}")
    console.print(f"[dim]Apache Kafka {versions['kafka']}, PostgreSQL {versions['postgres']}.")


def _received(known: dict[str, Any]) -> Columns:
    table = new_table("Forms", "", "forms")
    ways = known["by_way"]
    table.add_row("received", f"{known['received']:,}")
    table.add_row("  over HTTP, from schools", str(ways.get("http", 0)))
    table.add_row("  as sealed events on Kafka", str(ways.get("event", 0)))
    table.add_row("  entered by an EHC co-ordinator", str(ways.get("statutory", 0)))
    table.add_row("sent a second time, and taken once", str(known["sent_again"]))
    table.add_row("taken and routed", f"{known['taken']:,}")
    table.add_row(f"refused (defective by design: {known['defective']})", str(known["refused"]))
    counted = [f"{code} {count}" for code, count in known["refused_by_reason"].items()]
    reasons = new_table("Why they were refused", "reason and how often", "", "")
    for place in range(0, len(counted), 3):
        reasons.add_row(*(counted[place : place + 3]))
    return Columns([table, reasons], padding=(0, 3))


def _queues(outcome: Outcome) -> dict[str, dict[str, Any]]:
    """By team: how many were received in each area, how many wait, are under way, or ended."""
    queues: dict[str, dict[str, Any]] = {}
    for destination, area, status in outcome.books.referrals.values():
        name = work.team(outcome, destination)
        queue = queues.setdefault(name, {"areas": Counter(), "waiting": 0, "under_way": 0, "ended": 0})
        queue["areas"][area] += 1
        queue[_stage(status)] += 1
    return dict(sorted(queues.items(), key=lambda item: -sum(item[1]["areas"].values())))


def _stage(status: str) -> str:
    if status in WAITING:
        return "waiting"
    return "under_way" if status in UNDER_WAY else "ended"


def _queue_table(outcome: Outcome) -> Table:
    short = [area.removeprefix("DSPL") for area in AREAS]
    table = new_table(
        "Queues by team and area (DSPL 1 to 9)", "team", *short, "all", "wait", "under way", "ended"
    )
    for name, queue in _queues(outcome).items():
        by_area = [str(queue["areas"][area] or "·") for area in AREAS]
        total = str(sum(queue["areas"].values()))
        table.add_row(
            name, *by_area, total, str(queue["waiting"]), str(queue["under_way"]), str(queue["ended"])
        )
    return table


def _sittings(outcome: Outcome) -> Group:
    table = new_table("Sittings", "sitting", "cases", "", "deferred", "days waited (mean)", "longest")
    for held in outcome.held:
        bar = "█" * held.cases + "░" * max(0, held.capacity - held.cases)
        table.add_row(
            f"{held.sits_on:%a %d %b}",
            f"{held.cases} of {held.capacity}",
            bar,
            str(held.deferred),
            f"{_mean(held.waited):.1f}",
            str(max(held.waited, default=0)),
        )
    words = ", ".join(f"{count} {outcome_}" for outcome_, count in outcome.decisions.items())
    states = ", ".join(f"{n} {state}" for state, n in Counter(outcome.books.cases.values()).most_common())
    return Group(table, f"Decisions issued: {words}. Cases at the end: {states}.")


def _verdict(outcome: Outcome, known: dict[str, Any]) -> Panel:
    wrong = len(outcome.ledger.misjudged)
    latency = known["form_to_acknowledgement_ms"]
    lines = [
        f"lost {known['lost']}, duplicated {known['duplicated']}, forms answered wrongly {wrong}, "
        f"worked on otherwise {known['worked_wrongly']}",
        "(every message by recipient, fact and referral, and every step of the work and wait by referral: the ledger "
        "against the mail server, GOV.UK Notify's stand-in and the databases)",
        f"from form to acknowledgement, real time: p50 {latency['p50']} ms, p99 {latency['p99']} ms",
        *_complaints(outcome),
    ]
    return Panel(
        "\n".join(lines), title="all is well" if outcome.good else "NOT WELL", border_style=_style(outcome)
    )


def _style(outcome: Outcome) -> str:
    return "green" if outcome.good else "red"


def _complaints(outcome: Outcome) -> Iterator[str]:
    """Up to some of each kind of what is wrong, with what is needed in order to look for it."""
    for where, compared in (("messages", outcome.in_the_post), ("databases", outcome.in_the_books)):
        for what in ("lost", "duplicated", "unexpected"):
            yield from _messages_listed(f"{where}: {what}", getattr(compared, what))
    yield from _messages_listed("databases: neither sent nor held", outcome.books.open)
    for one in outcome.ledger.misjudged[:_MOST]:
        yield f"form {one.arrival}: planted {one.planted}, answered {one.answered}"
    for id in outcome.ledger.taken_twice[:_MOST]:
        yield f"form {id}: a second sending was answered differently, or twice"
    for reference in (outcome.referrals_lost + outcome.referrals_unexpected)[:_MOST]:
        yield f"referral {reference}: in the ledger or in the database, not in both"
    for reference in outcome.worked_wrongly[:_MOST]:
        yield f"work on {reference}: its steps, wait or next referral differ between ledger and database"
    yield from (
        f"page does not show its referral: {page}" for page, shown in outcome.pages.items() if not shown
    )
    for name, count in outcome.books.left.items():
        if count:
            yield f"{name}: {count} events unpublished or records parked"


def _messages_listed(what: str, messages: Counter[Told]) -> Iterator[str]:
    for (_, fact, reference), count in list(messages.items())[:_MOST]:
        yield f"{what}: {count} x {fact} of {reference}"


_MOST = 5


def _mean(values: Sequence[int]) -> float:
    return round(sum(values) / len(values), 1) if values else 0.0
