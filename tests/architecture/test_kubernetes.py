"""The Kubernetes manifests are checked without a cluster: complete, hardened, and no wider than the contracts."""

import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from shutil import which
from typing import Any, cast

import pytest
from ruamel.yaml import YAML

from chassis.settings import ServiceSettings
from deploy.kafka.topics import load_topics
from deploy.kubernetes import generate
from schemas.services import SERVICES
from tests.architecture import source

FOLDER = source.ROOT / "deploy/kubernetes"
#: What only the installation can know: it comes from a Secret of its own making.
SECRETS = re.compile(
    "TOKENS|KEYRINGS|IDENTITY_SECRET|SIGN_IN_CLIENT_SECRET|SUBMISSION_KEYS|SENDERS|SMTP_USER|SMTP_PASSWORD"
)
Resource = dict[str, Any]


def documents(path: Path) -> list[Resource]:
    return [each for each in YAML(typ="safe").load_all(path.read_text(encoding="utf-8")) if each]


@cache
def written() -> dict[Path, list[Resource]]:
    """Every manifest as it stands in its file."""
    return {path: documents(path) for path in sorted(FOLDER.rglob("*.yaml"))}


def of_kind(kind: str) -> Iterator[Resource]:
    return (each for found in written().values() for each in found if each.get("kind") == kind)


def pods() -> list[tuple[str, Resource]]:
    """The two kinds of pod that every service has."""
    return [(name, documents(FOLDER / f"service/{name}.yaml")[0]) for name in ("web", "worker")]


def containers(deployment: Resource) -> list[Resource]:
    spec = deployment["spec"]["template"]["spec"]
    return [*spec["initContainers"], *spec["containers"]]


def told(service: str) -> dict[str, str]:
    """The variables that a service's container finds, but for those of its Secret."""
    patch = documents(FOLDER / service / "settings.yaml")[0]["spec"]["template"]["spec"]
    env = {each["name"]: str(each.get("value", "")) for each in patch["containers"][0]["env"]}
    example = documents(FOLDER / "example/kustomization.yaml")[0]
    literals = example["configMapGenerator"][0]["literals"]
    return {**env, **dict(each.split("=", 1) for each in literals if each.startswith(service.upper()))}


# --- the generated part ---


def test_the_topics_and_users_are_those_of_the_contracts() -> None:
    assert {path: path.read_text(encoding="utf-8") for path in generate.files()} == generate.files()


def test_every_topic_is_made_with_three_replicas_and_its_own_settings() -> None:
    made = {each["metadata"]["name"]: each["spec"] for each in of_kind("KafkaTopic")}
    assert {name: spec["partitions"] for name, spec in made.items()} == {
        topic.name: topic.partitions for topic in load_topics()
    }
    for topic in load_topics():
        assert made[topic.name]["replicas"] == 3
        assert made[topic.name]["config"] == topic.settings(3)


@pytest.mark.parametrize("service", source.SERVICE_NAMES)
def test_a_service_may_write_what_it_says_and_read_that_and_what_it_hears_and_no_more(service: str) -> None:
    user = next(each for each in of_kind("KafkaUser") if each["metadata"]["name"] == service)
    may: dict[str, set[str]] = defaultdict(set)
    for acl in user["spec"]["authorization"]["acls"]:
        if acl["resource"]["type"] == "topic":
            assert acl["resource"]["patternType"] == "literal"
            for operation in acl["operations"]:
                may[operation].add(acl["resource"]["name"])
    says = {topic.name for topic in SERVICES[service].says}
    hears = {topic.name for topic in SERVICES[service].hears}
    assert may == {"Write": says, "Read": says | hears, "Describe": says | hears}


def test_a_school_system_can_neither_read_what_others_submit_nor_answer_in_our_name() -> None:
    user = next(each for each in of_kind("KafkaUser") if each["metadata"]["name"] == "school-system")
    acls = user["spec"]["authorization"]["acls"]
    topics = [
        (a["resource"]["name"], operation)
        for a in acls
        if "topic" in a["resource"]["type"]
        for operation in a["operations"]
    ]
    assert ("referral-submissions.v1", "Read") not in topics
    assert {name for name, operation in topics if operation == "Write"} == {"referral-submissions.v1"}
    assert {name for name, operation in topics if operation == "Read"} == {"submission-answers.v1"}


