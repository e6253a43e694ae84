"""Mistakes as people and systems make them, each with the faults that it must be answered with."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from deploy.demo.forms import Form

#: A fault as schools are told it: the field's dotted path and the code.
Fault = tuple[str, str]
Plant = Callable[[Form, date], Iterable[Fault]]


@dataclass(frozen=True)
class Defect:
    """One mistake. ``plant`` makes it in a form and answers its faults.

    ``parts`` are what it spoils: two mistakes in one form must spoil different parts, so that neither hides
    the other. ``fits`` says in which forms it can be made, ``event`` where only one way in shows it so.
    """

    name: str
    parts: str
    plant: Plant
    fits: Callable[[Form], bool] = lambda form: True
    event: bool | None = None


def _is_placement(form: Form) -> bool:
    return bool(form["asks_for"] == "placement")


def _is_statutory(trigger: str) -> Callable[[Form], bool]:
    return lambda form: _is_placement(form) and form["placement"]["trigger"] == trigger


def _has_upn(form: Form) -> bool:
    return "upn" in form["child"]


def _agreed(form: Form) -> bool:
    return bool(form["agreement"]["agreed"])


def _is_young(form: Form) -> bool:
    """A child under fourteen or so, of whom an adult must be named."""
    agreed = form["agreement"].get("on") or form["tried"][0]["reviewed"]
    return int(agreed[:4]) - int(form["child"]["born"][:4]) < 14


def _has_address(form: Form) -> bool:
    return "email" in form["adults"][0]


def _set(path: str, value: Any, *faults: Fault) -> Plant:
    """Writes a value at a dotted path."""

    def plant(form: Form, today: date) -> Iterable[Fault]:
        *way, last = path.split(".")
        _at(form, way)[int(last) if last.isdigit() else last] = value
        return faults

    return plant


def _drop(path: str, *faults: Fault) -> Plant:
    """Leaves out what stands at a dotted path."""

    def plant(form: Form, today: date) -> Iterable[Fault]:
        *way, last = path.split(".")
        _at(form, way).pop(last, None)
        return faults

    return plant


def _at(form: Form, way: Iterable[str]) -> Any:
    place: Any = form
    for step in way:
        place = place[int(step)] if step.isdigit() else place[step]
    return place


def _wrong_check_letter(form: Form, today: date) -> Iterable[Fault]:
    number = form["child"]["upn"]
    form["child"]["upn"] = ("B" if number[0] == "A" else "A") + number[1:]
    return [("child.upn", "upn-invalid")]


def _no_upn(form: Form, today: date) -> Iterable[Fault]:
    form["child"].pop("upn", None)
    form["child"].pop("no_upn_reason", None)
    return [("child.upn", "upn-or-reason")]


def _misspelt_name(form: Form, today: date) -> Iterable[Fault]:
    form["child"]["famly_name"] = form["child"].pop("family_name")
    return [("child.famly_name", "unknown-field"), ("child.family_name", "missing")]


def _tomorrow(form: Form, today: date) -> Iterable[Fault]:
    form["agreement"]["on"] = (today + timedelta(days=30)).isoformat()
    return [("agreement.on", "date-in-future")]


def _reviewed_before_begun(form: Form, today: date) -> Iterable[Fault]:
    cycle = form["tried"][0]
    cycle["started"], cycle["reviewed"] = cycle["reviewed"], cycle["started"]
    return [("tried.0.reviewed", "date-order")]


def _born_as_one_writes(form: Form, today: date) -> Iterable[Fault]:
    form["child"]["born"] = date.fromisoformat(form["child"]["born"]).strftime("%d/%m/%Y")
    return [("child.born", "not-a-date")]


def _born_in_future(form: Form, today: date) -> Iterable[Fault]:
    form["child"]["born"] = date(today.year + 10, 5, 4).isoformat()
    return [("child.born", "date-in-future")]


def _own_age(form: Form, today: date) -> Iterable[Fault]:
    form["child"]["born"] = date(today.year - 41, 3, 9).isoformat()
    return [("child.born", "age-out-of-range")]


def _need_unassessed(form: Form, today: date) -> Iterable[Fault]:
    form["child"] |= {"primary_need": "NSA", "sen_provision": "E"}
    return [("child.primary_need", "nsa-only-with-k")]


def _need_twice(form: Form, today: date) -> Iterable[Fault]:
    form["child"]["other_needs"] = [form["child"]["primary_need"]]
    return [("child.other_needs", "need-repeated")]


def _no_way_to_tell(form: Form, today: date) -> Iterable[Fault]:
    form["adults"][0] |= {"may_be_told": True}
    form["adults"][0].pop("email", None)
    form["adults"][0].pop("phone", None)
    return [("adults.0", "contact-missing")]


def _urgent_without_a_day(form: Form, today: date) -> Iterable[Fault]:
    form["placement"] |= {"urgent": True}
    form["placement"].pop("need_by", None)
    return [("placement.need_by", "need-by-missing")]


_PART = {"trigger": "school-referral", "provision": "special-school"}
_NO_DRAFT_DATE = _drop(
    "placement.dates.draft_served", ("placement.dates.draft_served", "draft-served-missing")
)
_NO_MEETING = _drop(
    "placement.dates.review_meeting", ("placement.dates.review_meeting", "review-meeting-missing")
)
_TWO_SIGNS = _set("adults.0.email", "parent@@example.org", ("adults.0.email", "email-invalid"))
_BOTH = _set("child.no_upn_reason", "not-yet-assigned", ("child.no_upn_reason", "upn-and-reason"))
_DISAGREED = _set("agreement", {"agreed": False}, ("agreement.disagreement", "disagreement-missing"))
_OTHER_WORDS = _set("child.primary_need", "ADHD", ("child.primary_need", "not-in-list"))
_OFFICE = _set("referrer.email", "the office", ("referrer.email", "email-invalid"))
_SHORT = _set("adults.0.phone", "01", ("adults.0.phone", "phone-invalid"))
_LEFT_OUT = _drop("placement", ("placement", "placement-missing"))
_UNASKED = _set("placement", _PART, ("placement", "placement-not-asked"))

DEFECTS: tuple[Defect, ...] = (
    Defect("wrong check letter", "upn", _wrong_check_letter, _has_upn),
    Defect("no pupil number and no reason", "upn", _no_upn),
    Defect("number and reason", "upn", _BOTH, _has_upn),
    Defect("URN too short", "urn", _set("urn", "9004", ("urn", "urn-format"))),
    Defect("URN of nowhere", "urn", _set("urn", "999999", ("urn", "urn-unknown")), event=False),
    Defect("URN of a stranger", "urn", _set("urn", "999999", ("urn", "urn-not-yours")), event=True),
    Defect("misspelt field", "name", _misspelt_name),
    Defect("date as one writes it", "born", _born_as_one_writes),
    Defect("born in the future", "born", _born_in_future, _is_young),
    Defect("the teacher's own date of birth", "born", _own_age, _is_young),
    Defect("need in other words", "need", _OTHER_WORDS),
    Defect("need not assessed", "need", _need_unassessed),
    Defect("need named twice", "need", _need_twice),
    Defect("two @ signs", "adult", _TWO_SIGNS, _has_address),
    Defect("telephone cut off", "adult", _SHORT),
    Defect("to be told, but how", "adult", _no_way_to_tell),
    Defect("no adult", "adult born", _set("adults", [], ("adults", "adult-missing")), _is_young),
    Defect(
        "who agreed", "agreement", _drop("agreement.by", ("agreement.by", "agreement-by-missing")), _agreed
    ),
    Defect(
        "agreed when", "agreement", _drop("agreement.on", ("agreement.on", "agreement-on-missing")), _agreed
    ),
    Defect("agreed in the future", "agreement", _tomorrow, _agreed),
    Defect(
        "yes in words",
        "agreement",
        _set("agreement.agreed", "yes", ("agreement.agreed", "wrong-type")),
        _agreed,  # of a family that disagreed nobody wrote down who agreed, and when
    ),
    Defect("not agreed, nothing said", "agreement", _DISAGREED),
    Defect("reviewed before it began", "tried", _reviewed_before_begun),
    Defect("no narrative", "narrative", _drop("narrative", ("narrative", "missing"))),
    Defect("an empty narrative", "narrative", _set("narrative", "   ", ("narrative", "empty"))),
    Defect("referrer's address", "referrer", _OFFICE),
    Defect("placement part left out", "placement dates", _LEFT_OUT, _is_placement),
    Defect("placement not asked for", "placement dates", _UNASKED, lambda form: not _is_placement(form)),
    Defect("urgent, but by when", "placement dates", _urgent_without_a_day, _is_placement),
    Defect("draft's date", "dates", _NO_DRAFT_DATE, _is_statutory("draft-plan")),
    Defect("meeting's date", "dates", _NO_MEETING, _is_statutory("annual-review")),
)


def spoil(form: Form, today: date, event: bool, random: Random) -> frozenset[Fault]:
    """Makes one to three mistakes in ``form``; answers the faults that must be named, no more and no fewer.

    ``event`` tells whether the form goes the way of events.
    """
    faults: set[Fault] = set()
    spoilt: set[str] = set()
    for _ in range(random.choices((1, 2, 3), (70, 20, 10))[0]):
        possible = [one for one in DEFECTS if _can(one, form, event, spoilt)]
        chosen = random.choice(possible)
        faults |= set(chosen.plant(form, today))
        spoilt |= set(chosen.parts.split())
    return frozenset(faults)


def _can(defect: Defect, form: Form, event: bool, spoilt: set[str]) -> bool:
    apart = spoilt.isdisjoint(defect.parts.split())
    return apart and defect.event in (None, event) and defect.fits(form)
