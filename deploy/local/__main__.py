"""`python -m deploy.local`: run the stack, fetch Kafka's jars, renew their lock."""

import argparse
import signal
import sys
import time
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.given import KAFKA_VARIABLE, POSTGRES_VARIABLE
from deploy.local.jars import LOCK, resolve_jars, write_lock
from deploy.local.stack import start_stack


def main() -> int:
    """Run the command named on the command line; return the exit code."""
    arguments = _parser().parse_args()
    try:
        if arguments.command == "up":
            _up(arguments.brokers, arguments.folder)
        elif arguments.command == "resolve":
            print(f"{len(resolve_jars())} jars are here and are the locked ones.")
        else:
            print(f"{write_lock()} jars locked in {LOCK.name}. Review the difference before committing it.")
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.local", description="A Kafka and a PostgreSQL to work with."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start both, print their addresses, and run till Ctrl-C")
    up.add_argument(
        "--brokers", type=int, choices=(1, 3), default=1, help="size of the Kafka cluster (default 1)"
    )
    up.add_argument("--folder", type=Path, help="keep the data here for the next time (default: thrown away)")
    commands.add_parser("resolve", help="fetch Kafka's jars and verify them against the lock")
    commands.add_parser("lock", help="renew the lock of Kafka's jars from their coordinates")
    return parser


def _up(brokers: int, folder: Path | None) -> None:
    for sign in (signal.SIGINT, signal.SIGTERM):  # also where a shell's & has made SIGINT an ignored one
        signal.signal(sign, signal.default_int_handler)
    print("Starting Kafka and PostgreSQL ...", file=sys.stderr)
    try:
        with start_stack(3 if brokers == 3 else 1, folder) as stack:
            print(f"{KAFKA_VARIABLE}={','.join(stack.bootstrap)}")
            print(f"{POSTGRES_VARIABLE}={stack.postgres}", flush=True)
            versions = f"Kafka {stack.kafka_version} and PostgreSQL {stack.postgres_version}"
            print(f"{versions} are running. Stop them with Ctrl-C.", file=sys.stderr)
            while True:  # signal.pause() would sleep through a signal that arrives just before it
                time.sleep(1)
    except KeyboardInterrupt:
        pass
    print("Stopped.", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
