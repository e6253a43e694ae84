"""Errors as problem documents (RFC 9457). They name fields and say what to do; they never repeat a value."""

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Protocol

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from chassis import telemetry
from chassis.decision import Refused
from chassis.web.contract import allowed
from chassis.web.wants import wants_page

log = telemetry.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

#: pydantic's sentences that may hold a part of the value; all others hold only the rule.
_TELLTALE = {
    "union_tag_invalid": "must be one of the kinds that are documented",
    "uuid_parsing": "must be a UUID",
    "url_parsing": "must be a web address",
    "url_syntax_violation": "must be a web address",
    "timezone_offset": "must have another time zone",
    "dataclass_type": "must be an object",
}
_NAME_OF_A_FIELD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


class Fault(BaseModel):
    """A wrong field: its path such as ``child.born``, a stable code, a sentence that says what to do."""

    field: str
    code: str
    message: str


class Document(BaseModel):
    """What is wrong, and what to do about it. Wrong fields are each named in ``errors``; no value is repeated."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[Fault] = []


_WHEN = {
    400: "The body or the address cannot be read.",
    401: "No token, or one that is not known here.",
    403: "The token lacks the scope, or is of another establishment.",
    404: "There is no such thing among what the caller may see.",
    409: "It cannot be done as things are now, or the idempotency key came with another body.",
    413: "The body is larger than is accepted.",
    415: "The body is not of a kind that is accepted.",
    422: "Fields are wrong; each is named in errors.",
    429: "Too many requests: come again later.",
    500: "A mistake of the service, recorded under the request id.",
    503: "Nothing can be stored, or too much arrives: send the same again after the seconds in Retry-After.",
}
#: A problem document as a route of the OpenAPI document says it.
PROBLEM = {"$ref": "#/components/responses/Problem"}
#: What any route may answer besides success, for OpenAPI; `describe` adds what they refer to.
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": when, **PROBLEM} for status, when in _WHEN.items()
}


def describe(document: dict[str, Any]) -> None:
    """Adds what `RESPONSES` refer to, to an OpenAPI document."""
    schema = Document.model_json_schema(ref_template="#/components/schemas/{model}")
    parts = document.setdefault("components", {})
    parts.setdefault("schemas", {}).update({"Fault": schema.pop("$defs")["Fault"], "Problem": schema})
    parts["responses"] = {
        "Problem": {
            "description": "A problem document (RFC 9457).",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    }


class Problem(Exception):
    """An answer that is not a success.

    ``status`` is the HTTP status, ``code`` a stable word for programs, ``detail`` a sentence for people,
    ``errors`` the wrong fields, each {field, code, message}.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.detail = status, code, detail
        self.errors, self.headers = tuple(errors), dict(headers or {})

    def response(self) -> JSONResponse:
        """The problem document."""
        body: dict[str, Any] = {
            "type": f"urn:fingerpost:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = [dict(error) for error in self.errors]
        return JSONResponse(body, self.status, headers=self.headers, media_type=MEDIA_TYPE)


class Unread(HTTPException):
    """A problem that is found while a body is read: from there FastAPI lets nothing through but its own exceptions."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.status)
        self.problem = problem


def register(
    app: FastAPI, unavailable: Iterable[type[Exception]] = (), conflict: Iterable[type[Exception]] = ()
) -> None:
    """Let the app answer with problem documents.

    ``unavailable`` are the exceptions that mean "try again soon" (503), ``conflict`` those that mean that
    an idempotency key came again with another body (409).
    """

    async def problem(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.status_code == 405:
            error = HTTPException(405, headers={"Allow": ", ".join(allowed(app, request.url.path))})
        if isinstance(error, RequestValidationError) and _is_of_another_kind(request, error):
            return answer(request, to_problem(HTTPException(415)))
        found = to_problem(error)
        return await _handed_back(request, found) or answer(request, found)

    async def busy(request: Request, error: Exception) -> Response:
        log.warning("unavailable", error=error)
        detail = (
            "The service cannot store anything at the moment. Send the same again in a few seconds, with the same "
            "Idempotency-Key if it had one; without a key, look first whether it was stored after all."
        )
        seconds = getattr(error, "retry_after", 5)
        return answer(request, Problem(503, "unavailable", detail, headers={"Retry-After": str(seconds)}))

    async def other_body(_: Request, __: Exception) -> Response:
        detail = "This Idempotency-Key was used with another body. Use a new key for a new request."
        return Problem(409, "idempotency-conflict", detail).response()

    for known in (Problem, Refused, RequestValidationError, HTTPException):
        app.add_exception_handler(known, problem)
    for error in unavailable:
        app.add_exception_handler(error, busy)
    for error in conflict:
        app.add_exception_handler(error, other_body)


class Pages(Protocol):
    """Shows problems to browsers; in ``app.state.error_pages`` of an application that has pages."""

    def response(self, request: Request, problem: Problem) -> Response:
        """The page for a problem."""

    async def handed_back(self, request: Request, problem: Problem) -> Response | None:
        """The page with what somebody typed whose session ended meanwhile; None for every other problem."""


async def _handed_back(request: Request, problem: Problem) -> Response | None:
    pages: Pages | None = getattr(request.app.state, "error_pages", None)
    return await pages.handed_back(request, problem) if pages is not None and wants_page(request) else None


def answer(request: Request, problem: Problem) -> Response:
    """The page for a problem where a browser asks, else its document."""
    app = request.scope.get("app")
    pages: Pages | None = getattr(app.state, "error_pages", None) if app else None
    if pages is not None and wants_page(request):
        try:
            return pages.response(request, problem)
        except Exception as error:  # a mistake in a template must not leave anybody without an answer
            log.error("error_page_failed", error=error)
    return problem.response()


def to_problem(error: Exception) -> Problem:
    """The problem that an exception stands for."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Unread):
        return error.problem
    if isinstance(error, Refused):
        return _refused(error)
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, HTTPException):
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
        detail = _DETAILS.get(error.status_code, HTTPStatus(error.status_code).description)
        return Problem(error.status_code, code, detail, headers=error.headers)
    return Problem(
        500, "internal-error", "Something went wrong here. It has been recorded under the request id."
    )


