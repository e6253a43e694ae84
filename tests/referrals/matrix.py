"""Who may do what on every route: written by hand, as the council would read it.

People go by their names in `tests.referrals.everybody`. For each route, ``may`` are those who get through and
``blind`` those to whom it is as if there were nothing; everybody else is refused. The school is 900001, in area
DSPL1; ``other`` people are of school 900401, of the vision team, of area DSPL5.

Objects: without a mark, a referral of the school to the communication and autism team; ``@outreach``, one to the
area's outreach; ``@restricted``, one like the first that is restricted to the manager.
"""

from dataclasses import dataclass
from typing import Any

from tests.referrals.everybody import EVERYBODY

SCHOOLS = "school-user other-school-user headteacher other-headteacher"
QUEUES = "team other-team outreach other-outreach ehc manager"
PEOPLE = "headteacher other-headteacher manager administrator"
#: Those whose roles show them some referrals, but not this one.
ELSEWHERE = (
    "other-school-user other-headteacher other-team outreach other-outreach other-send ehc panel-coordinator"
)
#: Those who see the referral.
READERS = "school-user headteacher team sali send manager"
#: Those who see some children.
SEARCHERS = f"{READERS} {ELSEWHERE}"
#: Those who answer some questions of schools, and those to whom this one is nothing.
ANSWERERS = "sali team other-team outreach other-outreach ehc"
NOT_ASKED = f"{ELSEWHERE} team send manager panel-member chair officer administrator"
#: Those who may see the rules by which referrals are placed: everybody of the council who works with referrals.
RULES = f"{QUEUES} sali send other-send panel-coordinator administrator"
#: Those who may break the glass of some case, but not of this one.
NO_GLASS = "other-headteacher other-team outreach other-outreach other-send ehc panel-coordinator manager"


@dataclass(frozen=True)
class Row:
    """Those who get through, and those who see nothing there; everybody else is refused."""

    may: str
    blind: str = ""


_WORK = Row("team", ELSEWHERE)
_ADD = Row("school-user headteacher", "other-school-user other-headteacher")
_CHANGE = Row("school-user headteacher", ELSEWHERE)
#: What a family wrote is answered by the school, or by those who work on the referral.
_ANSWER = Row("school-user headteacher team", ELSEWHERE)
#: A form on its way is its school's alone.
_DRAFT = Row("school-user headteacher", "other-school-user other-headteacher sali ehc")
_WHOSE_PERSON = Row("headteacher manager administrator", "other-headteacher")
_OWN_SCHOOLS_LOG = Row("headteacher manager administrator", "other-headteacher")

_UPLOADERS = f"{SCHOOLS} manager administrator"
_NEW_LIST = (("GET", ""), ("POST", ""), ("GET", "/template.csv"), ("GET", "/template.xlsx"))
_ONE_LIST = (
    ("GET", "/{id}"),
    ("GET", "/{id}/faults.csv"),
    ("POST", "/{id}/confirm"),
    ("POST", "/{id}/delete"),
)

