"""What a browser is shown instead of a problem document: what happened, and what to do next."""

from http import HTTPStatus

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from chassis.web.look.kept import typed_before
from chassis.web.look.page import Look
from chassis.web.people import SIGN_IN, SIGNED_IN_AGAIN
from chassis.web.problems import Problem, to_problem

_AGAIN = "What you had entered is still in the page before this one: go back to it, wait a minute, and send it again."
_HOME = ("Go to the start page", "/")
_SIGN_IN = ("Sign in", SIGN_IN)
#: The code of an address or a form that no route could read; its faults are a library's words for programmers.
_MISREAD = "invalid"
_MISREAD_SAID = (
    "The address holds something that this page cannot read, or what you looked for is too long. Go back, and "
    "choose or write it anew."
)
_TO_SIGN_IN = f"{SIGN_IN}?to={SIGNED_IN_AGAIN}"

#: By status: the heading, and what to do.
_SAID: dict[int, tuple[str, str]] = {
    400: (
        "This cannot be read",
        "The address or the form is damaged. Go back, load the page again, and try once more.",
    ),
    401: ("You need to sign in", "You are not signed in, or no longer. Sign in, then do this again."),
    403: (
        "You cannot do this",
        "Your role does not allow this. If your work needs it, ask an administrator of this service.",
    ),
    404: (
        "Page not found",
        "If you typed the address, check it. If you followed a link, what it led to may have gone.",
    ),
    405: ("This cannot be done here", "Go back and use the buttons of the page."),
    409: ("Something changed meanwhile", "Go back, load the page again, and look what it says now."),
    413: ("This is too large", "Send a smaller file, or fewer files at once. Go back to choose others."),
    415: ("This cannot be read", "Go back, load the page again, and send the form from there."),
    422: ("Something is not right", "Go back and correct it."),
    429: ("Too many tries", "Wait a few minutes, then try again."),
    500: (
        "Sorry, something went wrong here",
        f"It has been recorded, and somebody will look into it. {_AGAIN}",
    ),
    503: ("Sorry, this does not work at the moment", _AGAIN),
}


class ErrorPages:
    """Answers browsers; one per application, in ``app.state.error_pages``."""

    def __init__(self, look: Look) -> None:
        self._look = look

    def response(self, request: Request, problem: Problem) -> Response:
        """The page for a problem; where the problem leads elsewhere, the way there."""
        if problem.status < 400:
            return RedirectResponse(problem.headers["Location"], problem.status)
        heading, advice = _said(problem.status)
        state = request.scope.get("state", {})
        return self._look.page(
            "error.html",
            request,
            person=state.get("person"),
            status=problem.status,
            headers=problem.headers,
            heading=heading,
            sentences=[_sentence(problem, advice)],
            faults=[] if problem.code == _MISREAD else problem.errors,
            ways=[_SIGN_IN] if problem.status == 401 else [_HOME],
            number=state.get("request_id") if problem.status >= 500 else None,
        )

    async def handed_back(self, request: Request, problem: Problem) -> Response | None:
        """The page with what somebody typed whose session ended meanwhile; None for every other problem."""
        typed = await typed_before(request, problem)
        if typed is None:
            return None
        person = request.scope.get("state", {}).get("person")
        return self._look.page(
            "sign-in/kept.html",
            request,
            person=person,
            status=problem.status,
            typed=typed,
            sign_in=_TO_SIGN_IN,
        )

    def busy(self, problem: Problem) -> Response:
        """The page for requests that are turned away unread; made once, since there is no time then."""
        heading, advice = _said(problem.status)
        text = self._look.text("error.html", "/", None, heading=heading, sentences=[advice], ways=[_HOME])
        return Response(text, problem.status, problem.headers, "text/html; charset=utf-8")


def _said(status: int) -> tuple[str, str]:
    return _SAID.get(status) or _SAID[500 if status >= 500 else 400]


def _sentence(problem: Problem, advice: str) -> str:
    """What a page says besides its heading."""
    if problem.code == _MISREAD:
        return _MISREAD_SAID
    return problem.detail if _for_people(problem) else advice


def _for_people(problem: Problem) -> bool:
    """Whether its sentence tells more than its status: of a route of ours, which knows what was asked."""
    if problem.status in (401, 422) or problem.status >= 500:
        return False
    try:
        return problem.code != to_problem(HTTPException(HTTPStatus(problem.status))).code
    except ValueError:
        return False
