"""The secret links by which schools answer: made here, told once, and kept only as a hash."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from chassis.service import Running
from services.panels.domain.placing.placement import Placement

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True, slots=True)
class SecretLink:
    """A link, and what is kept of it."""

    url: str
    sha256: str

    def given(self, answer: dict[str, Any]) -> dict[str, Any]:
        """What a program is answered: the link, unless the answer is of an earlier call with another link."""
        said = dict(answer)
        return said | {"link": self.url if said.pop("link_sha256") == self.sha256 else None}


def new_link(running: Running, request: Request) -> SecretLink:
    """A link that nobody was given before."""
    token = secrets.token_urlsafe(16)
    base = running.settings.public_url or str(request.base_url)
    return SecretLink(f"{base.rstrip('/')}/consultations/{token}", sha256_of(token))


def whose(placement: Placement) -> dict[str, str]:
    """Of whom a link will let somebody read, as the commands about links take it."""
    return {"referral_id": placement.referral_id, "child_id": placement.child_id}


def is_token(text: str) -> bool:
    """Whether this is written as our tokens are."""
    return _TOKEN.fullmatch(text) is not None


def sha256_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
