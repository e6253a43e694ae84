"""`python -m deploy.demo`: play a month, show how it went, and stay up for a look around."""

import argparse
import asyncio
import json
import shlex
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from time import monotonic, sleep

import httpx2
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from chassis.calendar import LONDON
from deploy.demo import report, staff
from deploy.demo.api import Unexpected
from deploy.demo.arrivals import make_arrivals, systems
from deploy.demo.clock import NeverIdle
from deploy.demo.doors import NoAnswer
from deploy.demo.month import Month, read_month
from deploy.demo.outcome import Outcome
from deploy.demo.play import Progress, play
from deploy.demo.post import carriers, post
from deploy.demo.postbox import postbox
from deploy.local import StackError, start_stack
from deploy.local.clamav import clamd_beside
from deploy.local.services import ServiceProcess, Town, start_services
from deploy.local.sign_in import start_provider
from services.referrals.files import load_register

_PAGES = 4


def main() -> int:
    """Run the demo; return the exit status: 1 if anything was lost, doubled or answered wrongly, 2 if it broke."""
    asked = _parser().parse_args()
    # Explicitly, since a shell lets what it runs in the background ignore Ctrl-C.
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, signal.default_int_handler)
    console = Console(width=None if sys.stdout.isatty() else 120)
    try:
        return _run(console, asked)
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 130
    except (StackError, NeverIdle, NoAnswer, Unexpected) as error:
        print(f"The demo stopped: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    except httpx2.TransportError as error:
        print(
            f"The demo stopped: a service does not answer any more ({type(error).__name__}), and a month is not "
            "played on without it. Its log says why.",
            file=sys.stderr,
        )
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.demo", description="A month of referrals, on real parts."
    )
    parser.add_argument("--once", action="store_true", help="stop after the table; a last line for programs")
    parser.add_argument(
        "--month", type=_month, default="2026-03", help="which month, such as 2026-03 (the default)"
    )
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same month (default 1)")
    parser.add_argument(
        "--scale", type=_scale, default=1.0, help="the part of the month's volume, such as 0.1"
    )
    return parser


def _month(text: str) -> Month:
    try:
        return read_month(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}; write a month as 2026-03") from None


def _scale(text: str) -> float:
    scale = float(text)
    if not 0 < scale <= 20:
        raise argparse.ArgumentTypeError("write a number above 0 and up to 20")
    return scale


def _run(console: Console, asked: argparse.Namespace) -> int:
    folder = Path(tempfile.mkdtemp(prefix="fingerpost-demo-"))
    keep = True
    try:
        good = _played(console, folder, asked)
        keep = not good
        return 0 if good else 1
    except KeyboardInterrupt:
        keep = False
        raise
    finally:
        if keep:
            console.print(f"The services' logs are kept in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _played(console: Console, folder: Path, asked: argparse.Namespace) -> bool:
    month, register, began = asked.month, load_register(), monotonic()
    arrivals = make_arrivals(month, register, asked.seed, asked.scale)
    part = "" if asked.scale == 1 else f" ({asked.scale:.0%} of the month's volume)"
    console.print(f"{len(arrivals):,} forms made{part}. Starting Kafka and PostgreSQL …")
    with (
        clamd_beside(folder / "clamd", console.print) as clamd,
        start_stack() as stack,
        carriers(arrivals, asked.seed) as by,
        postbox(by.sink, by.notify) as messages,
        start_provider(staff.accounts()) as provider,
    ):
        console.print(f"Ready after {monotonic() - began:.0f} s. Starting the three services …")
        with start_services(
            stack,
            profile="demo",
            clock_start=month.starts,
            smtp=by.sink.smtp,
            school_urns=[setting.urn for setting in register],
            senders=systems(register),
            folder=folder,
            sign_in=provider,
            clamd=clamd,
            env=by.env,
        ) as town:
            staff.appoint(town)
            console.print(f"Ready after {monotonic() - began:.0f} s. Messages: {messages}  Logs: {folder}")
            with _shown(console, month) as show, post(by, town, month.starts) as working:
                outcome = asyncio.run(play(town, working, month, arrivals, register, asked.seed, show))
                versions = {"kafka": stack.kafka_version, "postgres": stack.postgres_version}
                report.show(console, outcome, versions)
                if not asked.once:
                    _stay(console, town, messages, outcome)
    if asked.once:
        print(f"FINGERPOST {json.dumps(report.as_figures(outcome, versions))}", flush=True)
    return outcome.good


@contextmanager
def _shown(console: Console, month: Month) -> Iterator[Callable[[Progress], None]]:
    """Shows the month as it goes: a bar on a terminal, a line a day elsewhere."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    with Bar(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console) as bar:
        task = bar.add_task("", total=(month.ends - month.starts).total_seconds())

        def show(at: Progress) -> None:
            done = (at.now - month.starts).total_seconds()
            bar.update(task, completed=done, description=_words(at))

        yield show


class _Lines:
    """One line for each day that is over."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last: Progress | None = None

    def __call__(self, at: Progress) -> None:
        if self._last is not None and _day(self._last.now) != _day(at.now):
            self._console.print(_words(self._last))
        self._last = at


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(LONDON):%a %d %b}"


