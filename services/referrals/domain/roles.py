"""The table of roles: what each may do and how far, what it is limited to, and who may give it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from schemas.codes import DestinationKind
from schemas.staff_v1 import Role

Action = Literal[
    "referral:see",
    "referral:send",
    "form:fill",
    "referral:change",
    "referral:work",
    "referral:restrict",
    "queue:see",
    "queue:allocate",
    "enquiry:ask",
    "enquiry:answer",
    "child:see",
    "person:merge",
    "contacts:confirm",
    "move:record",
    "death:note",
    "statutory:enter",
    "register:manage",
    "bulk:upload",
    "cases:import",
    "routing:see",
    "staff:manage",
    "tokens:manage",
    "access-log:see",
    "glass:break",
    "glass:review",
    "service:report",
]
Limit = Literal["everything", "school", "team", "area", "patch", "kind"]

ROLES: tuple[Role, ...] = get_args(Role)
ACTIONS: tuple[Action, ...] = get_args(Action)

OUTREACH: frozenset[DestinationKind] = frozenset({"outreach", "triage"})
STATUTORY: frozenset[DestinationKind] = frozenset({"statutory-assessment", "placement-panel"})
PANEL: frozenset[DestinationKind] = frozenset({"placement-panel"})


@dataclass(frozen=True, slots=True)
class Extent:
    """How far an action of a role goes.

    ``everything``; ``school`` and ``team`` and ``area``: what belongs to the scope of the role; ``patch``: what
    of the area goes to a destination of these ``kinds``; ``kind``: what goes to one anywhere.
    """

    limit: Limit
    kinds: frozenset[DestinationKind] = frozenset()


_ALL = Extent("everything")
_SCHOOL = Extent("school")
_TEAM = Extent("team")
_AREA = Extent("area")
_OUTREACH = Extent("patch", OUTREACH)
_STATUTORY = Extent("kind", STATUTORY)
_PANEL = Extent("kind", PANEL)

_OF_A_SCHOOL: dict[Action, tuple[Extent, ...]] = {
    "referral:see": (_SCHOOL,),
    "referral:send": (_SCHOOL,),
    "form:fill": (_SCHOOL,),
    "referral:change": (_SCHOOL,),
    "enquiry:ask": (_SCHOOL,),
    "child:see": (_SCHOOL,),
    "contacts:confirm": (_SCHOOL,),
    "move:record": (_SCHOOL,),
    "bulk:upload": (_SCHOOL,),
}


def _queue_of(extent: Extent) -> dict[Action, tuple[Extent, ...]]:
    return {
        "referral:see": (extent,),
        "referral:work": (extent,),
        "queue:see": (extent,),
        "queue:allocate": (extent,),
        "enquiry:answer": (extent,),
        "child:see": (extent,),
        "routing:see": (_ALL,),
        "glass:break": (extent,),
    }


TABLE: Mapping[Role, Mapping[Action, tuple[Extent, ...]]] = {
    "school-user": _OF_A_SCHOOL,
    "headteacher": {
        **_OF_A_SCHOOL,
        "staff:manage": (_SCHOOL,),
        "tokens:manage": (_SCHOOL,),
        "access-log:see": (_SCHOOL,),
        "glass:break": (_SCHOOL,),
    },
    "team-member": _queue_of(_TEAM),
    "outreach-coordinator": _queue_of(_OUTREACH),
    "sali-officer": {
        "enquiry:answer": (_ALL,),
        "referral:send": (_ALL,),
        "form:fill": (_ALL,),
        "referral:see": (_ALL,),
        "child:see": (_ALL,),
        "person:merge": (_ALL,),
        "contacts:confirm": (_ALL,),
        "routing:see": (_ALL,),
        "glass:break": (_ALL,),
    },
    "send-officer": {
        "referral:see": (_AREA, _SCHOOL),
        "queue:see": (_AREA, _SCHOOL),
        "child:see": (_AREA, _SCHOOL),
        "routing:see": (_ALL,),
        "glass:break": (_AREA, _SCHOOL),
    },
    "ehc-coordinator": {**_queue_of(_STATUTORY), "statutory:enter": (_ALL,), "form:fill": (_ALL,)},
    "panel-coordinator": {
        "referral:see": (_PANEL,),
        "child:see": (_PANEL,),
        "routing:see": (_ALL,),
        "glass:break": (_PANEL,),
    },
    "panel-member": {},
    "chair": {},
    "deciding-officer": {},
    "service-manager": {
        "referral:see": (_ALL,),
        "referral:restrict": (_ALL,),
        "queue:see": (_ALL,),
        "queue:allocate": (_ALL,),
        "child:see": (_ALL,),
        "person:merge": (_ALL,),
        "death:note": (_ALL,),
        "register:manage": (_ALL,),
        "bulk:upload": (_ALL,),
        "cases:import": (_ALL,),
        "routing:see": (_ALL,),
        "staff:manage": (_ALL,),
        "access-log:see": (_ALL,),
        "glass:break": (_ALL,),
        "glass:review": (_ALL,),
        "service:report": (_ALL,),
    },
    "administrator": {
        "referral:restrict": (_ALL,),
        "contacts:confirm": (_ALL,),
        "register:manage": (_ALL,),
        "bulk:upload": (_ALL,),
        "cases:import": (_ALL,),
        "routing:see": (_ALL,),
        "staff:manage": (_ALL,),
        "tokens:manage": (_ALL,),
        "access-log:see": (_ALL,),
    },
}  # fmt: skip

Scope = Literal["school", "team", "area", "area-or-school", "panel-or-all", "all"]
#: What a role is limited to.
SCOPES: Mapping[Role, Scope] = {
    "school-user": "school",
    "headteacher": "school",
    "team-member": "team",
    "outreach-coordinator": "area",
    "sali-officer": "all",
    "send-officer": "area-or-school",
    "ehc-coordinator": "all",
    "panel-coordinator": "panel-or-all",
    "panel-member": "panel-or-all",
    "chair": "panel-or-all",
    "deciding-officer": "panel-or-all",
    "service-manager": "all",
    "administrator": "all",
}
#: Which roles somebody who manages staff may give and take.
GIVES: Mapping[Role, frozenset[Role]] = {
    "headteacher": frozenset({"school-user"}),
    "service-manager": frozenset(ROLES) - {"service-manager", "administrator"},
    "administrator": frozenset(ROLES),
}
