"""Tokens, key rings and key pairs for one run of the services: random, made anew each time, never stored."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc.jwk import ECKey

from schemas.services import SERVICES
from schemas.topics import ALL, REFERRAL_SUBMISSIONS, Topic

#: Who calls the services, and what each may do. ``school:<URN>`` may besides send for that one school.
SCOPES: Mapping[str, tuple[str, ...]] = {
    "school": ("referrals:submit", "referrals:read"),
    "team": ("referrals:read", "referrals:work"),
    "co-ordinator": ("referrals:read", "referrals:statutory", "panels:read", "panels:coordinate"),
    "officer": ("panels:read", "panels:decide"),
    "operator": ("notifications:operate", "ops:metrics"),
    "notify": ("notifications:receipts",),
    "driver": ("clock:step",),
}
#: The ring that wraps the keys of uploaded files, and the service that keeps them.
_FILES, _FILES_OF = "evidence", "referrals"
#: Scopes that every service knows.
_EVERYWHERE = ("ops", "clock")


@dataclass(frozen=True)
class Credentials:
    """All secrets of one run.

    ``tokens`` are bearer tokens by the caller's name, ``senders`` the signing keys of school systems by their
    ``ce_source``, ``recipient`` the key pair for which they seal.
    """

    tokens: Mapping[str, str]
    urns: Mapping[str, frozenset[str]]
    senders: Mapping[str, ECKey]
    recipient: ECKey
    rings: Mapping[str, Any]
    identity_secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    def tokens_of(self, service: str) -> str:
        """The setting ``…_TOKENS`` of a service: only what it is asked for by these callers, as digests."""
        granted = []
        for name, token in self.tokens.items():
            scopes = [scope for scope in SCOPES[name.partition(":")[0]] if _concerns(scope, service)]
            if scopes:
                limit = [name.partition(":")[2]] if ":" in name else None
                digest = hashlib.sha256(token.encode()).hexdigest()
                granted.append({"name": name, "sha256": digest, "scopes": scopes, "owners": limit})
        return json.dumps(granted)

    def rings_of(self, service: str) -> str:
        """The setting ``…_KEYRINGS`` of a service: the topics that it writes or reads, and its files; no other."""
        conversation = SERVICES[service]
        names = {topic.name for topic in (*conversation.says, *conversation.hears) if _has_ring(topic)}
        names |= {_FILES} if service == _FILES_OF else set()
        return json.dumps({name: self.rings[name] for name in sorted(names)})

    def submission_keys(self) -> str:
        """The setting ``REFERRALS_SUBMISSION_KEYS``."""
        return json.dumps([self.recipient.as_dict(private=True)])

    def registered_senders(self) -> str:
        """The setting ``REFERRALS_SENDERS``: public keys only."""
        return json.dumps(
            [
                {
                    "name": source,
                    "source": source,
                    "urns": sorted(self.urns[source]),
                    "key": key.as_dict(private=False),
                }
                for source, key in self.senders.items()
            ]
        )


def make_credentials(school_urns: Iterable[str], senders: Mapping[str, Iterable[str]]) -> Credentials:
    """Fresh secrets. ``senders`` are the school systems by ``ce_source``, each with its establishments' URNs."""
    callers = [*SCOPES, *(f"school:{urn}" for urn in school_urns)]
    return Credentials(
        tokens={name: secrets.token_urlsafe(32) for name in callers},
        urns={source: frozenset(urns) for source, urns in senders.items()},
        senders={source: _key_pair(f"sender-{n}") for n, source in enumerate(senders, 1)},
        recipient=_key_pair("submissions-1"),
        rings={
            name: [{"kid": "k1", "k": _random_key()}]
            for name in (*(topic.name for topic in ALL if _has_ring(topic)), _FILES)
        },
    )


def _concerns(scope: str, service: str) -> bool:
    area = scope.partition(":")[0]
    return area == service or area in _EVERYWHERE


def _has_ring(topic: Topic) -> bool:
    return topic.sealed and topic is not REFERRAL_SUBMISSIONS


def _key_pair(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid}, private=True)


def _random_key() -> str:
    return urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