def _words(at: Progress) -> str:
    return (
        f"{_day(at.now)}  {at.received:>5,} forms  {at.refused:>3} refused  {at.sittings} sittings  "
        f"{at.decisions:>3} decisions  {at.mails:>5,} mails  {at.texts:>3,} texts"
    )


def _stay(console: Console, town: Town, messages: str, outcome: Outcome) -> None:
    """Show where to look, and wait for Ctrl-C."""
    console.print("\n[bold]Families' pages")
    decided = [mail for mail in outcome.mails if mail.fact == "decision.issued"]
    for mail in (decided or list(outcome.mails))[-_PAGES:]:
        console.print(f"  {mail.link}  ({mail.subject})", soft_wrap=True)
    console.print(f"[bold]All mails, texts and letters[/] {messages}")
    console.print(
        "[bold]To work there as a SENCo, in a team or as an administrator: sign in and choose who you are"
    )
    console.print(f"  {town.referrals.url}/sign-in", soft_wrap=True)
    console.print("[bold]To send a referral yourself, as the README says, paste this into another terminal")
    for name, value in _for_a_terminal(town).items():
        console.print(f"  export {name}={value}", soft_wrap=True, highlight=False, markup=False)
    console.print(
        "[bold]To be on call, as docs/operations.md says, read a service's settings into another terminal[/]\n"
        "  and run, for example, .venv/bin/python -m services.referrals dead-letters list"
    )
    for service in town.services.values():
        console.print(f"  . {_settings_file(service)}", soft_wrap=True, highlight=False, markup=False)
    console.print("[bold]Logs")
    for service in town.services.values():
        console.print(f"  {service.name}: {service.log_path}", soft_wrap=True)
    console.print("Ctrl-C stops everything.")
    with suppress(KeyboardInterrupt):
        while True:
            sleep(1)
            _start_again(console, town)


def _start_again(console: Console, town: Town) -> None:
    """Whatever a visitor killed: here the demo does what elsewhere the platform does."""
    for service in town.services.values():
        if not service.running:
            console.print(f"{service.name} has ended: starting it again …")
            service.start()
            console.print(f"{service.name} is back at {service.url}", soft_wrap=True)


def _settings_file(service: ServiceProcess) -> Path:
    """Writes a service's settings beside its log, for a shell to read; nobody else on the machine may."""
    path = service.log_path.with_name("settings.sh")
    path.touch(mode=0o600)
    own = {
        name: value for name, value in service.environment().items() if name.startswith(service.name.upper())
    }
    path.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in own.items()))
    return path


def _for_a_terminal(town: Town) -> dict[str, str]:
    """The services' addresses, and a token for each kind of caller."""
    urls = {name.upper(): service.url for name, service in town.services.items()}
    callers = ("school", "team", "co-ordinator", "officer", "operator")
    tokens = {f"{caller.replace('-', '').upper()}_TOKEN": town.tokens[caller] for caller in callers}
    return urls | {"KAFKA": ",".join(town.stack.bootstrap)} | tokens


if __name__ == "__main__":
    sys.exit(main())
