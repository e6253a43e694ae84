"""`python -m deploy.kubernetes.generate [--check]`: Kafka's topics and users for Kubernetes, from the contracts.

A service's user may write what its service says and read what it says and hears (schemas/services.py), and
nothing else. It reads its own topics to notice that its database was set back.
"""

import argparse
import io
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from deploy.kafka.topics import load_topics
from schemas import topics
from schemas.services import SERVICES, Conversation

FOLDER = Path(__file__).parent / "kafka"
REPLICAS = 3
_CLUSTER = {"strimzi.io/cluster": "kafka"}
_HEADING = "# Made by: python -m deploy.kubernetes.generate. Change {source} and run it again.\n"
Resource = dict[str, Any]


def topic_resources() -> list[Resource]:
    """A KafkaTopic for each topic of topics.toml, with the settings that deploy.kafka would give it."""
    return [
        _resource(
            "KafkaTopic",
            topic.name,
            {
                "partitions": topic.partitions,
                "replicas": REPLICAS,
                "config": topic.settings(REPLICAS),
            },
        )
        for topic in load_topics()
    ]


def user_resources() -> list[Resource]:
    """A KafkaUser for each service, one for KEDA and one as a pattern for a school system."""
    return [*(_user(name, _acls(each)) for name, each in SERVICES.items()), _keda(), _school_system()]


def _acls(service: Conversation) -> list[Resource]:
    said, read = {t.name for t in service.says}, {t.name for t in (*service.says, *service.hears)}
    return [
        *(_acl("topic", name, ["Describe", "Write"]) for name in sorted(said)),
        *(_acl("topic", name, ["Describe", "Read"]) for name in sorted(read)),
        _acl("group", service.name, ["Describe", "Read"]),
        # What looks at its own topics joins no group, but has to give itself a name.
        _acl("group", "reader-", ["Describe"], pattern="prefix"),
        _acl("transactionalId", f"{service.name}-relay-", ["Describe", "Write"], pattern="prefix"),
    ]


def _keda() -> Resource:
    """Sees how far each group is, and no record."""
    return _user("keda", [_acl("topic", "*", ["Describe"]), _acl("group", "*", ["Describe"])])


def _school_system() -> Resource:
    """Submits forms and reads the answers, which are sealed for the school that asked."""
    return _user(
        "school-system",
        [
            _acl("topic", topics.REFERRAL_SUBMISSIONS.name, ["Describe", "Write"]),
            _acl("topic", topics.SUBMISSION_ANSWERS.name, ["Describe", "Read"]),
            _acl("group", "school-system-", ["Describe", "Read"], pattern="prefix"),
        ],
    )


def _acl(kind: str, name: str, operations: Sequence[str], pattern: str = "literal") -> Resource:
    resource = {"type": kind, "name": name, "patternType": pattern}
    return {"resource": resource, "operations": list(operations), "host": "*"}


def _user(name: str, acls: Iterable[Resource]) -> Resource:
    spec = {"authentication": {"type": "tls"}, "authorization": {"type": "simple", "acls": list(acls)}}
    return _resource("KafkaUser", name, spec)


def _resource(kind: str, name: str, spec: Mapping[str, Any]) -> Resource:
    metadata = {"name": name, "labels": dict(_CLUSTER)}
    return {"apiVersion": "kafka.strimzi.io/v1", "kind": kind, "metadata": metadata, "spec": dict(spec)}


def files() -> dict[Path, str]:
    """The generated files and what stands in them."""
    return {
        FOLDER / "topics.yaml": _yaml("deploy/kafka/topics.toml", topic_resources()),
        FOLDER / "users.yaml": _yaml("schemas/services.py", user_resources()),
    }


def _yaml(source: str, resources: Iterable[Resource]) -> str:
    writer, text = YAML(), io.StringIO()
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.width = 110
    writer.dump_all(resources, text)
    return _HEADING.format(source=source) + text.getvalue()


def main() -> int:
    """Writes the files; with --check only says which are out of date, and ends with status 1 if any is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, say what is out of date")
    check = parser.parse_args().check
    stale = [path for path, text in files().items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if not check:
            path.write_text(files()[path])
        print(
            f"{path.name} {'is out of date: run python -m deploy.kubernetes.generate' if check else 'written'}"
        )
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
