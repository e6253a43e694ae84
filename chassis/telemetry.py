"""Loggers, correlation ids and traces, which hold no personal data (`chassis.redaction`). Log lines: `chassis.logs`."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Thread
from typing import Any

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

from chassis import logs
from chassis.redaction import redacted

_propagator = TraceContextTextMapPropagator()
_ids = RandomIdGenerator()
_RANDOM = trace.TraceFlags.RANDOM_TRACE_ID
_provider = TracerProvider(shutdown_on_exit=False)
_tracer = _provider.get_tracer("fingerpost")
_exports = False
_SHUTDOWN_SECONDS = 2.0


def configure(
    service: str, level: str = "INFO", otlp_endpoint: str | None = None, exporter: SpanExporter | None = None
) -> None:
    """Set up logs and traces for the process, once at start-up; a second call replaces the first.

    Spans go to ``otlp_endpoint`` (OTLP over HTTP), or to ``exporter`` at once (for tests); with neither,
    trace ids are still made and carried, and nothing is exported.
    """
    logs.configure(service, level)
    global _provider, _tracer, _exports
    shutdown()
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
    """Export what spans are left. One that takes longer than two seconds is left to itself: it ends with the process.

    A collector that accepts and says nothing would keep us for half a minute.
    """
    exporting = Thread(target=_provider.shutdown, daemon=True)
    exporting.start()
    exporting.join(_SHUTDOWN_SECONDS)


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
