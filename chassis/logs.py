"""Log lines: JSON on standard output with the correlation id and the trace id; those of libraries too.

No personal data is in them (`chassis.redaction`).
"""

import io
import json
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO, cast

from opentelemetry import trace

from chassis.lean import without_rich
from chassis.redaction import describe, redacted

with without_rich():
    import structlog

Line = MutableMapping[str, Any]

_HARMLESS_ARGUMENT = re.compile(r"[A-Za-z0-9._:/\[\],-]{1,120}")


class _StandardOutput(io.TextIOBase):
    """Whatever standard output is at the moment of writing."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


_ENCODER = json.JSONEncoder()
_service, _level = "", logging.INFO
_OUT = _StandardOutput()


def configure(service: str, level: str) -> None:
    """Sets up the log lines of the process, once at start-up; a second call replaces the first."""
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
