"""``Look``: renders a service's templates inside the common layout."""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from jinja2 import Environment
from markupsafe import Markup

from chassis.settings import ServiceSettings
from chassis.web.forms import CSRF_FIELD
from chassis.web.look.assets import Assets
from chassis.web.look.templates import environment
from chassis.web.sessions import Cookie

#: What a page of ours may do in a browser: nothing that stands in the page itself, nothing from elsewhere.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
#: Browsers say of a form whence it comes only where they may tell our own pages.
_HEADERS = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
_DONE = "done"
_DONE_SECONDS = 60
_DONE_LONGEST = 300


class Fault(Protocol):
    """A wrong field: its name in the form, and a sentence that says what to do."""

    @property
    def field(self) -> str: ...
    @property
    def message(self) -> str: ...


class SignedIn(Protocol):
    """Who is signed in, as far as a page shows it."""

    @property
    def name(self) -> str: ...
    @property
    def csrf(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Link:
    """A place to go: its words and its path."""

    text: str
    href: str


Navigation = Callable[[Any], Sequence[Link]]


class Host(Protocol):
    """A running service, as far as its look goes (`chassis.service.Running`)."""

    look: "Look | None"

    @property
    def name(self) -> str: ...
    @property
    def settings(self) -> ServiceSettings: ...


class Look:
    """What a service's routes answer pages with; one per service."""

    def __init__(self, jinja: Environment, navigation: Navigation, cookie: Cookie) -> None:
        self._jinja, self._navigation, self._cookie = jinja, navigation, cookie

    @classmethod
    def of(
        cls,
        running: Host,
        pages: Path | Iterable[Path] = (),
        navigation: Navigation | Sequence[Link] = (),
    ) -> "Look":
        """The look of a service whose templates lie in ``pages``; its error pages and statements use it too.

        ``navigation`` are the links on top of every page, or a function of the signed-in person (or None)
        that answers them. A template of the service comes before one of the same name that all services share.
        """
        folders = [pages] if isinstance(pages, Path) else list(pages)
        jinja = environment(folders, running.settings, Assets.of(running.settings))
        links = navigation if callable(navigation) else (lambda _: navigation)
        secure = running.settings.public_url.startswith("https://")
        running.look = cls(jinja, links, Cookie(running.name, secure))
        return running.look

    def page(
        self,
        template: str,
        request: Request,
        *,
        person: SignedIn | None = None,
        status: int = 200,
        problems: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> Response:
        """The page of this template. ``problems`` are shown on top and beside their fields; give 422 with them.

        In the template: ``person``, ``problems``, ``path``, ``csrf_field()``, the values, and all that
        `chassis.web.look.templates` names.
        """
        done = _decoded(request.cookies.get(self._cookie.named(_DONE), ""))
        refused = request.method == "POST" and status >= 400
        text = self.text(
            template,
            request.url.path,
            person,
            problems=list(problems),
            done=done,
            answers_post=refused,
            **values,
        )
        response = Response(text, status, {**_HEADERS, **(headers or {})}, "text/html; charset=utf-8")
        if done:
            self._cookie.take(response, _DONE)
        return response

    def text(self, template: str, path: str, person: SignedIn | None, **values: Any) -> str:
        """The page's HTML, for a request to ``path``."""
        return self._jinja.get_template(template).render(
            person=person,
            path=path,
            navigation=list(self._navigation(person)),
            csrf_field=lambda: _csrf_field(person),
            **values,
        )

    def redirect(self, to: str, done: str = "") -> Response:
        """303 to a path of this site; ``done`` is a sentence that the next page shows once.

        It waits in a cookie that scripts cannot read: nothing personal may stand in it.
        """
        response = RedirectResponse(to, 303)
        if done:
            self._cookie.put(response, _encoded(done), _DONE, _DONE_SECONDS)
        return response


def _csrf_field(person: SignedIn | None) -> Markup:
    if person is None:
        return Markup("")
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, person.csrf)


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text[:_DONE_LONGEST].encode()).decode().rstrip("=")


def _decoded(cookie: str) -> str:
    try:
        return base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4)).decode()[:_DONE_LONGEST]
    except (binascii.Error, ValueError):
        return ""
