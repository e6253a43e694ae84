"""What a team does with a referral."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from chassis.english import in_words
from chassis.web.fields import LINE, Fields, options
from schemas.referrals_v1 import PlacementAsk, ShortPlacement
from schemas.words import PROVISIONS
from services.referrals.domain import commands
from services.referrals.domain.queues import stage
from services.referrals.domain.referral import Referral
from services.referrals.domain.words import (
    ASKS_WORDS,
    CLOSING_WORDS,
    CONCLUSION_WORDS,
    HELPED_WORDS,
    RETURN_WORDS,
    VISIT_WORDS,
    WHY_NOW_WORDS,
)
from services.referrals.web.acts.act import Act, Target

DIRECTION_WORDS = {"up": "up: more support than this team gives", "down": "down: less support is enough"}
BUDGET_WORDS = {"yes": "yes", "no": "no", "unknown": "not known yet"}
MOST_ACTIONS = 8


def _with_team(referral: Referral) -> bool:
    return stage(referral) in ("new", "working", "school")


def _on_the_desk(referral: Referral) -> bool:
    return stage(referral) in ("new", "working")


def _working(referral: Referral) -> bool:
    return stage(referral) == "working"


def _accept(fields: Fields, target: Target) -> object:
    by, place = None, None
    if fields.has_day("next"):
        by = fields.day("next", "", first=fields.today)
    if target.referral.destination_kind == "education-support-centre":
        starts = fields.day("starts", "Give the day on which the place begins.", first=fields.today)
        ends = fields.day(
            "ends",
            "Give the day on which the child is to be back.",
            first=starts + timedelta(days=1),
            too_early="The place must end after it begins: give a later day.",
        )
        review = fields.day(
            "review",
            "Give the day on which the place is looked at again.",
            first=starts,
            last=ends,
            too_early="Look at the place after it has begun: give a later day.",
        )
        if not fields.faults:
            place = ShortPlacement(starts_on=starts, ends_on=ends, review_on=review)
    return commands.AcceptReferral(**target.about, next_step_by=by, short_placement=place)


def _return(fields: Fields, target: Target) -> object:
    reason = fields.choice("reason", RETURN_WORDS, "Choose why it goes back to the school.")
    advice = fields.words("advice", "Write your advice: without it a return would be a rejection.")
    by = fields.day("answer", "", first=fields.today) if fields.has_day("answer") else None
    return commands.ReturnReferral(**target.about, reason=reason, advice=advice, school_answers_by=by)


def _assign(fields: Fields, target: Target) -> object:
    to = fields.words("to", "Choose who is to have it.")
    return commands.AssignReferral(**target.about, to=None if to == "nobody" else to)


def _ask(fields: Fields, target: Target) -> object:
    question = fields.words("question", "Write what you need to know.")
    by = fields.day("by", "Give the day by which the school answers.", first=fields.today + timedelta(days=1))
    return commands.AskForInformation(**target.about, question=question, by_day=by)


def _visit(fields: Fields, target: Target) -> object:
    kind = fields.choice("kind", VISIT_WORDS, "Choose what is arranged.")
    on = fields.day("on", "Give the day.", first=fields.today)
    who = fields.words("who", "Write who comes, and whom they meet.", LINE)
    return commands.ArrangeVisit(**target.about, visit_id=target.new_id, kind=kind, on=on, who=who)


def _visit_done(fields: Fields, target: Target) -> object:
    known = {visit.id for visit in target.referral.visits if visit.done_on is None}
    visit = fields.choice("visit", known, "Choose which visit took place.")
    on = fields.day("on", "Give the day on which it took place.", last=fields.today)
    return commands.RecordVisit(**target.about, visit_id=visit, on=on, words=fields.optional("words"))


def _outcome(fields: Fields, target: Target) -> object:
    outcome = fields.choice("outcome", CONCLUSION_WORDS, "Choose what came of it.")
    advice = fields.words("advice", "Write your advice to the school and the family.")
    actions = _actions(fields)
    review = fields.day(
        "review",
        "Give the day on which school and family look at whether it helped.",
        first=fields.today + timedelta(days=1),
        too_early="The review must lie ahead: give a later day.",
    )
    return commands.ConcludeReferral(
        **target.about, outcome=outcome, review_on=review, advice=advice, actions=actions
    )


def _actions(fields: Fields) -> tuple[commands.AgreedAction, ...]:
    """The agreed actions; at least the first must be there, and each must be whole."""
    agreed = []
    for n in range(MOST_ACTIONS):
        begun = any(fields.typed.get(f"{part}-{n}") for part in ("what", "who")) or fields.has_day(f"by-{n}")
        if n and not begun:
            continue
        what = fields.words(f"what-{n}", "Write what is to be done.")
        who = fields.words(f"who-{n}", "Write who is responsible.", LINE)
        by = fields.day(f"by-{n}", "Give the day by which it is done.", first=fields.today)
        agreed.append(commands.AgreedAction(what, who, by))
    return tuple(agreed)


def _review(fields: Fields, target: Target) -> object:
    helped = fields.choice("helped", HELPED_WORDS, "Choose whether it helped.")
    return commands.RecordReview(**target.about, helped=helped, words=fields.optional("words"))


def _step(fields: Fields, target: Target) -> object:
    direction = fields.choice("direction", DIRECTION_WORDS, "Choose whether it goes up or down.")
    asks_for = fields.choice("asks_for", ASKS_WORDS, "Choose what is asked for next.")
    reason = fields.words("reason", "Write why.")
    return commands.StepReferral(
        **target.about,
        next_id=target.new_id,
        child_id=target.referral.child_id,
        direction=direction,
        asks_for=asks_for,
        reason=reason,
        placement=_placement(fields) if asks_for == "placement" else None,
    )


def _placement(fields: Fields) -> PlacementAsk | None:
    provision = fields.choice("provision", PROVISIONS, "Choose which provision is asked for.")
    urgent = fields.typed.get("urgent") == "yes"
    need_by = None
    if urgent:
        need_by = fields.day("need_by", "Give the day by which a place is needed.", first=fields.today)
    trigger, dates = _trigger(fields), _dates(fields)
    if fields.faults:
        return None
    return PlacementAsk(
        trigger=trigger,
        provision=provision,
        urgent=urgent,
        need_by=need_by,
        personal_budget={"yes": True, "no": False}.get(fields.typed.get("personal_budget", "")),
        **dates,
    )


def _trigger(fields: Fields) -> Any:
    if not fields.typed.get("trigger"):
        return "school-referral"
    return fields.choice("trigger", WHY_NOW_WORDS, "Choose why this comes now.")


def _dates(fields: Fields) -> dict[str, date]:
    """The statutory dates as far as they are known; without them the panel shows the case as incomplete."""
    names = ("request_received", "draft_served", "review_meeting")
    known = {name: fields.day(name, "", last=fields.today) for name in names if fields.has_day(name)}
    if "request_received" in known and known.get("draft_served", fields.today) < known["request_received"]:
        fields.fault(
            "draft_served", "before-request", "The plan was served after the request: correct one day."
        )
    return known


def _close(fields: Fields, target: Target) -> object:
    reason = fields.choice("reason", CLOSING_WORDS, "Choose why nobody works on it any more.")
    return commands.CloseReferral(**target.about, reason=reason, words=fields.optional("words"))


def _reopen(fields: Fields, target: Target) -> object:
    return commands.ReopenReferral(**target.about, reason=fields.words("reason", "Write why it goes on."))


def _promise(target: Target) -> Mapping[str, Any]:
    team = target.book.destinations.get(target.referral.destination)
    return {"promise": team, "centre": target.referral.destination_kind == "education-support-centre"}


def _visits(target: Target) -> Mapping[str, Any]:
    waiting = [visit for visit in target.referral.visits if visit.done_on is None]
    return {
        "visits": options({each.id: f"{VISIT_WORDS[each.kind]}, {in_words(each.on)}" for each in waiting})
    }


def _steps(target: Target) -> Mapping[str, Any]:
    return {
        "directions": options(DIRECTION_WORDS),
        "asks": options(ASKS_WORDS),
        "provisions": options(PROVISIONS),
        "triggers": options(WHY_NOW_WORDS),
        "budgets": options(BUDGET_WORDS),
    }


def _review_due(referral: Referral) -> bool:
    return referral.status == "concluded" and referral.helped is None


TEAM = (
    Act("accept", "Take the referral on", "Take it on", ("referral:work",),
        lambda r: stage(r) == "new", _accept, "You have taken the referral on.", offers=_promise),
    Act("assign", "Give it to somebody", "Give", ("queue:allocate",),
        _with_team, _assign, "The referral has been given."),
    Act("ask", "Ask the school for information", "Ask", ("referral:work",),
        _on_the_desk, _ask, "The school has been asked. Your time to answer stands still until it answers."),
    Act("return", "Return it with advice", "Return it", ("referral:work",),
        _on_the_desk, _return, "The referral is back with the school, with your advice.",
        offers=lambda _: {"reasons": options(RETURN_WORDS)}),
    Act("visit", "Arrange a visit or training", "Arrange it", ("referral:work",),
        _working, _visit, "It has been arranged.", offers=lambda _: {"kinds": options(VISIT_WORDS)}),
    Act("visit-done", "Record that a visit took place", "Record it", ("referral:work",),
        lambda r: any(visit.done_on is None for visit in r.visits), _visit_done, "The visit has been recorded.",
        offers=_visits),
    Act("outcome", "Record the outcome", "Record the outcome", ("referral:work",),
        _working, _outcome, "The outcome has been recorded.",
        offers=lambda _: {"outcomes": options(CONCLUSION_WORDS)}),
    Act("review", "Record whether it helped", "Record it", ("referral:work", "referral:change"),
        _review_due, _review, "The review has been recorded.",
        offers=lambda _: {"answers": options(HELPED_WORDS)}),
    Act("step", "Step up or down", "Send it on", ("referral:work",),
        lambda r: stage(r) in ("new", "working") or r.status == "concluded", _step,
        "The referral goes on; the next one is linked below.", offers=_steps),
    Act("close", "Close it", "Close it", ("referral:work",),
        _with_team, _close, "The referral is closed.", warns=True,
        offers=lambda _: {"reasons": options(CLOSING_WORDS)}),
    Act("reopen", "Reopen it", "Reopen it", ("referral:work",),
        lambda r: stage(r) == "ended" and r.destination_kind != "placement-panel", _reopen,
        "The referral is open again."),
)  # fmt: skip
