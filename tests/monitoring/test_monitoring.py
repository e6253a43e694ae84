"""What is watched exists: each rule and each graph asks for metrics that the services export, and can be read."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
from ruamel.yaml import YAML

from chassis import metrics
from deploy.monitoring.__main__ import main
from deploy.monitoring.dashboards import DASHBOARDS, FOLDER, written

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "deploy/monitoring"
RUNBOOK = ROOT / "docs/operations.md"
#: Prometheus' own.
OWN = {"up"}
#: What Grafana fills in, as a query needs it to be read.
_FILLED = {"$__rate_interval": "5m", "$job": "panels"}


def rules() -> list[dict[str, Any]]:
    groups = YAML(typ="safe").load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def exported() -> set[str]:
    """The name of every series that a service exports: of a histogram its three."""
    names = set()
    for family in metrics.REGISTRY.collect():
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(
            family.type, ("",)
        )
        names |= {family.name + suffix for suffix in suffixes}
    return names


def asked(query: str) -> Iterator[promql_parser.VectorSelector]:
    """Every selector of a query. Raises ValueError where it cannot be read."""
    for variable, value in _FILLED.items():
        query = query.replace(variable, value)
    found: list[promql_parser.VectorSelector] = []

    def look(node: Any) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)
        elif isinstance(node, promql_parser.MatrixSelector):
            found.append(node.vector_selector)

    promql_parser.walk(promql_parser.parse(query), look)
    assert found, f"{query} asks for nothing"
    return iter(found)


QUERIES = [(f"alert {rule['alert']}", rule["expr"]) for rule in rules()] + [
    (f"{page.title}: {panel.title}", expr)
    for page in DASHBOARDS
    for panel in page.panels
    for expr, _ in panel.queries
]


@pytest.mark.parametrize(("where", "query"), QUERIES, ids=[where for where, _ in QUERIES])
def test_a_query_can_be_read_and_asks_for_what_a_service_exports(where: str, query: str) -> None:
    assert {selector.name for selector in asked(query)} - exported() - OWN == set()


def labels() -> dict[str, set[str]]:
    """The labels that each series of ours has, besides those that Prometheus adds."""
    found: dict[str, set[str]] = {}
    for collector in set(metrics.REGISTRY._names_to_collectors.values()):
        if hasattr(collector, "_labelnames"):
            for described in collector.collect():
                for suffix in ("", "_total", "_bucket", "_sum", "_count"):
                    found[described.name + suffix] = {*collector._labelnames, "le"}
    return found


@pytest.mark.parametrize(("where", "query"), QUERIES, ids=[where for where, _ in QUERIES])
def test_a_query_selects_by_labels_that_its_metric_has(where: str, query: str) -> None:
    known = labels()
    for selector in asked(query):
        named = {matcher.name for matcher in selector.matchers.matchers}
        assert named <= known.get(str(selector.name), set()) | {"job", "instance"}


def test_a_query_for_a_metric_that_nobody_exports_would_be_found() -> None:
    assert {selector.name for selector in asked("sum(fingerpost_nonsense) > 0")} - exported()
    with pytest.raises(ValueError, match=r"."):
        list(asked("sum by (("))


def test_each_alert_has_a_section_in_the_runbook_and_each_section_its_alert() -> None:
    sections = re.findall(r"^### (\w+)$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(sections) == sorted(rule["alert"] for rule in rules())


def test_each_alert_says_how_urgent_it_is_and_what_is_wrong() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
        assert len(rule["annotations"]["summary"]) > 20, rule["alert"]


def test_an_alert_that_waits_goes_by_no_label_that_may_change_while_the_trouble_lasts() -> None:
    for rule in rules():
        if "for" in rule:
            grouped = re.findall(r"by \(([^)]*)\)", rule["expr"])
            assert "reason" not in ", ".join(grouped), rule["alert"]


def test_the_dashboards_are_those_of_their_description(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out
    assert {path.name for path in FOLDER.glob("*.json")} == set(written())


def test_a_dashboard_has_what_grafana_asks_for_and_no_two_graphs_lie_over_each_other() -> None:
    for text in written().values():
        page = json.loads(text)
        assert {"uid", "title", "schemaVersion", "panels", "templating", "time"} <= set(page)
        assert len({panel["id"] for panel in page["panels"]}) == len(page["panels"])
        places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in page["panels"]}
        assert len(places) == len(page["panels"])
        variables = {f"${{{each['name']}}}" for each in page["templating"]["list"]}
        for panel in page["panels"]:
            assert panel["targets"]
            assert panel["datasource"]["uid"] in variables


@pytest.mark.parametrize(
    "command",
    [("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")],
    ids=["rules", "tests of rules"],
)
def test_promtool_accepts_the_rules_where_it_is_installed(command: tuple[str, ...]) -> None:
    tool = shutil.which("promtool")
    if tool is None:
        return  # make check says so; the queries were read above all the same
    done = subprocess.run([tool, *command], cwd=MONITORING, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
