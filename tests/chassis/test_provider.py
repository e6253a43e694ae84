"""What a provider says counts only where it proves who somebody is: a fake one that says anything."""

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from chassis.web import provider
from chassis.web.provider import Client, NotProven, Provider, ProviderAway

ISSUER = "https://accounts.example/tenant"
OURS = Client(ISSUER, "bakery", "secret", "https://bakery.example/sign-in/done")
KEY = RSAKey.generate_key(2048, {"kid": "k1"})
NEXT = ECKey.generate_key("P-256", {"kid": "k2"})
ANOTHER = RSAKey.generate_key(2048, {"kid": "k1"})


class Fake:
    """A provider: its answers by address, and what it was asked."""

    def __init__(self) -> None:
        self.about: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
        }
        self.claims: dict[str, Any] = {}
        self.key: Any = KEY
        self.alg = "RS256"
        self.published: list[Any] = [KEY]
        self.asked: list[httpx2.Request] = []
        self.away = False
        self.token: dict[str, Any] | None = None
        self.token_status = 200

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        if self.away:
            raise httpx2.ConnectError("away")
        path = request.url.path.removeprefix("/tenant")
        if path == "/token":
            return httpx2.Response(self.token_status, json=self.token or self._token())
        if path == "/keys":
            return httpx2.Response(200, json={"keys": [key.as_dict(private=False) for key in self.published]})
        return httpx2.Response(200, json=self.about)

    def _token(self) -> dict[str, Any]:
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": "bakery", "sub": "s-1", "iat": now, "exp": now + 300, "nonce": "n"}
        claims |= self.claims
        header = {"alg": self.alg, "kid": self.key.kid} if self.key.kid else {"alg": self.alg}
        found = {name: value for name, value in claims.items() if value is not None}
        text = jwt.encode(header, found, self.key, algorithms=["RS256", "ES256", "HS256"])
        return {"access_token": "a", "token_type": "Bearer", "id_token": text}

    def paths(self, end: str) -> list[str]:
        return [request.url.path for request in self.asked if request.url.path.endswith(end)]


@pytest.fixture
def fake() -> Fake:
    return Fake()


def asking(fake: Fake, **given: str) -> Provider:
    known = {"issuer": OURS.issuer, "id": OURS.id, "secret": OURS.secret, "redirect_uri": OURS.redirect_uri}
    return Provider(Client(**(known | given)), httpx2.MockTransport(fake))


async def test_whom_the_provider_vouches_for_is_known_by_the_subject(fake: Fake) -> None:
    assert await asking(fake).finish("code", "n", "v" * 43) == "s-1"
    (sent,) = [request for request in fake.asked if request.url.path.endswith("/token")]
    body = parse_qs(sent.content.decode())
    assert body["code"] == ["code"]
    assert body["code_verifier"] == ["v" * 43]
    assert body["redirect_uri"] == [OURS.redirect_uri]
    assert sent.headers["authorization"].startswith("Basic ")


async def test_the_browser_is_sent_with_the_challenge_of_the_verifier(fake: Fake) -> None:
    begun = await asking(fake).begin()
    asked = {name: value for name, (value,) in parse_qs(urlsplit(begun.url).query).items()}
    assert begun.url.startswith(f"{ISSUER}/authorize?")
    assert asked == {
        "response_type": "code",
        "client_id": "bakery",
        "redirect_uri": OURS.redirect_uri,
        "scope": "openid profile",
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": create_s256_code_challenge(begun.verifier),
        "code_challenge_method": "S256",
    }
    again = await asking(fake).begin()
    assert not {begun.state, begun.nonce, begun.verifier} & {again.state, again.nonce, again.verifier}


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": None},
        {"aud": ["bakery", "another"]},  # for whom it was made has to be said then
        {"aud": ["bakery", "another"], "azp": "another"},
        {"exp": 1},
        {"exp": None},
        {"exp": "soon"},
        {"nbf": 4_000_000_000},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 300},
    ],
)
async def test_an_id_token_that_is_not_for_this_sign_in_proves_nothing(
    fake: Fake, claims: Mapping[str, Any]
) -> None:
    fake.claims = dict(claims)
    with pytest.raises(NotProven):
        await asking(fake).finish("code", "n", "v" * 43)


async def test_a_signature_by_another_s_key_proves_nothing(fake: Fake) -> None:
    fake.key = ANOTHER
    with pytest.raises(NotProven):
        await asking(fake).finish("code", "n", "v" * 43)


