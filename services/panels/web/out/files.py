"""Answers that a browser keeps as a file."""

from collections.abc import AsyncIterator

from fastapi import Response
from fastapi.responses import StreamingResponse

PDF = "application/pdf"
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CALENDAR = "text/calendar; charset=utf-8"


def download(content: bytes, name: str, kind: str) -> Response:
    """A file that browsers save under this name."""
    return Response(content, 200, _named(name), kind)


def streamed(parts: AsyncIterator[bytes], name: str, kind: str) -> Response:
    """As `download`, of a file that is made while it is sent."""
    return StreamingResponse(parts, 200, _named(name), kind)


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
