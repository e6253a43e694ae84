"""`python -m tests.bench`: how fast Fingerpost is, on a real Kafka and PostgreSQL. Slow is not an error."""

import argparse
import logging
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from deploy.local import Stack, start_stack
from tests.bench import parts, results

#: What a plain `make bench` does; the others take long and are asked for by name.
_USUAL = ("limits", "intake", "pipeline", "smtp", "start")


def main() -> None:
    """Runs the parts that were asked for, prints their tables, and keeps their results where that was asked."""
    arguments = _parser().parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a fresh broker's coordinator takes a moment
    console = Console(width=max(100, Console().width))
    with tempfile.TemporaryDirectory(prefix="fingerpost-bench-") as temporary:
        folder = arguments.logs or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        Path(temporary).chmod(0o755)
        with start_stack(brokers=arguments.brokers) as stack:
            _run(stack, arguments, folder.absolute(), console)


def _run(stack: Stack, arguments: argparse.Namespace, folder: Path, console: Console) -> None:
    around = results.circumstances(stack)
    _heading(console, around)
    for name in arguments.only or _USUAL:
        began = time.monotonic()
        found = parts.PARTS[name](parts.Run(stack, _options(arguments), folder, console))
        took = time.monotonic() - began
        console.print(f"[dim]{name} took {took:,.0f} s", highlight=False)
        if arguments.results:
            quick: dict[str, Any] = {"quick": True} if arguments.quick else {}
            results.save(
                arguments.results, name, {**found, **quick, "run": {**around, "seconds": round(took)}}
            )


def _options(arguments: argparse.Namespace) -> parts.Options:
    options = parts.QUICK if arguments.quick else parts.FULL
    given = {
        "rounds": arguments.rounds,
        "referrals": arguments.referrals,
        "minutes": arguments.minutes,
        "rate": arguments.rate,
        "powers": arguments.powers,
        "samples": arguments.samples,
    }
    return replace(options, **{name: value for name, value in given.items() if value})


def _heading(console: Console, around: dict[str, Any]) -> None:
    console.print(
        "{processors} processors ({processor}), {system}, Python {python}, Kafka {kafka} ({brokers} brokers), "
        "PostgreSQL {postgresql}, revision {revision}; load before the run {load_before}".format(**around),
        highlight=False,
    )
    if around["load_before"] > 1:
        console.print("[yellow]Others use this machine now: trust the shares more than the rates.")


def _powers(text: str) -> Sequence[int]:
    return tuple(int(part) for part in text.split(","))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small runs, to see that it works")
    parser.add_argument(
        "--only", action="append", choices=sorted(parts.PARTS), help="only this part; repeatable"
    )
    parser.add_argument("--results", type=Path, help="keep what was measured in this JSON file, part by part")
    parser.add_argument("--rounds", type=int, help="how often both sides take turns")
    parser.add_argument("--referrals", type=int, help="how many are sent at full speed, each round")
    parser.add_argument("--minutes", type=float, help="soak: how long")
    parser.add_argument("--rate", type=float, help="soak: referrals a second")
    parser.add_argument("--powers", type=_powers, help="cost: powers of ten of rows, such as 3,4,5,6")
    parser.add_argument("--samples", type=Path, help="soak: write every sample into this CSV file as well")
    parser.add_argument(
        "--brokers", type=int, choices=(1, 3), default=1, help="the size of the Kafka cluster"
    )
    parser.add_argument("--logs", type=Path, help="keep the logs of all processes in this folder")
    return parser


if __name__ == "__main__":
    main()
