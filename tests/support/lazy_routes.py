"""Routes of which FastAPI works out what they ask for only when somebody asks for them.

A service has two hundred routes, most tests ask for three of them, and each test makes an application of its own: to
work them all out took a third of the time of the tests of pages. A service that runs works them out as it starts.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import compile_path, get_name

_worked_out = APIRoute.__init__
#: Under which name a route keeps how to work out the rest of it.
_REST = "_rest"
#: A path is the same in each application, and there are more of them than `re` keeps.
_compiled = cache(compile_path)


def use() -> None:
    """From now on all routes of this process are made so."""
    APIRoute.__init__ = _begun  # type: ignore[method-assign, assignment]
    APIRoute.__getattr__ = _rest  # type: ignore[attr-defined]


def _begun(route: APIRoute, path: str, endpoint: Callable[..., Any], **given: Any) -> None:
    """What is needed to find the route; `chassis.web.app` changes what it answers besides, and where it is listed."""
    route.path, route.endpoint = path, endpoint
    route.path_regex, route.path_format, route.param_convertors = _compiled(path)
    route.name = given.get("name") or get_name(endpoint)
    route.methods = {method.upper() for method in given.get("methods") or ["GET"]}
    route.responses = given.get("responses") or {}
    route.include_in_schema = given.get("include_in_schema", True)
    route.__dict__[_REST] = partial(_worked_out, route, path, endpoint, **given)


def _rest(route: APIRoute, name: str) -> Any:
    """Called by Python for what a route does not have yet."""
    work_out = route.__dict__.pop(_REST, None)
    if work_out is None:
        raise AttributeError(f"a route has no {name}")
    changed = route.responses, route.include_in_schema
    work_out()
    route.responses, route.include_in_schema = changed
    return getattr(route, name)
