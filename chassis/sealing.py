"""Sealed values: JWE (RFC 7516) for our own topics, JWS inside JWE (RFC 7515) for what outsiders send.

Only the algorithms named here are ever accepted, whatever a token's header asks for. A token on a topic
carries the topic's name in its protected header, so that it cannot be moved to another topic unnoticed.
"""

import json
import os
from base64 import urlsafe_b64encode
from binascii import a2b_base64
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry
from joserfc.jwk import ECKey, OctKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

LARGEST = 1_400_000  # characters; joserfc's own 64 kB is less than one full set of papers
_TOPIC = {"topic": HeaderParameter("The topic that this value belongs to", "str")}
_RECORD = {"record": HeaderParameter("The record that this value belongs to", "str")}
_STANDARD = bytes.maketrans(b"-_", b"+/")  # what base64url writes in another way than base64
Key = TypeVar("Key")


class CannotOpen(Exception):
    """A sealed value cannot be opened or is not to be trusted. The text says why, without any content."""


class RingKey(BaseModel):
    """One symmetric key of a ring: its id, and 32 bytes in base64url."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kid: str = Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")
    k: SecretStr

    @field_validator("k")
    @classmethod
    def _thirty_two_bytes(cls, value: SecretStr) -> SecretStr:
        if len(_decoded(value.get_secret_value().encode())) != 32:
            raise ValueError("is not a key of 32 bytes")
        return value


class _Sealed(JWERegistry):
    max_ciphertext_length = LARGEST


class _Signed(JWSRegistry):
    max_payload_length = LARGEST


_RING = _Sealed(_TOPIC, ["dir", "A256GCM"])
_TO_US = _Sealed(None, ["ECDH-ES+A128KW", "A256GCM"])
_BY_THEM = _Signed(_RECORD, ["ES256"])


class _Lock:
    """One key on one topic. Its JWE header is always the same, so it is written and checked only once.

    What it makes is what joserfc makes of the same header; doing it here costs a tenth of the time.
    """

    def __init__(self, topic: str, kid: str, key: bytes) -> None:
        header = json.dumps(
            {"alg": "dir", "enc": "A256GCM", "kid": kid, "topic": topic}, separators=(",", ":")
        )
        self.header = _encoded(header.encode())
        self._cipher = AESGCM(key)

    def seal(self, value: bytes) -> bytes:
        nonce = os.urandom(12)
        sealed = self._cipher.encrypt(nonce, value, self.header)
        parts = (self.header, b"", _encoded(nonce), _encoded(sealed[:-16]), _encoded(sealed[-16:]))
        return b".".join(parts)

    def open(self, token: bytes) -> bytes:
        """The value of a token that begins with this very header. Raises CannotOpen."""
        try:
            _, key, *rest = token.split(b".")
            nonce, value, tag = map(_decoded, rest)
            if key or len(nonce) != 12 or len(tag) != 16 or len(value) > LARGEST:
                raise ValueError
            return self._cipher.decrypt(nonce, value + tag, self.header)
        except (ValueError, InvalidTag):
            raise CannotOpen("the value was changed, or sealed in another way") from None


class KeyRings:
    """The symmetric keys of each sealed topic: the first key of a ring seals, all of them open."""

    def __init__(self, rings: Mapping[str, Iterable[RingKey]], needed: Iterable[str] = ()) -> None:
        """Take the rings by topic name. Raises ValueError naming what in ``needed`` has no key."""
        self._rings = {
            topic: {key.kid: OctKey.import_key(_decoded(key.k.get_secret_value().encode())) for key in ring}
            for topic, ring in rings.items()
        }
        self._locks = {
            topic: {(lock := _Lock(topic, kid, key.raw_value)).header: lock for kid, key in ring.items()}
            for topic, ring in self._rings.items()
        }
        missing = sorted(topic for topic in needed if not self._rings.get(topic))
        if missing:
            raise ValueError(f"there is no key for {', '.join(missing)}: add one to the setting keyrings")

    def seal(self, topic: str, value: bytes) -> bytes:
        """The value as a compact JWE for this topic. Raises ValueError where the topic has no key."""
        locks = self._locks.get(topic)
        if not locks:
            raise ValueError(f"there is no key for {topic}: add one to the setting keyrings")
        return next(iter(locks.values())).seal(value)

    def open(self, topic: str, token: bytes) -> bytes:
        """The value of a JWE that was sealed for this topic. Raises CannotOpen."""
        ours = self._locks.get(topic, {}).get(token.partition(b".")[0])
        if ours is not None:
            return ours.open(token)
        key = _pick(token, self._rings.get(topic, {}))
        try:
            opened = jwe.decrypt_compact(token, key, registry=_RING)
        except (JoseError, ValueError, TypeError, KeyError):
            raise CannotOpen("the value was changed, or sealed in another way") from None
        if opened.protected.get("topic") != topic:
            raise CannotOpen("the value was sealed for another topic")
        return opened.plaintext or b""


def sign_and_seal(payload: bytes, signer: ECKey, recipient: ECKey, record: str = "") -> bytes:
    """The payload signed by ``signer`` (private, P-256, with a kid) and sealed for ``recipient`` (public).

    ``record`` names the one record that carries it (its source and id), so that no copy passes as another.
    """
    header = {"alg": "ES256", "kid": signer.kid} | ({"record": record} if record else {})
    signed = jws.serialize_compact(header, payload, signer, registry=_BY_THEM)
    outer = {"alg": "ECDH-ES+A128KW", "enc": "A256GCM", "cty": "JWT"}
    if recipient.kid:
        outer["kid"] = recipient.kid
    return jwe.encrypt_compact(outer, signed, recipient, registry=_TO_US).encode()


def open_signed(
    token: bytes, private_keys: Mapping[str, ECKey], signers: Mapping[str, ECKey], record: str = ""
) -> tuple[str, bytes]:
    """The kid of who signed, and the payload.

    ``private_keys`` are ours and ``signers`` the registered public keys, both by kid. Where ``record`` is
    given the signature must name it. Raises CannotOpen.
    """
    ours = _pick(token, private_keys)
    try:
        inner = jwe.decrypt_compact(token, ours, registry=_TO_US).plaintext or b""
    except (JoseError, ValueError, TypeError, KeyError):
        raise CannotOpen("the value was changed, or sealed in another way") from None
    signer = _pick(inner, signers)
    try:
        signed = jws.deserialize_compact(inner, signer, registry=_BY_THEM)
    except (JoseError, ValueError, TypeError, KeyError):
        raise CannotOpen("the signature is not right") from None
    if record and signed.protected.get("record") != record:
        raise CannotOpen("the signature is for another record: sign the source and id of this one")
    return str(signed.protected["kid"]), signed.payload


def _pick(token: bytes, keys: Mapping[str, Key]) -> Key:
    """The key that the token's header names; nothing else in the header is believed."""
    try:
        header: Any = json.loads(_decoded(token.split(b".", 1)[0]))
        return keys[header["kid"]]
    except (ValueError, TypeError):
        raise CannotOpen("the value is not a sealed one") from None
    except KeyError:
        raise CannotOpen("the value names no key that is known here") from None


def _encoded(value: bytes) -> bytes:
    return urlsafe_b64encode(value).rstrip(b"=")


def _decoded(text: bytes) -> bytes:
    try:
        return a2b_base64(text.translate(_STANDARD) + b"==")
    except ValueError:
        return b""