@pytest.mark.parametrize("text", ["", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzLTEifQ.", "x" * 5000])
async def test_a_text_that_nobody_signed_proves_nothing(fake: Fake, text: str) -> None:
    fake.token = {"access_token": "a", "token_type": "Bearer", "id_token": text}
    with pytest.raises(NotProven):
        await asking(fake).finish("code", "n", "v" * 43)


async def test_a_signature_with_the_client_s_secret_proves_nothing(fake: Fake) -> None:
    fake.key, fake.alg = OctKey.import_key("secret" * 8), "HS256"
    fake.published = [KEY]
    with pytest.raises(NotProven):
        await asking(fake).finish("code", "n", "v" * 43)


async def test_keys_are_asked_for_once_and_again_when_one_is_new(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "_KEYS_AGAIN", 0.0)
    signing = asking(fake)
    for _ in range(3):
        await signing.finish("code", "n", "v" * 43)
    assert len(fake.paths("/keys")) == 1
    fake.key, fake.alg, fake.published = NEXT, "ES256", [KEY, NEXT]
    assert await signing.finish("code", "n", "v" * 43) == "s-1"
    assert len(fake.paths("/keys")) == 2


async def test_unknown_keys_do_not_make_us_ask_over_and_over(fake: Fake) -> None:
    signing = asking(fake)
    await signing.finish("code", "n", "v" * 43)
    fake.key, fake.alg = NEXT, "ES256"
    for _ in range(5):
        with pytest.raises(NotProven):
            await signing.finish("code", "n", "v" * 43)
    assert len(fake.paths("/keys")) == 1


async def test_keys_that_are_not_for_signatures_are_left_alone(fake: Fake) -> None:
    fake.published = [KEY, OctKey.generate_key(256, {"kid": "o"}), RSAKey.generate_key(2048, {"use": "enc"})]
    assert await asking(fake).finish("code", "n", "v" * 43) == "s-1"


async def test_another_claim_may_be_what_staff_records_hold(fake: Fake) -> None:
    fake.claims = {"oid": "o-9"}
    assert await asking(fake, claim="oid").finish("code", "n", "v" * 43) == "o-9"
    with pytest.raises(NotProven, match="claim-missing"):
        await asking(fake, claim="upn").finish("code", "n", "v" * 43)


async def test_an_address_counts_only_where_the_provider_has_checked_it(fake: Fake) -> None:
    fake.claims = {"email": "sam@school.example"}
    with pytest.raises(NotProven, match="email-not-verified"):
        await asking(fake, claim="email").finish("code", "n", "v" * 43)
    fake.claims["email_verified"] = True
    assert await asking(fake, claim="email").finish("code", "n", "v" * 43) == "sam@school.example"


async def test_an_address_is_asked_for_only_where_staff_records_hold_addresses(fake: Fake) -> None:
    begun = await asking(fake, claim="email").begin()
    assert parse_qs(urlsplit(begun.url).query)["scope"] == ["openid profile email"]


async def test_a_return_that_names_another_issuer_proves_nothing(fake: Fake) -> None:
    signing = asking(fake)
    with pytest.raises(NotProven, match="another-issuer"):
        await signing.finish("code", "n", "v" * 43, "https://evil.example")
    assert fake.paths("/token") == []
    assert await signing.finish("code", "n", "v" * 43, ISSUER) == "s-1"


@pytest.mark.parametrize(
    ("status", "token"),
    [
        (400, {"error": "invalid_grant"}),
        (401, {"error": "invalid_client"}),
        (200, {"access_token": "a", "token_type": "Bearer"}),
    ],
)
async def test_a_code_that_the_provider_refuses_proves_nothing(
    fake: Fake, status: int, token: dict[str, Any]
) -> None:
    fake.token_status, fake.token = status, token
    with pytest.raises(NotProven):
        await asking(fake).finish("code", "n", "v" * 43)


async def test_a_provider_that_wants_the_secret_in_the_body_gets_it_there(fake: Fake) -> None:
    fake.about["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    await asking(fake).finish("code", "n", "v" * 43)
    (sent,) = [request for request in fake.asked if request.url.path.endswith("/token")]
    assert parse_qs(sent.content.decode())["client_secret"] == ["secret"]


@pytest.mark.parametrize(
    "about",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"token_endpoint": None},
        {"jwks_uri": 7},
        {"authorization_endpoint": "http://accounts.example/authorize"},
    ],
)
async def test_a_provider_that_says_wrong_things_of_itself_is_as_good_as_away(
    fake: Fake, about: dict[str, Any]
) -> None:
    fake.about |= about
    signing = asking(fake)
    with pytest.raises(ProviderAway):
        await signing.begin()
    assert signing.trouble is not None


async def test_a_provider_that_says_something_else_than_it_is_asked_is_as_good_as_away(fake: Fake) -> None:
    fake.about = ["a list"]  # type: ignore[assignment]
    with pytest.raises(ProviderAway):
        await asking(fake).begin()


async def test_a_provider_that_comes_back_is_asked_again(fake: Fake) -> None:
    signing = asking(fake)
    fake.away = True
    with pytest.raises(ProviderAway):
        await signing.begin()
    with pytest.raises(ProviderAway):
        await signing.finish("code", "n", "v" * 43)
    assert signing.trouble is not None
    fake.away = False
    await signing.begin()
    assert signing.trouble is None


async def test_what_the_provider_says_of_itself_is_asked_for_once(fake: Fake) -> None:
    signing = asking(fake)
    for _ in range(3):
        await signing.begin()
    assert len(fake.asked) == 1


async def test_one_may_sign_out_of_the_provider_too_where_it_says_how(fake: Fake) -> None:
    assert await asking(fake).leave() is None
    fake.about["end_session_endpoint"] = f"{ISSUER}/leave"
    assert await asking(fake).leave() == f"{ISSUER}/leave"
    fake.about["end_session_endpoint"] = "javascript:alert(1)"
    assert await asking(fake).leave() is None
    fake.away = True
    assert await asking(fake).leave() is None


async def test_nothing_that_the_provider_says_is_logged(
    fake: Fake, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.claims = {"sub": "secret-subject", "nonce": "wrong"}
    with pytest.raises(NotProven) as refusal:
        await asking(fake).finish("secret-code", "n", "v" * 43)
    assert "secret" not in capsys.readouterr().out + str(refusal.value) + json.dumps(
        str(refusal.value.__cause__)
    )