PAGES: dict[str, Row] = {
    # Queues and referrals
    "GET /queue": Row(f"{QUEUES} send other-send"),
    "POST /queue/assign": Row(QUEUES),
    "GET /school": Row(SCHOOLS),
    # A stream of counts has a name; there is none of this one, and each counts only what its reader may see.
    "GET /live/{name}": Row("", " ".join(EVERYBODY)),
    "GET /referrals/{reference}": Row(READERS, ELSEWHERE),
    "GET /referrals/{reference} @outreach": Row(
        "school-user headteacher outreach sali send manager",
        "other-school-user other-headteacher team other-team other-outreach other-send ehc panel-coordinator",
    ),
    "GET /referrals/{reference} @restricted": Row(
        "manager", f"{ELSEWHERE} school-user headteacher team sali send"
    ),
    **{
        f"{method} /referrals/{{reference}}/{act}": row
        for method in ("GET", "POST")
        for act, row in {
            "accept": _WORK,
            "ask": _WORK,
            "return": _WORK,
            "visit": _WORK,
            "visit-done": _WORK,
            "outcome": _WORK,
            "step": _WORK,
            "close": _WORK,
            "reopen": _WORK,
            "assign": Row("team manager", ELSEWHERE),
            "review": Row("team school-user headteacher", ELSEWHERE),
            "answer": _CHANGE,
            "amend": _CHANGE,
            "contacts": _CHANGE,
            "withdraw": _CHANGE,
        }.items()
    },
    # Forms on their way, and evidence
    "GET /refer": Row(f"{SCHOOLS} sali"),
    "POST /refer": Row(f"{SCHOOLS} sali"),
    "GET /statutory": Row("ehc"),
    "POST /statutory": Row("ehc"),
    **{
        f"{method} /refer/{{id}}{path}": _DRAFT
        for path, methods in {
            "": "GET",
            "/{slug}": "GET POST",
            "/check": "GET",
            "/send": "POST",
            "/sent": "GET",
            **{f"/{each}": "GET POST" for each in ("tried", "contacts", "evidence")},
            **{f"/{each}/{{number}}": "GET POST" for each in ("tried", "contacts", "evidence")},
            **{f"/{each}/{{number}}/remove": "POST" for each in ("tried", "contacts", "evidence")},
            "/delete": "GET POST",
        }.items()
        for method in methods.split()
    },
    # Lists of referrals and of open cases: a list is whoever uploaded it's alone
    **{
        f"{method} {place}{path}": row
        for place, everybody, others in (
            ("/bulk", _UPLOADERS, _UPLOADERS.removeprefix("school-user ")),
            ("/open-cases", "manager administrator", "administrator"),
        )
        for method, path, row in (
            *((method, path, Row(everybody)) for method, path in _NEW_LIST),
            *((method, path, Row(everybody.split()[0], others)) for method, path in _ONE_LIST),
        )
    },
    "GET /evidence/{file_id}": Row(
        "school-user headteacher",
        f"{ELSEWHERE} team sali send panel-member chair officer manager administrator",
    ),
    "GET /family-words": Row(SEARCHERS),
    "GET /referrals/{reference}/family/{words_id}": _ANSWER,
    "POST /referrals/{reference}/family/{words_id}": _ANSWER,
    "GET /referrals/{reference}/page-codes": _CHANGE,
    "POST /referrals/{reference}/page-codes": _CHANGE,
    "POST /referrals/{reference}/page-codes/{code_id}/revoke": _CHANGE,
    "GET /referrals/{reference}/reaching": _CHANGE,
    "POST /referrals/{reference}/reaching/checked": _CHANGE,
    "POST /referrals/{reference}/reaching/{message_id}": _CHANGE,
    "GET /referrals/{reference}/evidence": _ADD,
    "POST /referrals/{reference}/evidence": _ADD,
    # Children, and records that look like one child
    "GET /search": Row(f"{SEARCHERS}"),
    "POST /search": Row(f"{SEARCHERS}"),
    "GET /children/{id}": Row(READERS, ELSEWHERE),
    "GET /children/{id} @restricted": Row("manager", f"{ELSEWHERE} school-user headteacher team sali send"),
    "GET /children/{id}/move": Row("school-user headteacher sali manager", ELSEWHERE),
    "POST /children/{id}/move": Row("school-user headteacher sali manager", ELSEWHERE),
    "GET /children/{id}/died": Row("manager"),
    "POST /children/{id}/died": Row("manager"),
    "GET /contacts": Row(f"{SCHOOLS} sali administrator"),
    "GET /children/{id}/contacts": Row(
        "school-user headteacher sali administrator", "other-school-user other-headteacher"
    ),
    "POST /children/{id}/contacts": Row(
        "school-user headteacher sali administrator", "other-school-user other-headteacher"
    ),
    "GET /children/{id}/contacts @restricted": Row("", f"{SCHOOLS} sali administrator"),
    # A child has come to a school: nothing is said of any before number and birth date are both right
    "GET /arrivals": Row(SCHOOLS),
    "POST /arrivals": Row(SCHOOLS),
    "GET /duplicates": Row("sali manager"),
    "GET /duplicates/{kept}/{other}": Row("sali manager"),
    "POST /duplicates/{kept}/{other}": Row("sali manager"),
    # Ask SALI: a question of the school
    "GET /ask": Row(SCHOOLS),
    "GET /ask/{what}": Row(SCHOOLS),
    "POST /ask/{what}": Row(SCHOOLS),
    "GET /enquiries": Row(ANSWERERS),
    "GET /enquiries/{reference} @enquiry": Row("school-user headteacher sali", NOT_ASKED),
    "POST /enquiries/{reference}/{act} @enquiry": Row("school-user headteacher sali", NOT_ASKED),
    # People and roles
    "GET /staff": Row(PEOPLE),
    "GET /staff/new": Row(PEOPLE),
    "POST /staff/new": Row(PEOPLE),
    "GET /staff/{staff_id}": _WHOSE_PERSON,
    "GET /staff/{staff_id}/role": _WHOSE_PERSON,
    "POST /staff/{staff_id}/role": _WHOSE_PERSON,
    "GET /staff/{staff_id}/end-role": _WHOSE_PERSON,
    "POST /staff/{staff_id}/end-role": _WHOSE_PERSON,
    "GET /staff/{staff_id}/details": _WHOSE_PERSON,
    "POST /staff/{staff_id}/details": _WHOSE_PERSON,
    "GET /staff/{staff_id}/leave": _WHOSE_PERSON,
    "POST /staff/{staff_id}/leave": _WHOSE_PERSON,
    "GET /staff/{staff_id}/cover": _WHOSE_PERSON,
    "POST /staff/{staff_id}/cover": _WHOSE_PERSON,
    "POST /staff/{staff_id}/cover/end": _WHOSE_PERSON,
    # Tokens of school systems
    "GET /tokens": Row("headteacher other-headteacher administrator"),
    "GET /tokens/new": Row("headteacher other-headteacher administrator"),
    "POST /tokens/new": Row("headteacher other-headteacher administrator"),
    "POST /tokens/{token_id}/revoke": Row("headteacher administrator", "other-headteacher"),
    # Restricted cases and the record of reads
    "GET /restricted": Row("manager administrator"),
    "POST /restricted": Row("manager administrator"),
    "GET /restricted/{reference}": Row("manager administrator"),
    "POST /restricted/{reference}": Row("manager administrator"),
    "GET /restricted/glass": Row("manager"),
    "POST /restricted/glass": Row("manager"),
    "GET /glass/{reference}": Row("", f"{NO_GLASS} headteacher team sali send"),
    "POST /glass/{reference}": Row("", f"{NO_GLASS} headteacher team sali send"),
    "GET /glass/{reference} @restricted": Row("headteacher team sali send", NO_GLASS),
    "POST /glass/{reference} @restricted": Row("headteacher team sali send", NO_GLASS),
    "GET /access-log": Row("headteacher other-headteacher manager administrator"),
    "POST /access-log": Row("headteacher other-headteacher manager administrator"),
    "GET /access-log/{reference}": _OWN_SCHOOLS_LOG,
    "GET /access-log/{reference}/csv": _OWN_SCHOOLS_LOG,
    # The register of schools
    **{
        f"{method} /register{path}": Row("manager administrator")
        for path, methods in {
            "": "GET",
            "/import": "GET POST",
            "/import/{id}": "GET",
            "/new": "GET POST",
            "/{urn}": "GET",
            "/{urn}/change": "GET POST",
            "/{urn}/close": "GET POST",
        }.items()
        for method in methods.split()
    },
    # The rules of routing
    "GET /routing": Row(RULES),
    "POST /routing": Row(RULES),
    # Figures
    "GET /did-it-help": Row("manager"),
    # Everybody's own
    "GET /sessions": Row("everybody"),
    "POST /sessions": Row("everybody"),
}