# --- the services ---


@pytest.mark.parametrize("service", source.SERVICE_NAMES)
def test_a_pod_is_told_only_what_its_service_knows_and_all_that_it_needs(service: str) -> None:
    settings = cast(type[ServiceSettings], import_module(f"services.{service}.settings").Settings)
    prefix = str(settings.model_config["env_prefix"])
    known = {f"{prefix}{name}".upper(): field.is_required() for name, field in settings.model_fields.items()}
    given = {name for name in told(service) if not name.startswith("PG")}
    assert given - set(known) == set()
    needed = {name for name, required in known.items() if required and not SECRETS.search(name)}
    assert needed - given == set()


@pytest.mark.parametrize("service", source.SERVICE_NAMES)
def test_the_connections_to_kafka_and_to_the_database_are_encrypted_and_their_servers_known(
    service: str,
) -> None:
    given, name = told(service), service.upper()
    assert given["PGSSLMODE"] == "verify-full"
    assert given["PGSSLROOTCERT"]
    assert given[f"{name}_KAFKA"].endswith(":9093")
    assert all(given[f"{name}_KAFKA_{part}"] for part in ("CA", "CERTIFICATE", "KEY"))


@pytest.mark.parametrize("service", source.SERVICE_NAMES)
def test_staff_sign_in_with_the_provider_that_is_named_and_its_secret_is_in_no_file(service: str) -> None:
    given, name = told(service), service.upper()
    for part in ("SIGN_IN_ISSUER", "PUBLIC_URL"):
        assert given[f"{name}_{part}"].startswith("https://")
    assert given[f"{name}_SIGN_IN_CLIENT_ID"]
    assert f"{name}_SIGN_IN_CLIENT_SECRET" not in given
    assert given[f"{name}_TRUSTED_PROXIES"], "behind an ingress all people would share one address"
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    (row,) = [line for line in readme.splitlines() if line.strip().startswith(f"| `{service}-settings`")]
    assert "_SIGN_IN_CLIENT_SECRET`" in row
    (copied,) = [line for line in readme.splitlines() if "grep -iE" in line]
    assert "SIGN_IN_CLIENT_SECRET" in copied


def test_the_web_reaches_the_provider_of_accounts_and_people_reach_the_pages() -> None:
    policies = {each["metadata"]["name"]: each["spec"] for each in of_kind("NetworkPolicy")}
    assert policies["web-to-sign-in"]["egress"] == [{"ports": [{"port": 443}]}]
    assert policies["web-to-sign-in"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "web"
    (ingress,) = of_kind("Ingress")
    paths = {
        rule["host"]: {each["path"] for each in rule["http"]["paths"]} for rule in ingress["spec"]["rules"]
    }
    assert paths["referrals.council.example"] == paths["panels.council.example"] == {"/"}
    assert {"/", "/f", "/sign-in", "/sign-out", "/sessions", "/assets", "/favicon.ico"} <= paths[
        "send.council.example"
    ]
    assert not any("api" in path or "metrics" in path for path in paths["send.council.example"])


def test_our_pods_can_write_nothing_and_become_nobody_else() -> None:
    for _, deployment in pods():
        spec = deployment["spec"]["template"]["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        for container in containers(deployment):
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] is True
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]


def test_a_container_of_panels_holds_the_service_and_all_that_its_planner_may_use() -> None:
    planner = int(told("panels")["PANELS_PLANNER_MEGABYTES"])
    (kustomization,) = documents(FOLDER / "panels/kustomization.yaml")
    limits = {
        patch["target"].get("name"): int(each["value"].removesuffix("Mi")) * 2**20 / 1e6
        for patch in kustomization["patches"]
        if "patch" in patch
        for each in YAML(typ="safe").load(patch["patch"])
        if each["path"].endswith("limits/memory")
    }
    service, document = 160, 80  # megabytes
    assert limits["worker"] > service + planner
    assert limits["web"] > service + planner + document


