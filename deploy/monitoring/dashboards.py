"""Grafana's dashboards as data: what each panel is called, its unit and its queries."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "dashboards"
_SOURCE = {"type": "prometheus", "uid": "${source}"}
_WIDTH, _HEIGHT, _ACROSS = 8, 7, 3

#: A query and what its line is called.
Query = tuple[str, str]


def _rate(metric: str, by: str = "job", where: str = "") -> str:
    """How many a second, of the chosen services."""
    return f'sum by ({by}) (rate({metric}{{job=~"$job"{where}}}[$__rate_interval]))'


def _most(metric: str, by: str = "job", how: str = "max", where: str = "") -> str:
    """The greatest (or the sum) over processes, of the chosen services."""
    return f'{how} by ({by}) ({metric}{{job=~"$job"{where}}})'


def _within(metric: str, by: str = "job", where: str = "") -> str:
    """Seconds within which 99 of 100 were done."""
    return f"histogram_quantile(0.99, {_rate(metric + '_bucket', by + ', le', where)})"


_NOT_HEALTH = ', route!~"/health/.*"'
_MESSAGES = ', what="message"'


@dataclass(frozen=True, slots=True)
class Panel:
    """One graph. ``unit`` is Grafana's name of it: short, s, ops, bytes, percentunit."""

    title: str
    unit: str
    queries: Sequence[Query]
    about: str = ""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One page of graphs."""

    uid: str
    title: str
    panels: Sequence[Panel]


OVERVIEW = Dashboard(
    "fingerpost-overview",
    "Fingerpost: the road of a fact",
    (
        Panel("Answers", "short", [(_most("up", how="sum"), "{{job}}")], "Processes that answer"),
        Panel(
            "Waits to be published",
            "s",
            [(_most("fingerpost_outbox_oldest_seconds"), "{{job}}")],
            "The age of the oldest fact that Kafka has not got yet; over a minute somebody is called",
        ),
        Panel(
            "Waits to be applied",
            "short",
            [(_most("fingerpost_consumer_lag_records", how="sum"), "{{job}}")],
            "Records that Kafka has and the service has not read",
        ),
        Panel("Facts published", "ops", [(_rate("fingerpost_relayed_total"), "{{job}}")]),
        Panel(
            "Requests",
            "ops",
            [(_rate("fingerpost_http_seconds_count", "job, status", _NOT_HEALTH), "{{job}} {{status}}")],
        ),
        Panel(
            "Requests: 99 of 100 within",
            "s",
            [(_within("fingerpost_http_seconds", where=_NOT_HEALTH), "{{job}}")],
        ),
        Panel(
            "Transactions: 99 of 100 within",
            "s",
            [(_within("fingerpost_batch_seconds", "job, source"), "{{job}} {{source}}")],
        ),
        Panel(
            "Messages in a transaction, on average",
            "short",
            [
                (
                    _rate("fingerpost_batch_size_sum", "job, source")
                    + " / "
                    + _rate("fingerpost_batch_size_count", "job, source"),
                    "{{job}} {{source}}",
                )
            ],
            "More than one is what makes the road fast under load",
        ),
        Panel(
            "Dead letters",
            "short",
            [(_most("fingerpost_dead_letters_parked", "job, topic"), "{{job}} {{topic}}")],
        ),
        Panel(
            "What went wrong and is tried again",
            "ops",
            [
                (_rate("fingerpost_consumer_failures_total"), "{{job}} batches"),
                (_rate("fingerpost_relay_failures_total"), "{{job}} relay"),
                (_rate("fingerpost_collisions_total"), "{{job}} collisions"),
            ],
        ),
        Panel(
            "Alarms of order",
            "short",
            [
                (_most("fingerpost_forks_total", "job, topic", "sum"), "{{job}} {{topic}} forks"),
                (_most("fingerpost_gaps_total", "job, topic", "sum"), "{{job}} {{topic}} gaps"),
                (_most("fingerpost_parked_total", "job, topic", "sum"), "{{job}} {{topic}} parked"),
            ],
        ),
        Panel(
            "Stopped parts, and requests refused for want of room",
            "short",
            [
                (_most("fingerpost_stopped", "job, part, reason"), "{{job}} {{part}}: {{reason}}"),
                (_rate("fingerpost_shed_total", "job, what"), "{{job}} refused a second: {{what}}"),
            ],
        ),
        Panel("Dates not kept yet", "short", [(_most("fingerpost_due_work_overdue"), "{{job}}")]),
        Panel("Outbox", "short", [(_most("fingerpost_outbox_rows"), "{{job}}")], "Facts not published yet"),
        Panel(
            "Memory",
            "bytes",
            [(_most("process_resident_memory_bytes", "job, instance"), "{{job}} {{instance}}")],
        ),
        Panel(
            "Processor",
            "percentunit",
            [(_rate("process_cpu_seconds_total", "job, instance"), "{{job}} {{instance}}")],
        ),
    ),
)
MESSAGES = Dashboard(
    "fingerpost-messages",
    "Fingerpost: messages to families",
    (
        Panel(
            "Messages in hand",
            "short",
            [(_most("fingerpost_in_state", "state", where=_MESSAGES), "{{state}}")],
            "Held and failed ones wait for a person",
        ),
        Panel(
            "What became of messages",
            "ops",
            [(_rate("fingerpost_done_total", "outcome", _MESSAGES), "{{outcome}}")],
        ),
        Panel(
            "The mail server: 99 of 100 within",
            "s",
            [(_within("fingerpost_outside_seconds", "outcome"), "{{outcome}}")],
        ),
    ),
)
DASHBOARDS = (OVERVIEW, MESSAGES)


def written() -> dict[str, str]:
    """The files' contents by name."""
    return {f"{one.uid}.json": json.dumps(_dashboard(one), indent=1) + "\n" for one in DASHBOARDS}


def _dashboard(one: Dashboard) -> dict[str, Any]:
    return {
        "uid": one.uid,
        "title": one.title,
        "tags": ["fingerpost"],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "Europe/London",
        "templating": {"list": [_source(), _job()]},
        "panels": [_panel(number, panel) for number, panel in enumerate(one.panels)],
    }


def _source() -> dict[str, Any]:
    return {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus", "hide": 0}


def _job() -> dict[str, Any]:
    query = "label_values(fingerpost_outbox_rows, job)"
    return {
        "name": "job",
        "label": "Service",
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": query, "refId": "job"},
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": "referrals|panels|notifications",
        "current": {"text": "All", "value": "$__all"},
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    row, column = divmod(number, _ACROSS)
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.about,
        "datasource": _SOURCE,
        "gridPos": {"x": column * _WIDTH, "y": row * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True}},
        "targets": [
            {"refId": chr(ord("A") + n), "datasource": _SOURCE, "expr": expr, "legendFormat": legend}
            for n, (expr, legend) in enumerate(panel.queries)
        ],
    }
