"""Referral forms for load: placement cases, each of another child, so that no two touch the same rows."""

import json
from datetime import date, timedelta
from itertools import count

from stdnum.gb import upn

_NUMBERS = count(1)
_NARRATIVE = (
    "Wilf finds changes of routine hard, and a full classroom harder. With a visual timetable, a quiet corner "
    "and an adult whom he knows he joins in for twenty minutes; without them he leaves the room. The family, "
    "the school and the educational psychologist agree that a specialist place should be considered."
)


def forms(how_many: int) -> list[bytes]:
    """So many new forms, as JSON. Every one of a run is different."""
    today = date.today()
    return [_form(next(_NUMBERS), today) for _ in range(how_many)]


def _form(number: int, today: date) -> bytes:
    digits = f"919{number // 99_900 % 10_000:04d}{number // 999 % 100:02d}{number % 999 + 1:03d}"
    child_upn = upn.calc_check_digit(digits) + digits
    form = {
        "urn": "900001",
        "referrer": {"name": "Rowan Elder", "email": "senco@larkspur.example.org"},
        "child": {
            "given_name": "Wilf",
            "family_name": f"Hazelden {number}",
            "born": f"{today.year - 9}-05-17",
            "upn": child_upn,
            "address": "4 Mill Lane, Hitchin",
            "sen_provision": "E",
            "primary_need": "ASD",
            "other_needs": ["SLCN"],
        },
        "adults": [
            {
                "given_name": "Ines",
                "family_name": f"Hazelden {number}",
                "relation": "mother",
                "email": f"ines.{number}@families.example.org",
                "phone": "07700 900456",
                "may_be_told": True,
            }
        ],
        "agreement": {"agreed": True, "by": "Ines Hazelden", "on": f"{today - timedelta(days=3)}"},
        "asks_for": "placement",
        "narrative": _NARRATIVE,
        "tried": [
            {
                "started": f"{today - timedelta(days=120)}",
                "reviewed": f"{today - timedelta(days=50)}",
                "put_in_place": "A visual timetable and a quiet corner.",
                "changed": "He joins in at the start of the day.",
            }
        ],
        "placement": {
            "trigger": "school-referral",
            "provision": "special-school",
            "dates": {"request_received": f"{today - timedelta(days=40)}"},
            "papers_complete": True,
        },
    }
    return json.dumps(form).encode()
