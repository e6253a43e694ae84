"""The Jinja environment of all pages: the layout, GOV.UK's macros, and a few words of our own.

Ready in every template, without an import: GOV.UK's macros (``govukButton({...})`` …), ``error_summary(problems)``,
``error_of(problems, "field")`` for a macro's errorMessage, ``breadcrumbs([("Home", "/"), …])``,
``pagination(page, pages, "/queue?page=")``, ``sub_navigation([("new", "New"), …], "new", "/queue?tab=")``,
``paragraphs(text)``, ``council``, ``service_title``, ``contact``, ``asset(name)``, and the filters ``day``, ``moment``
and ``count`` of `chassis.web.look.words` and ``capital`` of `chassis.english`.
"""

from collections.abc import Callable, Iterable, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import (
    BytecodeCache,
    ChainableUndefined,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
)
from jinja2.bccache import Bucket

from chassis.english import capital, pounds
from chassis.settings import ServiceSettings
from chassis.web.look import words
from chassis.web.look.assets import Assets

_OURS = Path(__file__).parent / "pages"
_GOVUK = "govuk_frontend_jinja"
_PARTS = ("error_summary", "pagination", "breadcrumbs", "paragraphs", "sub_navigation")


class _Compiled(BytecodeCache):
    """What templates were compiled to, for all environments of a process: its tests make one each, by the hundred.

    Jinja itself keeps it apart by name and file, and compiles again what has changed.
    """

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


class _Environment(Environment):
    """One whose templates have no globals of their own, so that all of them share its own.

    Jinja would lay two dictionaries over each other for each, and go through both, in Python, for each macro that
    a template imports: a tenth of what it takes to write a page.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


def environment(folders: Iterable[Path], settings: ServiceSettings, assets: Assets) -> Environment:
    """The environment of a service whose own templates lie in ``folders``."""
    jinja = _Environment(
        loader=ChoiceLoader(
            [FileSystemLoader([*folders, _OURS]), PrefixLoader({_GOVUK: PackageLoader(_GOVUK)})]
        ),
        autoescape=True,
        undefined=ChainableUndefined,  # GOV.UK's macros read parameters that nobody gave
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_COMPILED,
    )
    jinja.filters.update(
        day=words.day, moment=words.moment, count=words.count, capital=capital, pounds=pounds
    )
    jinja.globals.update(
        council=settings.council,
        service_title=settings.service_title,
        contact=settings.contact,
        asset=assets.url,
        error_of=error_of,
        **{name: _macro(jinja, "parts.html", name) for name in _PARTS},
    )
    for macro, template in _macros_of(_GOVUK).items():
        jinja.globals[macro] = _macro(jinja, template, macro)
    return jinja


def error_of(problems: Iterable[Any], field: str) -> dict[str, str] | None:
    """The ``errorMessage`` of GOV.UK's macros for this field; None where nothing is wrong with it."""
    words = [str(problem.message) for problem in problems if problem.field == field]
    return {"text": " ".join(words)} if words else None


@cache
def _macros_of(package: str) -> dict[str, str]:
    """The macros of a package, by name, with the template that holds each."""
    found = [name for name in PackageLoader(package).list_templates() if name.endswith("/macro.html")]
    return {_name_of(name.split("/")[-2]): f"{package}/{name}" for name in found}


def _name_of(component: str) -> str:
    return "govuk" + "".join(part.capitalize() for part in component.split("-"))


def _macro(jinja: Environment, template: str, name: str) -> Callable[..., Any]:
    """A macro by name, its template read when it is first used."""

    def call(*given: Any, **named: Any) -> Any:
        return getattr(jinja.get_template(template).module, name)(*given, **named)

    return call
