"""Logs and traces, which hold no personal data (`chassis.redaction`).

Logs are JSON lines on standard output with the correlation id and the trace id; those of libraries too.
"""

import io
import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TextIO, cast

from chassis.lean import without_rich

with without_rich():
    import structlog
from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chassis.redaction import describe, redacted

Line = MutableMapping[str, Any]

_HARMLESS_ARGUMENT = re.compile(r"[A-Za-z0-9._:/\[\],-]{1,120}")
_propagator = TraceContextTextMapPropagator()
_ids = RandomIdGenerator()
_RANDOM = trace.TraceFlags.RANDOM_TRACE_ID
_provider = TracerProvider(shutdown_on_exit=False)
_tracer = _provider.get_tracer("fingerpost")
_exports = False


def configure(
    service: str, level: str = "INFO", otlp_endpoint: str | None = None, exporter: SpanExporter | None = None
) -> None:
    """Set up logs and traces for the process, once at start-up; a second call replaces the first.

    Spans go to ``otlp_endpoint`` (OTLP over HTTP), or to ``exporter`` at once (for tests); with neither,
    trace ids are still made and carried, and nothing is exported.
    """
    _configure_logs(service, level)
    global _provider, _tracer, _exports
    _provider.shutdown()
    _exports = bool(otlp_endpoint or exporter)
    resource = Resource.create({"service.name": service})
    _provider = TracerProvider(sampler=ALWAYS_ON, resource=resource, shutdown_on_exit=False)
    if exporter is not None:
        _provider.add_span_processor(SimpleSpanProcessor(exporter))
    elif otlp_endpoint:
        _provider.add_span_processor(BatchSpanProcessor(_exporter_to(otlp_endpoint)))
    _tracer = _provider.get_tracer("fingerpost")


def _exporter_to(endpoint: str) -> SpanExporter:
    # Its protocol buffers take a sixth of a second to load: only where there is a collector.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(endpoint=endpoint)


def shutdown() -> None:
    """Export what spans are left; at most a few seconds."""
    _provider.shutdown()


def get_logger(module: str) -> Any:
    """A logger of our own: ``log.info("batch_applied", records=12)``; the event is a constant."""
    return structlog.get_logger(module=module)


# -- correlation -----------------------------------------------------------------------------------------


def bind(**values: str | None) -> None:
    """Add values to every log line of this task, such as ``correlation``; None takes one away."""
    structlog.contextvars.unbind_contextvars(*values)
    structlog.contextvars.bind_contextvars(
        **{key: value for key, value in values.items() if value is not None}
    )


def correlation() -> str | None:
    """The correlation id of this task, if it has one."""
    found = structlog.contextvars.get_contextvars().get("correlation")
    return None if found is None else str(found)


# -- traces ----------------------------------------------------------------------------------------------


def span(
    name: str,
    parent: str | None = None,
    kind: SpanKind = SpanKind.INTERNAL,
    **attributes: str | int | float | bool,
) -> AbstractContextManager[trace.Span]:
    """A span, under the W3C ``traceparent`` given or else under the present one.

    A failure is recorded by its class alone.
    """
    context = _propagator.extract({"traceparent": parent}) if parent else None
    if not _exports:
        return _Unseen(context)
    return _recorded(name, context, kind, redacted(attributes))