#: What a program may do with its token: by the names of tokens in tests/referrals/conftest.py. ``blind`` as above.
#: ``school`` is of 900001, ``other-school`` of 900101, ``made`` one that a headteacher made for 900401.
API: dict[str, Row] = {
    "POST /api/referrals": Row("school other-school supplier statutory made"),
    "GET /api/referrals": Row("school other-school statutory team made"),
    "GET /api/referrals/{reference}": Row("school statutory team", "other-school made"),
    "GET /api/referrals/{reference} @restricted": Row("", "school other-school statutory team made"),
    "GET /api/former-referrals": Row("school other-school statutory team made"),
    "GET /api/queues": Row("school other-school statutory team made"),
    "POST /api/referrals/{reference}/accept": Row("team"),
    "POST /api/referrals/{reference}/accept @restricted": Row("", "team"),
    "POST /api/referrals/{reference}/return": Row("team"),
    "POST /api/referrals/{reference}/conclude": Row("team"),
    "POST /api/referrals/{reference}/assign": Row("team"),
    "POST /api/assignments": Row("team"),
    "POST /api/referrals/{reference}/ask": Row("team"),
    "POST /api/referrals/{reference}/visits": Row("team"),
    "POST /api/referrals/{reference}/visits/done": Row("team"),
    "POST /api/referrals/{reference}/step": Row("team"),
    "POST /api/referrals/{reference}/close": Row("team"),
    "POST /api/referrals/{reference}/reopen": Row("team"),
    "POST /api/referrals/{reference}/review": Row("team school supplier", "other-school made"),
    "POST /api/referrals/{reference}/answer": Row("school supplier", "other-school made"),
    "POST /api/referrals/{reference}/amend": Row("school supplier", "other-school made"),
    "POST /api/referrals/{reference}/evidence": Row("school supplier", "other-school made"),
    "POST /api/referrals/{reference}/withdraw": Row("school supplier", "other-school made"),
    # Evidence; the file of these tests was sent by a person
    "POST /api/files": Row("school other-school supplier made"),
    "GET /api/files/{file_id}": Row("", "school other-school supplier statutory team made"),
    "GET /api/files/{file_id}/content": Row("", "school other-school statutory team made"),
    "DELETE /api/files/{file_id}": Row("", "school other-school supplier made"),
    "GET /api/referrals/{reference}/files": Row("school statutory team", "other-school made"),
    "GET /api/referrals/{reference}/files @restricted": Row("", "school other-school statutory team made"),
    # What schools ask
    "POST /api/enquiries": Row("school other-school supplier made"),
    "GET /api/enquiries": Row("school other-school statutory team made"),
    "GET /api/enquiries/{reference} @enquiry": Row("school statutory team", "other-school made"),
    "POST /api/enquiries/{reference}/take @enquiry": Row("team"),
    "POST /api/enquiries/{reference}/answer @enquiry": Row("team"),
    "POST /api/enquiries/{reference}/convert @enquiry": Row("school supplier", "other-school made"),
    "POST /api/enquiries/{reference}/close @enquiry": Row("team school supplier", "other-school made"),
    "GET /openapi.json": Row("school other-school supplier statutory team nobody made"),
    "GET /metrics": Row(""),
    "GET /internal/idle": Row(""),
    "POST /internal/clock": Row(""),
}
#: Answered to anybody; signing in and out among them, and the public directory.
OPEN = {
    "GET /",
    "GET /directory",
    "GET /sign-in",
    "GET /sign-in/start",
    "GET /sign-in/done",
    "GET /sign-in/again",
    "POST /sign-out",
    "GET /signed-out",
    "GET /assets/{name}",
    "GET /favicon.ico",
    "GET /accessibility",
    "GET /privacy",
    "GET /contact",
    "GET /health/live",
    "GET /health/ready",
}
#: What a route is sent besides the session's token, where an empty form would not get as far as its object.
GIVEN: dict[str, dict[str, Any]] = {
    "GET /staff/{staff_id}/end-role": {"role": "school-user", "scope": "900001"},
    "POST /api/referrals/{reference}/withdraw": {"reason": "needs-met"},
    "POST /api/referrals/{reference}/review": {"helped": "yes"},
    "POST /api/referrals/{reference}/answer": {"words": "Yes."},
    "POST /api/referrals/{reference}/amend": {"reason": "It was wrong."},
    "POST /api/referrals/{reference}/evidence": {
        "papers": [{"kind": "report", "title": "A report"}],
        "reason": "Late.",
    },
    "POST /api/enquiries/{reference}/take": {"to": None},
    "POST /api/enquiries/{reference}/answer": {"answer": "Yes.", "minutes": 5},
    "POST /api/enquiries/{reference}/close": {"reason": "solved"},
    "POST /staff/new": {"role": "school-user"},
    "POST /staff/{staff_id}/role": {"role": "school-user"},
    "POST /staff/{staff_id}/end-role": {"role": "school-user", "scope": "900001"},
}
