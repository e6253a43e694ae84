"""Files that people send from a page: read as they come, never whole in memory and never on disk.

``async for part in parts(request)`` gives the parts of a multipart body in their order. The fields must stand before
the file, the session's token first of all: so a page from elsewhere is refused before its file is read.
"""

from collections import deque
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from chassis.web.forms import CSRF_FIELD, check_origin, check_token, keep_typed
from chassis.web.people import Person
from chassis.web.problems import Problem
from chassis.web.rates import rates_of

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_LONGEST_FIELD = 20_000  # bytes
_MOST_PARTS = 50
_MALFORMED = Problem(
    400, "malformed", "The upload was cut off or cannot be read. Load the page again and send it once more."
)


class Upload:
    """A file on its way. ``fields`` are those that stood before it."""

    def __init__(
        self,
        name: str,
        filename: str,
        fields: dict[str, str],
        chunks: AsyncIterator[bytes],
        reader: "_Reader | None" = None,
    ) -> None:
        self.name, self.filename, self.fields, self.chunks = name, filename, fields, chunks
        self._reader = reader

    async def another(self) -> "Upload | None":
        """The file after this one, which was read to its end; None where there is none. Raises Problem 400."""
        part = await self._reader.next_part() if self._reader else None
        if self._reader is None or part is None:
            return None
        name, filename = part
        return Upload(name, filename or "", self.fields, self._reader.rest(), self._reader)


async def received(request: Request, person: Person) -> Upload:
    """The fields of an upload and its file, which is read through ``chunks``.

    Raises Problem 403 where the post is not from a page of this session, 400 where it is no upload. Where no file
    was chosen its filename is empty.
    """
    check_origin(request)
    await rates_of(request).form(person.id)
    reader = _Reader(request, request.stream())
    fields: dict[str, str] = {}
    for _ in range(_MOST_PARTS):
        part = await reader.next_part()
        if part is None:
            break
        name, filename = part
        if filename is not None:
            _check_token(request, person, fields)
            return Upload(name, filename, fields, reader.rest(), reader)
        fields[name] = await reader.text()
    _check_token(request, person, fields)
    return Upload("", "", fields, _nothing())


def _check_token(request: Request, person: Person, fields: dict[str, str]) -> None:
    keep_typed(request, list(fields.items()))
    check_token(person, fields.get(CSRF_FIELD))


async def fields_before_file(request: Request, body: AsyncIterator[bytes]) -> dict[str, str]:
    """The fields of an upload that nobody takes: its file is never read. Raises Problem 400 where it is no upload."""
    reader, fields = _Reader(request, body), dict[str, str]()
    for _ in range(_MOST_PARTS):
        part = await reader.next_part()
        if part is None or part[1] is not None:
            break
        fields[part[0]] = await reader.text()
    return fields


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


class _Reader:
    """The parts of a multipart body, one after another."""

    def __init__(self, request: Request, body: AsyncIterator[bytes]) -> None:
        self._stream = body
        self._header = self._value = b""
        self._disposition = b""
        self._events: deque[tuple[str, bytes]] = deque()
        _, options = parse_options_header(request.headers.get("content-type", ""))
        if b"boundary" not in options:
            raise _MALFORMED
        self._parser = MultipartParser(options[b"boundary"], self._callbacks())

    def _callbacks(self) -> "MultipartCallbacks":
        return {
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": lambda data, start, end: self._events.append(("data", data[start:end])),
            "on_part_end": lambda: self._events.append(("end", b"")),
        }

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _on_headers_finished(self) -> None:
        self._events.append(("part", self._disposition))
        self._disposition = b""

    async def _event(self) -> tuple[str, bytes] | None:
        while not self._events:
            chunk = await anext(self._stream, None)
            if not chunk:
                return None
            try:
                self._parser.write(chunk)
            except MultipartParseError:
                raise _MALFORMED from None
        return self._events.popleft()

    async def next_part(self) -> tuple[str, str | None] | None:
        """The name of the next part and its filename, or None after the last."""
        event = await self._event()
        if event is None:
            return None
        _, options = parse_options_header(event[1])
        if event[0] != "part" or b"name" not in options:
            raise _MALFORMED
        filename = options.get(b"filename")
        return _text(options[b"name"]), None if filename is None else _text(filename)

    async def text(self) -> str:
        """The words of this part."""
        found = bytearray()
        async for chunk in self.rest():
            found += chunk
            if len(found) > _LONGEST_FIELD:
                raise _MALFORMED
        return _text(bytes(found)).replace("\r\n", "\n").strip()

    async def rest(self) -> AsyncIterator[bytes]:
        """What is left of this part. Raises Problem 400 where the body ends before it."""
        while (event := await self._event()) is not None:
            if event[0] == "end":
                return
            yield event[1]
        raise _MALFORMED


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace").replace("\0", "")
