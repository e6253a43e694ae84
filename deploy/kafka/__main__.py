"""`python -m deploy.kafka`: show the topics, or make a cluster have them."""

import argparse
import asyncio
import sys

from deploy.kafka.apply import TopicsError, apply_topics
from deploy.kafka.topics import load_topics


def main() -> int:
    """Run the command named on the command line; return the exit code."""
    arguments = _parser().parse_args()
    if arguments.command == "show":
        _show()
        return 0
    bootstrap = [address.strip() for address in arguments.bootstrap.split(",")]
    try:
        applied = asyncio.run(apply_topics(bootstrap, arguments.prefix, arguments.replication))
    except TopicsError as error:
        print(error, file=sys.stderr)
        return 1
    for what, names in (
        ("created", applied.created),
        ("changed", applied.changed),
        ("right", applied.unchanged),
    ):
        for name in names:
            print(f"{what:8} {name}")
    for name, partitions in applied.beyond.items():
        print(
            f"beyond   {name}: records stand in partition {', '.join(map(str, partitions))}, where no service writes: "
            "see MissingVersion in docs/operations.md"
        )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.kafka", description="Kafka's topics, from topics.toml."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("show", help="show the topics and what each is for")
    apply = commands.add_parser(
        "apply", help="create missing topics, set what differs, refuse fewer partitions"
    )
    apply.add_argument("--bootstrap", required=True, metavar="HOST:PORT,…", help="brokers of the cluster")
    apply.add_argument("--prefix", default="", help="put before each name as it stands, e.g. 'leeds.'")
    apply.add_argument(
        "--replication", type=int, help="replicas of new topics (default: 3, or one per broker)"
    )
    return parser


def _show() -> None:
    topics = load_topics()
    width = max(len(topic.name) for topic in topics)
    for topic in topics:
        print(f"{topic.name:{width}}  {topic.partitions:3} partitions  {topic.kept:14}  {topic.purpose}")


if __name__ == "__main__":
    sys.exit(main())
