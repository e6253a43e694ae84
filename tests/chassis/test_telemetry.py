"""Nothing personal gets into a log line or a trace, and both carry the ids that join them."""

import json
import logging
import socket
from collections.abc import Iterator
from time import monotonic
from typing import Any

import asyncpg
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import BaseModel, ValidationError

from chassis import telemetry
from chassis.redaction import REDACTED, describe, mask

CANARIES = ("Canary", "canary@example.org", "07700 900123", "A801200001001", "AL1 3JQ")


@pytest.fixture
def exporter(capsys: pytest.CaptureFixture[str]) -> Iterator[InMemorySpanExporter]:
    """Logs and spans set up for a test; capsys comes first, so that the lines can be read."""
    spans = InMemorySpanExporter()
    telemetry.configure("shop", "INFO", exporter=spans)
    telemetry.bind(correlation=None)
    yield spans
    telemetry.bind(correlation=None)
    logging.root.handlers.clear()


Lines = Any


@pytest.fixture
def lines(exporter: InMemorySpanExporter, capsys: pytest.CaptureFixture[str]) -> Lines:
    def read() -> list[dict[str, Any]]:
        out = capsys.readouterr().out
        assert not any(canary in out for canary in CANARIES), out
        return [json.loads(line) for line in out.splitlines()]

    return read


log = telemetry.get_logger("shop.till")


def test_a_handler_that_a_library_gave_itself_does_not_write_past_the_redaction(
    capsys: pytest.CaptureFixture[str],
) -> None:
    library = logging.getLogger("a-library-with-its-own-handler")
    library.addHandler(logging.StreamHandler())
    library.propagate = False
    telemetry.configure("shop", "INFO")
    try:
        library.error("Canary: %s", "canary@example.org")
    finally:
        logging.root.handlers.clear()
    said = capsys.readouterr()
    assert "canary@example.org" not in said.err + said.out
    assert json.loads(said.out)["service"] == "shop"


def test_a_line_says_when_where_and_for_which_request(lines: Lines) -> None:
    telemetry.bind(correlation="abc-1")
    log.info("sold", pieces=3)
    (line,) = lines()
    assert line["event"] == "sold"
    assert (line["service"], line["module"], line["level"]) == ("shop", "shop.till", "info")
    assert (line["correlation"], line["pieces"]) == ("abc-1", 3)
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "key", ["name", "given_name", "email", "phone", "born", "upn", "address", "narrative", "body", "payload",
            "code", "token", "family-name", "Authorization", "detail", "home_address"]
)  # fmt: skip
def test_values_under_telling_names_are_left_out(lines: Lines, key: str) -> None:
    log.warning("seen", **{key: "Canary"}, inside={"deeper": [{key: "Canary"}]})
    (line,) = lines()
    assert line[key] == REDACTED


def test_status_and_reason_codes_stay_readable(lines: Lines) -> None:
    log.info(
        "answered", status=404, route="/f/{code}", topic="a.v1", id="0c0f9c9e-97c1-4c3f-8d7e-0123456789ab"
    )
    (line,) = lines()
    assert REDACTED not in json.dumps(line)


@pytest.mark.parametrize(
    "text",
    [
        "write to canary@example.org now",
        "call 07700 900123",
        "call +44 7700 900123",
        "call (01727) 123456 or 01727 123 456",
        "child A801200001001 of AL1 3JQ",
        "postgresql://user:Canary@db/x",
        "Authorization: Bearer Canary-token",
    ],
)
def test_what_looks_personal_is_masked_anywhere(text: str) -> None:
    masked = mask(text)
    assert REDACTED in masked
    assert not any(canary in masked for canary in (*CANARIES, "7700", "123456"))


@pytest.mark.parametrize(
    "text",
    [
        "0c0f9c9e-97c1-4c3f-8d7e-012345678901",
        "00-75f05c142b537802e4fb4e247e7955dc-dc445a50565f55ec-01",
        "2026-11-21T21:18:46.601593+00:00",
        "referrals.v1:11:4711000",
        "127.0.0.1:9092",
        "K7Q2-9XWD-3MPB",
    ],
)
def test_ids_instants_and_addresses_of_hosts_are_not_masked(text: str) -> None:
    assert mask(text) == text


class Form(BaseModel):
    born: int


def test_an_exception_is_told_by_its_class_and_place_only(lines: Lines) -> None:
    try:
        try:
            Form(born="Canary")
        except ValidationError as error:
            raise RuntimeError("Canary") from error
    except RuntimeError:
        log.exception("failed")
    (line,) = lines()
    assert line["exception"]["class"] == "builtins.RuntimeError"
    assert line["exception"]["cause"]["class"].endswith("ValidationError")
    assert line["exception"]["frames"][-1].startswith("tests/chassis/test_telemetry.py:")


