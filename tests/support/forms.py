"""Valid referral forms, each with a child and a family of its own, from establishments of the real register."""

import copy
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from stdnum.gb import upn

from services.referrals.domain.register.places import Setting
from services.referrals.files import load_register

Form = dict[str, Any]


@lru_cache(maxsize=1)
def establishments() -> tuple[Setting, ...]:
    """Every primary school of the register, in its order."""
    return tuple(each for each in load_register() if each.kind == "primary")


def a_upn(number: int) -> str:
    """A valid Unique Pupil Number, another one for each number below ten million."""
    body = f"919{number // 1000:04d}24{number % 1000:03d}"
    return str(upn.calc_check_digit(body)) + body


def email_of(number: int) -> str:
    """The address of the one adult of the family with this number."""
    return f"parent-{number}@family.example"


def a_form(number: int, today: date, **changes: Any) -> Form:
    """A form that asks for advice on autism, for the child with this number; ``changes`` replace parts of it."""
    urns = establishments()
    form: Form = {
        "urn": urns[number % len(urns)].urn,
        "referrer": {"name": "Amara Whitlock", "email": "senco@school.example", "role": "SENCo"},
        "child": {
            "given_name": "Rowan",
            "family_name": f"Ashdown-{number}",
            "born": (today - timedelta(days=8 * 365 + number % 300)).isoformat(),
            "upn": a_upn(number),
            "sen_provision": "K",
            "primary_need": "ASD",
        },
        "adults": [
            {
                "given_name": "Jo",
                "family_name": f"Ashdown-{number}",
                "relation": "mother",
                "email": email_of(number),
                "may_be_told": True,
            }
        ],
        "agreement": {"agreed": True, "by": "Jo Ashdown", "on": (today - timedelta(days=5)).isoformat()},
        "asks_for": "advice",
        "narrative": "Follows a single instruction but loses the thread of a longer one.",
        "tried": [
            {
                "started": (today - timedelta(days=60)).isoformat(),
                "reviewed": (today - timedelta(days=20)).isoformat(),
                "put_in_place": "A visual timetable and a daily language group.",
                "changed": "Joins in with two familiar adults.",
            }
        ],
    }
    return copy.deepcopy(form | changes)


def a_placement_form(number: int, today: date, **changes: Any) -> Form:
    """A form that asks the placement panel for a special school, with all papers and dates: queued at once."""
    placement = {
        "trigger": "draft-plan",
        "provision": "special-school",
        "papers_complete": True,
        "dates": {
            "request_received": (today - timedelta(days=80)).isoformat(),
            "draft_served": (today - timedelta(days=10)).isoformat(),
        },
    }
    return a_form(number, today, **{"asks_for": "placement", "placement": placement, **changes})
