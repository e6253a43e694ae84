"""The services' HTTP APIs as their users call them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2

from deploy.local.services import Town


class Unexpected(Exception):
    """A service answered otherwise than its documentation says; the text has the call and the answer."""


class Api:
    """Calls on behalf of one caller."""

    def __init__(self, town: Town, client: httpx2.AsyncClient, caller: str) -> None:
        """``caller`` names the token (see deploy.local.credentials)."""
        self._town, self._client, self._headers = town, client, town.headers(caller)

    async def get(self, service: str, path: str) -> dict[str, Any]:
        """What is at ``path``. Raises Unexpected."""
        answer = await self._client.get(self._url(service, path), headers=self._headers)
        return self._read(answer, path)

    async def post(
        self, service: str, path: str, body: dict[str, Any], refusals: tuple[str, ...] = ()
    ) -> dict[str, Any] | None:
        """The answer; None where the service refuses with one of the codes in ``refusals``. Raises Unexpected."""
        answer = await self._client.post(self._url(service, path), json=body, headers=self._headers)
        if answer.status_code == 409 and answer.json().get("code") in refusals:
            return None
        return self._read(answer, path)

    async def cases(self, states: str) -> AsyncIterator[dict[str, Any]]:
        """Every case in one of these states, page by page."""
        path: str | None = f"/api/cases?state={states}&limit=200"
        while path:
            page = await self.get("panels", path)
            for case in page["cases"]:
                yield case
            path = page["next"]

    def _url(self, service: str, path: str) -> str:
        return f"{self._town.services[service].url}{path}"

    def _read(self, answer: httpx2.Response, path: str) -> dict[str, Any]:
        if not answer.is_success:
            raise Unexpected(f"{path} answered {answer.status_code}: {answer.text[:500]}")
        read: dict[str, Any] = answer.json()
        return read