_DETAILS = {
    400: "The body or the address cannot be read: send UTF-8 without the character NUL.",
    404: "There is nothing at this address.",
    405: "This address does not know this method.",
    413: "The body is larger than this service accepts.",
    415: "Send the body as application/json.",
}


def _is_of_another_kind(request: Request, error: RequestValidationError) -> bool:
    """Whether the body was not understood as a whole since it was not sent as JSON."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    return not kind.endswith(("/json", "+json")) and any(d["loc"] == ("body",) for d in error.errors())


def _refused(error: Refused) -> Problem:
    faults = [
        {"field": str(fault.field), "code": str(fault.code), "message": str(fault.message)}
        for fault in error.faults
    ]
    return Problem(422 if faults else 409, error.code, error.detail, errors=faults)


def _invalid(error: RequestValidationError) -> Problem:
    details = error.errors()
    if any(detail["type"] == "json_invalid" for detail in details):
        return Problem(400, "bad-json", "The body is not JSON that can be read.")
    faults = [fault_of(detail) for detail in details]
    return Problem(422, "invalid", "Some fields are wrong; each is named in errors.", errors=faults)


def fault_of(detail: Mapping[str, Any], skip: int = 1) -> dict[str, str]:
    """One error of pydantic as {field, code, message}, without the value.

    ``skip`` parts of its path are left out: FastAPI's begin with body, query, path or header.
    """
    field = ".".join(_UNSAFE.sub("-", str(part))[:60] for part in detail["loc"][skip:])
    if detail["type"] == "extra_forbidden" and not _NAME_OF_A_FIELD.fullmatch(str(detail["loc"][-1])):
        field = f"{field.rpartition('.')[0]}.*".lstrip(".")  # it may be a person's name in the wrong place
    return {"field": field, "code": str(detail["type"]).replace("_", "-"), "message": message_of(detail)}


def safe_path(path: Iterable[str | int]) -> str:
    """A path of names that the sender made up: a name that looks like no field's is shown as ``*``."""
    parts = (str(part) for part in path)
    return ".".join(
        part if part.isdecimal() or _NAME_OF_A_FIELD.fullmatch(part[:61]) else "*" for part in parts
    )


def message_of(detail: Mapping[str, Any]) -> str:
    """pydantic's sentence where it tells only the rule, a sentence of ours where it may hold a value."""
    kind, text = str(detail["type"]), str(detail["msg"])
    if kind in _TELLTALE:
        return _TELLTALE[kind]
    return text.removeprefix("Value error, ").split(": ")[0]
