"""What every route shares: who asks, for which referral, and that the same request is done once."""

from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request
from pydantic import BaseModel

from chassis import telemetry
from chassis.runner import Once
from chassis.service import Running
from chassis.storage import Connection
from chassis.web.auth import Caller, require
from chassis.web.keys import Key
from chassis.web.problems import Problem
from services.referrals import storage
from services.referrals.domain.commands import OnReferral
from services.referrals.domain.identity import read_reference
from services.referrals.domain.referral import Referral
from services.referrals.domain.work.moving import ChangedMeanwhile
from services.referrals.domain.work.saying import what_happened

Reading = Annotated[Caller, Depends(require("referrals:read"))]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request to do something: whose it is, its key, and its body as it came."""

    caller: Caller
    key: str | None
    body: bytes

    def once(self, what: str) -> Once | None:
        """The request as one that is done once; None where its sender gave no key."""
        return Once(f"{what}:{self.caller.name}", self.key, self.body) if self.key else None


def says(model: type[BaseModel], status: int = 200) -> dict[int | str, dict[str, Any]]:
    """What a route answers, for the OpenAPI document: told, and not checked at each request."""
    return {status: {"model": model}}


class _Asking:
    def __init__(self, *scopes: str) -> None:
        self._scopes = scopes

    async def __call__(
        self, request: Request, caller: Annotated[Caller, Depends(require(None))], key: Key = None
    ) -> Asked:
        if caller.scopes.isdisjoint(self._scopes):
            raise Problem(
                403, "scope-missing", f"This needs a token with the scope {' or '.join(self._scopes)}."
            )
        return Asked(caller, key, await request.body())


Team = Annotated[Asked, Depends(_Asking("referrals:work"))]
School = Annotated[Asked, Depends(_Asking("referrals:submit"))]
Either = Annotated[Asked, Depends(_Asking("referrals:work", "referrals:submit"))]


class Act(Protocol):
    """A body that says what is to be done with a referral."""

    def command(self, referral: Referral, by: str) -> OnReferral:
        """The command of somebody."""
        ...


async def act(running: Running, reference: str, what: str, body: Act, asked: Asked) -> Any:
    """Does with a referral what the body says, once. Raises Problem, Refused."""
    async with running.pool.acquire() as conn:
        referral = await visible(conn, asked.caller, reference)
    command = body.command(referral, asked.caller.name)
    return await run(running, command, asked.once(f"{what}:{referral.id}"))


async def run(running: Running, command: object, once: Once | None) -> Any:
    """What a command was answered. Raises Refused; Problem 409 where somebody else was quicker."""
    try:
        return await running.runner.command(
            command,
            once=once,
            correlation=telemetry.correlation(),
            traceparent=telemetry.current_traceparent(),
        )
    except ChangedMeanwhile as refused:
        raise overtaken(refused) from None


def overtaken(refused: ChangedMeanwhile) -> Problem:
    """The answer to the second of two: every step since the version that they saw."""
    since = [{"field": "seen", "code": step.what, "message": what_happened(step)} for step in refused.steps]
    return Problem(409, refused.code, refused.detail, errors=since)


async def visible(conn: Connection, caller: Caller, reference: str) -> Referral:
    """The referral, if this caller may see it. Raises Problem 404 otherwise: nobody learns that it exists.

    A restricted one opens to people who are named, and so to no program.
    """
    referral = await storage.by_reference(conn, standard(reference))
    if (
        referral is None
        or not caller.covers(referral.urn)
        or await storage.staff.is_restricted(conn, referral.id)
    ):
        raise Problem(404, "referral-unknown", "There is no referral with this reference among yours.")
    return referral


def standard(text: str) -> str:
    """A reference in its standard writing. Raises Problem 404 where it cannot be one."""
    reference = read_reference(text)
    if reference is None:
        raise Problem(
            404,
            "reference-mistyped",
            "This is not a reference: it has 12 characters, and one of them seems mistyped. Check it.",
        )
    return reference
