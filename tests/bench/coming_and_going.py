"""A worker is added, taken away and killed under load: what is lost or doubled, and how long nothing moves."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.local.services import Town
from tests.bench.figures import longest_gap
from tests.faults.load import Load, Pace
from tests.faults.oracle import drain, examine
from tests.support.ledger import Ledger
from tests.support.mail import MailSink

_QUIET_SECONDS, _AFTER_SECONDS = 6.0, 12.0
_PACE = Pace(families=0, threads=6, rest_seconds=0.05)


def disturb(town: Town, sink: MailSink, console: Console) -> dict[str, Any]:
    """Each service in turn; the oracle has the last word. The pause is the longest time without a mail accepted."""
    ledger, over = Ledger(), Event()
    pauses: dict[str, dict[str, float]] = {}
    with ThreadPoolExecutor(1) as beside:
        loading = beside.submit(Load(town, ledger).run, _PACE, over.is_set, 100_000)
        try:
            for name in town.services:
                pauses[name] = _one_service(town, sink, name)
                console.print(f"[dim]{name}: a worker was added, taken away, added again and killed")
        finally:
            over.set()
            loading.result()
    recovery = drain(town, 300)
    findings = examine(town, ledger, sink)
    return {
        "families": len(ledger.families),
        "told": findings.told,
        "lost": findings.lost,
        "doubled": findings.doubled,
        "held": findings.held,
        "broken": findings.broken[:5],
        "drain_seconds": recovery,
        "pauses": pauses,
    }


def _one_service(town: Town, sink: MailSink, name: str) -> dict[str, float]:
    twin = town.services[name].twin()
    found = {"quiet": _pause(sink, lambda: None, _QUIET_SECONDS)}
    try:
        found["added"] = _pause(sink, lambda: twin.start_on_a_free_port(role="worker"))
        found["taken away"] = _pause(sink, twin.stop)
        twin.start(role="worker")
        time.sleep(_QUIET_SECONDS)
        found["killed"] = _pause(sink, twin.kill)
    finally:
        twin.stop()
    return found


def _pause(sink: MailSink, act: Callable[[], None], seconds: float = _AFTER_SECONDS) -> float:
    """The longest gap between accepted mails from the act on; a gap that never ended counts up to now."""
    began, seen = time.monotonic(), len(sink.mails)
    moments = [began]
    with ThreadPoolExecutor(1) as beside:
        acting = beside.submit(act)
        while time.monotonic() < began + seconds or not acting.done():
            time.sleep(0.02)
            if (now := len(sink.mails)) > seen:
                seen = now
                moments.append(time.monotonic())
        acting.result()
    return longest_gap([*moments, time.monotonic()])


def show(console: Console, found: dict[str, Any]) -> None:
    """The pauses, and what was lost."""
    table = Table(title="Longest time without a mail, seconds", title_justify="left")
    for heading in ("service", "quiet", "added", "taken away", "killed"):
        table.add_column(heading, justify="left" if heading == "service" else "right")
    for name, pauses in found["pauses"].items():
        table.add_row(name, *(f"{pauses[what]:.1f}" for what in ("quiet", "added", "taken away", "killed")))
    console.print(table)
    colour = "red" if found["broken"] else "green"
    console.print(
        f"[{colour}]{found['families']:,} families: {found['lost']} lost, {found['doubled']} doubled, "
        f"{found['held']} held",
        highlight=False,
    )
    for sentence in found["broken"]:
        console.print(f"[red]  {sentence}")
