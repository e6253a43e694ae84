"""Bearer tokens with scopes: ``caller: Annotated[Caller, Depends(require("orders:read"))]`` on every route.

Only SHA-256 digests of tokens are kept; a token is looked up by its digest, so that the time of the answer
says nothing about how much of a guess was right.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.openapi.models import HTTPBearer as HTTPBearerModel
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.security.base import SecurityBase
from starlette.routing import BaseRoute

from chassis.settings import TokenGrant
from chassis.web.people import SignedIn
from chassis.web.problems import Problem


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the name of their token, what it allows, the owners it is limited to (or None)."""

    name: str
    scopes: frozenset[str]
    owners: frozenset[str] | None = None

    @property
    def who(self) -> str:
        """How the record of reads names them."""
        return self.name

    def covers(self, owner: str) -> bool:
        """Whether the caller may touch what belongs to this owner."""
        return self.owners is None or owner in self.owners


class TokenBook(Protocol):
    """Tokens that are made and revoked while the service runs."""

    async def find(self, sha256: str) -> Caller | None:
        """The caller whose token has this SHA-256 (64 hex digits), or None: not known, run out or revoked."""


def callers(grants: Iterable[TokenGrant]) -> Mapping[str, Caller]:
    """The callers by the SHA-256 of their token, for ``app.state.callers``."""
    return {grant.sha256: Caller(grant.name, grant.scopes, grant.owners) for grant in grants}


class Require(SecurityBase):
    """The dependency that `require` makes; it also documents the route's scope in OpenAPI."""

    def __init__(self, scope: str | None) -> None:
        self.scope = scope
        self.scheme_name = "bearer"
        self.model = HTTPBearerModel(description="A token given by the operator; each route names its scope.")

    async def __call__(self, request: Request) -> Caller:
        """The caller. Raises Problem 401 without a known token, 403 where it lacks the scope."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthorised("Send a token in the header Authorization: Bearer …", "")
        known: Mapping[str, Caller] = request.app.state.callers
        digest = hashlib.sha256(token.strip().encode()).hexdigest()
        caller = known.get(digest) or await _made(request, digest)
        if caller is None:
            raise _unauthorised("This token is not known here.", ' error="invalid_token"')
        request.state.caller = caller.name
        if self.scope is not None and self.scope not in caller.scopes:
            raise Problem(403, "scope-missing", f"This needs a token with the scope {self.scope}.")
        return caller


async def _made(request: Request, digest: str) -> Caller | None:
    book: TokenBook | None = getattr(request.app.state, "token_book", None)
    return await book.find(digest) if book else None


@lru_cache
def require(scope: str | None) -> Require:
    """A dependency that lets only callers with ``scope`` in, or with any known token where it is None."""
    return Require(scope)


def every_route_has_an_owner(app: FastAPI, open_paths: Collection[str]) -> None:
    """Assert that each route asks for a token or for a person, but for the paths named. For tests.

    Raises AssertionError that lists the routes without an owner, or open paths that do not exist.
    """
    routes = list(_routes(app.routes))
    orphans = sorted(path for path, dependant in routes if path not in open_paths and not asks_who(dependant))
    assert not orphans, f"these routes ask for nobody: {orphans}"
    unknown = sorted(set(open_paths) - {path for path, _ in routes})
    assert not unknown, f"these open paths are no routes: {unknown}"


def _routes(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, Dependant | None]]:
    for found in iter_route_contexts(routes):
        dependant = found.dependant if isinstance(found.original_route, APIRoute) else None
        yield found.path or "(a route without a path)", dependant


def asks_who(dependant: Dependant | None) -> bool:
    """Whether a route asks for a token or for somebody who has signed in."""
    return _asks_for(dependant, (Require, SignedIn))


def is_for_people(dependant: Dependant | None) -> bool:
    """Whether a route asks for somebody who has signed in."""
    return _asks_for(dependant, (SignedIn,))


def _asks_for(dependant: Dependant | None, kinds: tuple[type, ...]) -> bool:
    if dependant is None:
        return False
    return any(isinstance(sub.call, kinds) or _asks_for(sub, kinds) for sub in dependant.dependencies)


def _unauthorised(detail: str, why: str) -> Problem:
    return Problem(
        401, "token-missing", detail, headers={"WWW-Authenticate": f'Bearer realm="api",{why}'.rstrip(",")}
    )