def test_an_error_of_the_database_keeps_its_sqlstate() -> None:
    error = asyncpg.UniqueViolationError("Key (email)=(canary@example.org) already exists.")
    error.constraint_name = "person_pkey"
    assert describe(error)["sqlstate"] == "23505"
    assert describe(error)["constraint"] == "person_pkey"
    assert "canary" not in json.dumps(describe(error))


def test_a_group_of_errors_tells_each_class() -> None:
    told = describe(ExceptionGroup("Canary", [ValueError("Canary"), KeyError("Canary")]))
    assert [inner["class"] for inner in told["errors"]] == ["builtins.ValueError", "builtins.KeyError"]
    assert "Canary" not in json.dumps(told)


def test_a_library_s_line_keeps_topics_and_numbers_but_no_values(lines: Lines) -> None:
    library = logging.getLogger("aiokafka.consumer")
    library.warning("Lost %s partition %d at %s", "a.v1", 3, "127.0.0.1:9092")
    library.warning("Bad record %s of %s", {"given": "Canary"}, "Jane Canary")
    library.warning("mail to canary@example.org\nsecond line: Canary")
    first, second, third = lines()
    assert first["event"] == "Lost a.v1 partition 3 at 127.0.0.1:9092"
    assert first["module"] == "aiokafka.consumer"
    assert second["event"] == "Bad record dict of str"
    assert third["event"] == f"mail to {REDACTED}"


def test_a_library_s_line_about_an_exception_does_not_repeat_its_message(lines: Lines) -> None:
    try:
        raise ValueError("Canary is not a date")
    except ValueError as error:
        logging.getLogger("faststream").exception(f"ValueError: {error}")
    (line,) = lines()
    assert line["event"] == "ValueError: ValueError"
    assert line["exception"]["class"] == "builtins.ValueError"


def test_a_library_s_broken_line_is_still_a_line(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = [handler for handler in logging.root.handlers if "LogCapture" not in type(handler).__name__]
    monkeypatch.setattr(logging.root, "handlers", ours)
    logging.getLogger("x").warning("%s and %s", "only-one")
    assert lines()[0]["event"] == "s and s"


def test_the_server_s_access_lines_are_off_since_they_hold_paths(lines: Lines) -> None:
    logging.getLogger("uvicorn.access").warning("GET /f/Canary")
    assert lines() == []


def test_a_span_carries_the_trace_over_a_border(exporter: InMemorySpanExporter, lines: Lines) -> None:
    with telemetry.span("send", topic="a.v1"):
        carried = telemetry.current_traceparent()
        log.info("sent")
    assert telemetry.current_traceparent() is None
    with telemetry.span("receive", parent=carried):
        log.info("received")
    sent, received = exporter.get_finished_spans()
    assert carried is not None
    assert received.parent is not None
    assert sent.context is not None
    assert received.parent.span_id == sent.context.span_id
    assert [line["trace"] for line in lines()] == [carried.split("-")[1]] * 2


@pytest.mark.parametrize("parent", [None, "", "nonsense", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_a_traceparent_that_cannot_be_read_begins_a_new_trace(
    exporter: InMemorySpanExporter, parent: str | None
) -> None:
    with telemetry.span("receive", parent=parent):
        assert telemetry.current_traceparent() is not None
    assert exporter.get_finished_spans()[0].parent is None


def test_a_span_tells_no_values(exporter: InMemorySpanExporter) -> None:
    with (
        pytest.raises(ValueError, match="Canary"),
        telemetry.span("work", email="Canary", note="canary@example.org"),
    ):
        raise ValueError("Canary")
    (span,) = exporter.get_finished_spans()
    assert "anary" not in span.to_json()
    assert span.status.description == "ValueError"


def test_a_collector_that_accepts_and_says_nothing_does_not_keep_a_service_that_stops() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        telemetry.configure("shop", otlp_endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}/v1/traces")
        try:
            with telemetry.span("spoken"):
                pass
            began = monotonic()
            telemetry.shutdown()
            assert monotonic() - began < 5
        finally:
            telemetry.configure("shop")
            logging.root.handlers.clear()


def test_without_an_exporter_the_trace_is_carried_all_the_same() -> None:
    telemetry.configure("shop")
    with telemetry.span("one"):
        carried = telemetry.current_traceparent()
    assert carried is not None
    with telemetry.span("two", parent=carried):
        assert (telemetry.current_traceparent() or "").split("-")[1] == carried.split("-")[1]
    logging.root.handlers.clear()
