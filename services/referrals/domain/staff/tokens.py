"""Tokens of school systems: made for one school, shown once, kept as a digest, revoked when no longer needed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.decision import Decision, Kind, Refused
from schemas.submissions_v1 import Fault
from services.referrals.domain.book import Book

Scope = Literal["referrals:submit", "referrals:read"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


@dataclass(frozen=True, slots=True)
class MakeToken:
    """A school's system gets a token; ``sha256`` is the digest of it, in 64 hex digits."""

    token_id: str
    sha256: str = field(repr=False)
    name: str
    urn: str
    scopes: frozenset[str]
    by: str


@dataclass(frozen=True, slots=True)
class RevokeToken:
    """From now on nobody is let in with it."""

    token_id: str
    by: str


class ApiToken(BaseModel):
    """A token as it is kept: never itself."""

    model_config = ConfigDict(frozen=True)

    id: str
    sha256: str
    name: str
    urn: str
    scopes: frozenset[Scope]
    made_by: str
    made_at: AwareDatetime
    revoked_by: str | None = None
    revoked_at: AwareDatetime | None = None


API_TOKEN = Kind("api-token", ApiToken)


def make(book: Book, token: ApiToken | None, command: MakeToken, now: datetime) -> Decision[ApiToken]:
    """A token is made; answers its id. Raises Refused with every fault of what was asked for."""
    if token is not None:
        raise Refused("token-known", "This token has been made already: make another one.")
    faults = []
    if not 0 < len(command.name) <= 80 or not command.name.isprintable():
        faults.append(("name", "name-missing", "Name the system that will use it, in up to 80 letters."))
    if book.register.find(command.urn) is None:
        faults.append(("urn", "urn-unknown", "Choose a school of the register: write its URN, six digits."))
    if not command.scopes or not command.scopes <= set(SCOPES):
        faults.append(("scopes", "scopes-missing", "Choose what the token is for."))
    if faults:
        named = tuple(Fault(field=field, code=code, message=message) for field, code, message in faults)
        raise Refused("token-faulty", "Some of this cannot be right: each fault is named.", faults=named)
    made = ApiToken(
        id=command.token_id,
        sha256=command.sha256,
        name=command.name,
        urn=command.urn,
        scopes=frozenset(each for each in SCOPES if each in command.scopes),
        made_by=command.by,
        made_at=now,
    )
    return Decision(made, answer=made.id)


def revoke(token: ApiToken | None, command: RevokeToken, now: datetime) -> Decision[ApiToken]:
    """A token is revoked; done again it changes nothing. Raises Refused where there is none."""
    if token is None:
        raise Refused("token-unknown", "There is no such token: load the list again.")
    if token.revoked_at is not None:
        return Decision(answer="unchanged")
    gone = token.model_copy(update={"revoked_by": command.by, "revoked_at": now})
    return Decision(gone, answer="revoked")
