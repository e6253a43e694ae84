"""The OpenID Connect provider: where people are sent to sign in, and what it says when they come back.

The code flow with PKCE, state and nonce. An id token counts only if a key of the provider signed it, for us, now,
and for this very sign-in.
"""

import secrets
import ssl
import time
from dataclasses import dataclass
from functools import cache
from typing import Any, cast
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from chassis import telemetry

log = telemetry.get_logger(__name__)

#: What an id token may be signed with: never with nothing, never with a secret that we know too.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_KEYS = ("RSA", "EC", "OKP")
_DISCOVERY = "/.well-known/openid-configuration"
#: Seconds: for an answer, how far two clocks may be apart, how long what the provider says of itself holds, and
#: how soon its keys are asked for again when one is not known.
_PATIENCE, _LEEWAY, _HOLDS, _KEYS_AGAIN = 10.0, 60, 3600.0, 30.0


class ProviderAway(Exception):
    """The provider does not answer, or not as it should: another time it may."""


class NotProven(Exception):
    """What came back proves nobody's identity. The text is a constant word that says why."""


@dataclass(frozen=True, slots=True)
class Client:
    """What the provider and we have agreed on. ``claim`` is the one that staff records hold."""

    issuer: str
    id: str
    secret: str
    redirect_uri: str
    claim: str = "sub"


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that begins: where to send the browser, and the three words that tie its return to it."""

    url: str
    state: str
    nonce: str
    verifier: str


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates of all authorities, read once: that takes 45 ms, in which nobody is served."""
    return httpx2.create_ssl_context()


class Provider:
    """One provider. ``transport`` is another road to it, for tests."""

    def __init__(self, client: Client, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._client, self._transport = client, transport
        self._about: dict[str, Any] = {}
        self._about_until = 0.0
        self._keys: KeySet | None = None
        self._keys_at = 0.0
        #: Why nobody can sign in at the moment, or None.
        self.trouble: str | None = None

    async def begin(self) -> Begun:
        """A sign-in. Raises ProviderAway."""
        about = await self._metadata()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        async with self._oauth(about) as oauth:
            url, _ = oauth.create_authorization_url(
                about["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        return Begun(url, state, nonce, verifier)

    async def finish(self, code: str, nonce: str, verifier: str, issuer: str | None = None) -> str:
        """Who came back, by the claim that staff records hold. Raises NotProven, ProviderAway.

        ``issuer`` is who says to have sent them (RFC 9207), where anybody says so.
        """
        about = await self._metadata()
        if issuer is not None and issuer != about["issuer"]:
            raise NotProven("another-issuer")
        token = await self._token(about, code, verifier)
        claims = await self._claims(about, token, nonce)
        subject = claims.get(self._client.claim)
        if not isinstance(subject, str) or not subject or len(subject) > 255:
            raise NotProven("claim-missing")
        if self._client.claim == "email" and claims.get("email_verified") is not True:
            raise NotProven("email-not-verified")
        return subject

    async def leave(self) -> str | None:
        """Where one signs out of the provider too, or None where it has no such place."""
        try:
            found = (await self._metadata()).get("end_session_endpoint")
        except ProviderAway:
            return None
        return found if isinstance(found, str) and found.startswith(("https://", "http://")) else None

    def _oauth(self, about: dict[str, Any]) -> Any:
        posts = "client_secret_basic" not in about.get(
            "token_endpoint_auth_methods_supported", ["client_secret_basic"]
        )
        return AsyncOAuth2Client(
            self._client.id,
            self._client.secret,
            token_endpoint_auth_method="client_secret_post" if posts else "client_secret_basic",
            redirect_uri=self._client.redirect_uri,
            scope="openid profile email" if self._client.claim == "email" else "openid profile",
            code_challenge_method="S256",
            timeout=_PATIENCE,
            transport=self._transport,
            verify=_trusted(),
        )

    async def _token(self, about: dict[str, Any], code: str, verifier: str) -> dict[str, Any]:
        try:
            async with self._oauth(about) as oauth:
                token = await oauth.fetch_token(
                    about["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                    redirect_uri=self._client.redirect_uri,
                )
        except OAuthError:
            raise NotProven("code-refused") from None
        except (httpx2.HTTPError, ValueError) as error:
            raise self._away(error) from None
        if not isinstance(token.get("id_token"), str):
            raise NotProven("no-id-token")
        return cast("dict[str, Any]", token)

    async def _claims(self, about: dict[str, Any], token: dict[str, Any], nonce: str) -> CodeIDToken:
        try:
            found = await self._opened(about, token["id_token"])
            options = {
                "iss": {"essential": True, "value": about["issuer"]},
                "aud": {"essential": True, "values": [self._client.id]},
            }
            known = {"nonce": nonce, "client_id": self._client.id, "access_token": token.get("access_token")}
            claims = CodeIDToken(found.claims, found.header, options, known)
            claims.validate(leeway=_LEEWAY)
        except (JoseError, ValueError) as error:
            log.warning("id_token_refused", error=type(error).__name__)
            raise NotProven("id-token-refused") from None
        return claims

    async def _opened(self, about: dict[str, Any], text: str) -> jwt.Token:
        registry = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
        try:
            return jwt.decode(text, await self._key_set(about), registry=registry)
        except InvalidKeyIdError:  # the provider has changed its keys since
            if time.monotonic() - self._keys_at < _KEYS_AGAIN:
                raise
            self._keys = None
            return jwt.decode(text, await self._key_set(about), registry=registry)

    async def _key_set(self, about: dict[str, Any]) -> KeySet:
        if self._keys is None:
            found = await self._get(about["jwks_uri"])
            usable = [
                key for key in found.get("keys", []) if key.get("kty") in _KEYS and key.get("use") != "enc"
            ]
            self._keys = KeySet.import_key_set({"keys": usable})
            self._keys_at = time.monotonic()
        return self._keys

    async def _metadata(self) -> dict[str, Any]:
        if time.monotonic() > self._about_until:
            about = await self._get(f"{self._client.issuer}{_DISCOVERY}")
            if str(about.get("issuer", "")).rstrip("/") != self._client.issuer:
                raise self._away(ValueError("another issuer"))
            scheme = urlsplit(self._client.issuer).scheme
            if not all(urlsplit(str(about.get(name, ""))).scheme in (scheme, "https") for name in _ENDPOINTS):
                raise self._away(ValueError("an endpoint missing, or not secure"))
            self._about, self._about_until = about, time.monotonic() + _HOLDS
            self._keys = None
        self.trouble = None
        return self._about

    async def _get(self, url: str) -> dict[str, Any]:
        try:
            async with httpx2.AsyncClient(
                transport=self._transport, timeout=_PATIENCE, verify=_trusted()
            ) as http:
                answer = await http.get(url, headers={"Accept": "application/json"})
            answer.raise_for_status()
            found = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise self._away(error) from None
        if not isinstance(found, dict):
            raise self._away(ValueError("no object"))
        return found

    def _away(self, error: Exception) -> ProviderAway:
        log.warning("provider_away", error=type(error).__name__)
        self.trouble = "the sign-in provider does not answer as it should"
        return ProviderAway(type(error).__name__)


_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
