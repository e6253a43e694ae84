"""The rules by which referrals are placed: those in force, and why a child would go where they say."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Request, Response

from chassis.english import capital
from chassis.web.fields import Fields, day_items
from chassis.web.forms import Form, Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault
from chassis.web.start import Task
from schemas.codes import AsksFor, Need, SenProvision, Trigger
from schemas.words import NEEDS, TRIGGERS
from services.referrals.domain.routing.eligibility import asked, for_whom
from services.referrals.domain.routing.explaining import about, tried
from services.referrals.domain.routing.rule_book import in_force, not_in_force
from services.referrals.domain.routing.sending import facts_about, way
from services.referrals.domain.words import ASKS_WORDS
from services.referrals.web.desk import Desk

Reading = Annotated[Person, Depends(signed_in("routing:see"))]
TASKS = (
    Task(
        "Rules of routing",
        "/routing",
        "Which rules are in force, from when, and where they would send a child.",
        "routing:see",
    ),
)
_PROVISION: Mapping[SenProvision, str] = {
    "K": "SEN support, no EHCP",
    "E": "An EHCP",
    "N": "Neither",
}
_OLDEST = 25


def router(desk: Desk) -> APIRouter:
    """The routes of the rules."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/routing")
    async def rules(person: Reading, request: Request) -> Response:
        """The rules in force today, and a form to try them."""
        return _page(desk, request, person, {}, [])

    @routes.post("/routing")
    async def explain(person: Reading, form: Posted, request: Request) -> Response:
        """Where a child of whom these facts are known would go, and which rules were tried. Nothing is kept of it."""
        return _explained(desk, request, person, form)

    return routes


def _explained(desk: Desk, request: Request, person: Person, form: Form) -> Response:
    fields = Fields(form, desk.today)
    setting = desk.book.register.find(form.get("urn"))
    if setting is None:
        fields.fault("urn", "urn-unknown", "Write the number of a school or setting in the register.")
    asks_for: AsksFor = fields.choice("asks_for", get_args(AsksFor), "Choose what is asked for.")
    need: Need = fields.choice("need", get_args(Need), "Choose the main need.")
    provision: SenProvision = fields.choice("sen_provision", _PROVISION, "Choose what the child has now.")
    born = fields.day("born", "Write the date of birth of such a child.")
    day = fields.day("on", "Write the day.") if fields.has_day("on") else desk.today
    if not fields.faults and not 0 <= (day - born).days <= _OLDEST * 366:
        fields.fault(
            "born", "age-out-of-range", "On that day the child must have been born, and be under 26."
        )
    if fields.faults or setting is None:
        return _page(desk, request, person, fields.typed, fields.faults)
    trigger = next((each for each in get_args(Trigger) if each == form.get("trigger")), None)
    child = (need, (), provision, form.get("looked_after") == "yes")
    where = desk.book.register.placed(setting, day)
    facts = facts_about(asks_for, child, born, trigger, where, day)
    chosen = way(desk.book.routing, facts)
    outcome = {
        "about": capital(about(facts)),
        "way": chosen,
        "for_whom": for_whom(chosen.destination),
        "asks": asked(chosen.destination),
        "tried": [each for each in tried(desk.book.routing, facts) if each.against],
    }
    return _page(desk, request, person, fields.typed, [], outcome)


def _page(
    desk: Desk,
    request: Request,
    person: Person,
    typed: Mapping[str, str],
    faults: Sequence[Fault],
    outcome: Mapping[str, Any] | None = None,
) -> Response:
    routing, today = desk.book.routing, desk.today
    return desk.look.page(
        "routing/rules.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults,
        typed=typed,
        outcome=outcome,
        today=today,
        rules=in_force(routing, today),
        others=not_in_force(routing, today),
        born_items=day_items("born", typed, faults),
        on_items=day_items("on", typed, faults, _first(typed, today)),
        asks_items=_items(ASKS_WORDS, typed.get("asks_for")),
        need_items=_items(NEEDS, typed.get("need")),
        provision_items=_items(_PROVISION, typed.get("sen_provision")),
        trigger_items=_items({"": "None", **TRIGGERS}, typed.get("trigger")),
    )


def _first(typed: Mapping[str, str], today: date) -> date | None:
    return None if typed else today


def _items(words: Mapping[Any, str], chosen: str | None) -> list[dict[str, Any]]:
    return [
        {"value": code, "text": capital(text), "selected": code == chosen} for code, text in words.items()
    ]