@contextmanager
def _recorded(
    name: str, context: Context | None, kind: SpanKind, attributes: dict[str, Any]
) -> Iterator[trace.Span]:
    with _tracer.start_as_current_span(
        name, context, kind, attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except BaseException as error:
            current.set_status(trace.StatusCode.ERROR, type(error).__name__)
            raise


class _Unseen:
    """A span that goes nowhere: its ids are made and handed on all the same, at a fifth of the SDK's cost."""

    __slots__ = ("_context", "_token")

    def __init__(self, context: Context | None) -> None:
        self._context = context

    def __enter__(self) -> trace.Span:
        above = trace.get_current_span(self._context).get_span_context()
        known = above.is_valid
        own = trace.NonRecordingSpan(
            trace.SpanContext(
                above.trace_id if known else _ids.generate_trace_id(),
                _ids.generate_span_id(),
                is_remote=False,
                trace_flags=trace.TraceFlags(above.trace_flags & _RANDOM if known else _RANDOM),
                trace_state=above.trace_state if known else None,
            )
        )
        self._token = attach(trace.set_span_in_context(own, self._context))
        return own

    def __exit__(self, *failure: object) -> None:
        detach(self._token)


def current_traceparent() -> str | None:
    """The present span as a W3C ``traceparent``, to be carried in a header; None outside any span."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


# -- the set-up of logging -------------------------------------------------------------------------------


class _StandardOutput(io.TextIOBase):
    """Whatever standard output is at the moment of writing."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


_ENCODER = json.JSONEncoder()
_service, _level = "", logging.INFO
_OUT = _StandardOutput()


def _configure_logs(service: str, level: str) -> None:
    global _service, _level
    _service, _level = service, logging.getLevelName(level)
    structlog.configure(
        processors=[_loud_enough, *_COMMON, _as_json],
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, _OUT)),
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        cache_logger_on_first_use=True,  # a third of a line's cost; what a second call changes is not in the logger
    )
    handler = logging.StreamHandler(_OUT)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_tame, *_COMMON],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _as_json,
            ],
            use_get_message=False,
            pass_foreign_args=True,
        )
    )
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(max(logging.getLevelName(level), logging.WARNING))
    # Some libraries gave themselves a handler when they were imported, which would write past the redaction.
    for library in list(logging.root.manager.loggerDict.values()):
        if isinstance(library, logging.Logger) and library.handlers:
            library.handlers.clear()
            library.propagate = True
            library.setLevel(logging.NOTSET)
    logging.getLogger("uvicorn.access").disabled = True  # its lines hold raw paths


def _loud_enough(_: Any, level: str, line: Line) -> Line:
    if structlog.processors.NAME_TO_LEVEL[level] < _level:
        raise structlog.DropEvent
    return line


def _add_origin(_: Any, __: str, line: Line) -> Line:
    line["service"] = _service
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        line["trace"] = f"{context.trace_id:032x}"
    return line


def _as_json(_: Any, __: str, line: Line) -> str:
    return _ENCODER.encode(line)


def _redact(_: Any, __: str, line: Line) -> Line:
    failure = line.pop("exc_info", None)
    if failure is True:
        failure = sys.exc_info()
    error = failure[1] if isinstance(failure, tuple) else failure
    if error:
        line["exception"] = describe(error)
    line.pop("stack_info", None)
    return redacted(line)


_COMMON: list[Any] = [
    structlog.contextvars.merge_contextvars,
    _redact,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _add_origin,
]


def _tame(_: Any, level: str, line: Line) -> Line:
    """A library's line: its first line, harmless arguments filled in, the text of an exception taken out."""
    record: logging.LogRecord = line["_record"]
    arguments = line.pop("positional_args", ()) or ()
    event = str(line["event"])
    if arguments:
        try:
            event = event % _harmless(arguments)
        except (TypeError, ValueError, KeyError):
            event = event.replace("%", "")
    error = record.exc_info[1] if record.exc_info else None
    if error is not None and str(error):
        event = event.replace(str(error), type(error).__name__)
    line["event"] = event.split("\n", 1)[0][:300]
    line["module"] = record.name
    return line


def _harmless(arguments: Any) -> Any:
    if isinstance(arguments, Mapping):
        return {key: _harmless((value,))[0] for key, value in arguments.items()}
    return tuple(_harmless_one(value) for value in arguments)


def _harmless_one(value: Any) -> Any:
    """A number or a word such as a topic or an address of a host; of anything else only its class."""
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, str) and _HARMLESS_ARGUMENT.fullmatch(value):
        return value
    return type(value).__name__
