"""Bodies of JSON in which a name stands twice are refused: nobody can know which of the two values was meant."""

from collections.abc import Iterator

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.doubled import SENTENCE, Path, doubled
from chassis.web.problems import Problem, Unread, safe_path


class Single:
    """ASGI: looks at bodies of JSON of at most ``most`` bytes as they are read, whoever reads them.

    What is larger is another one's to refuse.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app, self._most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and "json" in Headers(scope=scope).get("content-type", "").lower():
            receive = _Looked(receive, self._most)
        await self._app(scope, receive, send)


class _Looked:
    """``receive`` that raises Unread at the end of such a body."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._left, self._body = receive, most, bytearray()

    async def __call__(self) -> Message:
        message = await self._receive()
        chunk: bytes = message.get("body", b"")
        self._left -= len(chunk)
        if self._left < 0:
            self._body.clear()
            return message
        self._body += chunk
        if message["type"] == "http.request" and not message.get("more_body", False):
            self._refuse(doubled(bytes(self._body)))
        return message

    def _refuse(self, found: list[Path]) -> None:
        if found:
            errors = list(_errors(found))
            raise Unread(
                Problem(422, "invalid", "Some fields are wrong; each is named in errors.", errors=errors)
            )


def _errors(found: list[Path]) -> Iterator[dict[str, str]]:
    for path in found:
        yield {"field": safe_path(path), "code": "repeated-field", "message": SENTENCE}
