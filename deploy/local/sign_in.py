"""A real OpenID Connect provider for the demo and for tests, where one chooses who one is instead of a password.

    with start_provider([Account("sam", "Sam Okafor", "SENCo of Larkspur Primary")]) as provider:
        start_services(stack, sign_in=provider)

It is `oidc-provider-mock`, a server in a Python package, told to insist on PKCE, on its clients' secrets and on the
persons of its list. It asks nobody for a password: never let it say who may see real children's data.
"""

import logging
import secrets
import warnings
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import flask
from authlib.deprecate import AuthlibDeprecationWarning
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from jinja2 import ChoiceLoader, FileSystemLoader
from werkzeug.debug import DebuggedApplication
from werkzeug.serving import make_server

_PAGES = Path(__file__).parent / "sign_in_pages"
_AUTHORIZE, _TOKEN = "/oauth2/authorize", "/oauth2/token"


@dataclass(frozen=True)
class Account:
    """Somebody who may be chosen: the subject that services are told, and what the list says."""

    sub: str
    name: str
    role: str = ""


class SignInProvider:
    """A provider that runs. ``settings(service)`` are the variables with which a service signs people in by it."""

    def __init__(self, issuer: str, accounts: list[Account]) -> None:
        self.issuer, self.accounts = issuer, accounts
        self.clients: dict[str, str] = {}

    def settings(self, service: str) -> Mapping[str, str]:
        """What this service is told; the provider knows it from then on."""
        secret = self.clients.setdefault(service, secrets.token_urlsafe(24))
        prefix = service.upper()
        return {
            f"{prefix}_SIGN_IN_ISSUER": self.issuer,
            f"{prefix}_SIGN_IN_CLIENT_ID": service,
            f"{prefix}_SIGN_IN_CLIENT_SECRET": secret,
        }

    def add(self, *accounts: Account) -> None:
        """Further persons to choose from."""
        self.accounts += accounts


@contextmanager
def start_provider(accounts: Iterable[Account], port: int = 0) -> Iterator[SignInProvider]:
    """A provider on a free port (or ``port``), gone when the block ends."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    provider = SignInProvider("", list(accounts))
    server = make_server("localhost", port, _application(provider), threaded=True)
    provider.issuer = f"http://localhost:{server.port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _application(provider: SignInProvider) -> flask.Flask:
    app = _bare_application()
    app.debug = False
    if isinstance(app.wsgi_app, DebuggedApplication):
        app.__dict__["wsgi_app"] = app.wsgi_app.app  # a debugger would let a browser run code here
    loaders = [FileSystemLoader(_PAGES), *([app.jinja_loader] if app.jinja_loader else [])]
    app.jinja_loader = ChoiceLoader(loaders)
    app.jinja_env.globals["persons"] = provider.accounts
    challenges: dict[str, str] = {}
    app.before_request(lambda: _checked(provider, challenges))
    app.after_request(lambda response: _noted(challenges, response))
    return app


def _bare_application() -> flask.Flask:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AuthlibDeprecationWarning)
        import oidc_provider_mock  # it says so of itself as soon as it is imported
    app: flask.Flask = oidc_provider_mock.app(require_nonce=True, issue_refresh_token=False)
    return app


def _checked(provider: SignInProvider, challenges: dict[str, str]) -> Any:
    """What the package leaves to its caller: who the client is, that PKCE is used, and which persons there are."""
    request = flask.request
    if request.path == _AUTHORIZE:
        if request.args.get("client_id") not in provider.clients:
            return _refused("unauthorized_client")
        if request.args.get("code_challenge_method") != "S256" or not request.args.get("code_challenge"):
            return _refused("invalid_request")
        known = {account.sub for account in provider.accounts}
        if request.method == "POST" and request.form.get("action") != "deny":
            return None if request.form.get("sub") in known else _refused("access_denied")
    if request.path == _TOKEN:
        if not _is_client(provider, request.headers.get("Authorization", "")):
            return _refused("invalid_client", 401)
        wanted = challenges.pop(request.form.get("code", ""), None)
        if wanted is None or create_s256_code_challenge(request.form.get("code_verifier", "")) != wanted:
            return _refused("invalid_grant")
    return None


def _noted(challenges: dict[str, str], response: flask.Response) -> flask.Response:
    """Remembers which challenge a code was given for."""
    if flask.request.path == _AUTHORIZE and response.location:
        for code in parse_qs(urlsplit(response.location).query).get("code", []):
            challenges[code] = flask.request.args["code_challenge"]
    return response


def _is_client(provider: SignInProvider, header: str) -> bool:
    scheme, _, given = header.partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        name, _, secret = b64decode(given).decode().partition(":")
    except ValueError:
        return False
    return secrets.compare_digest(provider.clients.get(unquote(name), "").encode(), unquote(secret).encode())


def _refused(error: str, status: int = 400) -> tuple[flask.Response, int]:
    return flask.jsonify({"error": error}), status