def test_a_pod_is_asked_how_it_is_and_has_more_time_to_end_than_it_takes() -> None:
    takes = ServiceSettings.model_fields["shutdown_seconds"].default
    for _, deployment in pods():
        spec = deployment["spec"]["template"]["spec"]
        container = spec["containers"][0]
        assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
        assert container["livenessProbe"]["httpGet"]["path"] == "/health/live"
        assert spec["terminationGracePeriodSeconds"] > takes + 5


def test_workers_are_never_more_than_a_topic_has_partitions() -> None:
    (scaling,) = of_kind("ScaledObject")
    assert scaling["spec"]["maxReplicaCount"] <= min(topic.partitions for topic in load_topics())


def test_a_database_takes_the_image_of_its_operator_and_no_registry_is_named() -> None:
    assert [database for database in of_kind("Cluster") if "imageName" in database["spec"]] == []


def test_an_acknowledged_fact_survives_the_loss_of_a_machine() -> None:
    for database in of_kind("Cluster"):
        assert database["spec"]["instances"] == 3
        assert database["spec"]["postgresql"]["synchronous"]["dataDurability"] == "required"
    (kafka,) = of_kind("Kafka")
    assert kafka["spec"]["kafka"]["config"]["min.insync.replicas"] == 2
    assert kafka["spec"]["kafka"]["config"]["unclean.leader.election.enable"] is False


def test_nobody_talks_to_anybody_but_for_what_is_named() -> None:
    policies = {each["metadata"]["name"]: each["spec"] for each in of_kind("NetworkPolicy")}
    assert policies["nobody"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    providers = policies["notifications-to-providers"]
    assert providers["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "notifications"}
    assert providers["egress"] == [{"ports": [{"port": 587}, {"port": 465}, {"port": 443}]}]
    for service in source.SERVICE_NAMES:
        (rule,) = policies[f"{service}-to-its-database"]["egress"]
        assert rule["to"] == [{"podSelector": {"matchLabels": {"cnpg.io/cluster": f"{service}-database"}}}]


def test_the_brokers_reach_each_other_and_their_operators_reach_them_and_the_api_server() -> None:
    """Strimzi's own policies say who may come in. Where its pods may go is said nowhere but here."""
    policies = {each["metadata"]["name"]: each["spec"] for each in of_kind("NetworkPolicy")}
    every_pod = {"matchLabels": {"strimzi.io/cluster": "kafka"}}
    among = policies["kafka-to-kafka"]
    assert among["podSelector"] == every_pod
    assert among["egress"] == [
        {"to": [{"podSelector": every_pod}], "ports": [{"port": 9090}, {"port": 9091}]}
    ]
    operators = policies["kafka-operators-to-the-api-server"]
    assert operators["podSelector"]["matchLabels"] == {"strimzi.io/name": "kafka-entity-operator"}
    assert operators["egress"] == [{"ports": [{"port": 443}, {"port": 6443}]}]


def test_the_manifests_hold_no_secret() -> None:
    assert list(of_kind("Secret")) == []


# --- built ---


def test_kustomize_builds_an_installation_that_names_only_what_exists() -> None:
    if which("kubectl") is None:
        pytest.skip("kubectl is not installed: the manifests were not built, only read")
    done = subprocess.run(
        ["kubectl", "kustomize", str(FOLDER / "example")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    built = [each for each in YAML(typ="safe").load_all(done.stdout) if each]
    deployments = {each["metadata"]["name"] for each in built if each["kind"] == "Deployment"}
    assert deployments == {f"{s}-{part}" for s in source.SERVICE_NAMES for part in ("web", "worker")}
    scaled = {each["spec"]["scaleTargetRef"]["name"] for each in built if each["kind"] == "ScaledObject"}
    assert scaled == {f"{s}-worker" for s in source.SERVICE_NAMES}
    assert "set-by-" not in done.stdout, "a place that each service or installation fills in was left"
