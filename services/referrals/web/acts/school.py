"""What a school does with a referral that it has sent."""

from collections.abc import Mapping
from typing import Any, get_args

from chassis.web.fields import Fields, options
from schemas.codes import AsksFor, Need, SenProvision
from schemas.submissions_v1 import Cycle
from schemas.words import NEEDS, WITHDRAWALS
from services.referrals.domain import commands
from services.referrals.domain.queues import stage
from services.referrals.domain.referral import Referral
from services.referrals.domain.words import ASKS_WORDS, SEN_PROVISION_WORDS
from services.referrals.web.acts.act import Act, Target


def _open(referral: Referral) -> bool:
    return stage(referral) not in ("ended", "panel")


def _answer(fields: Fields, target: Target) -> object:
    words = fields.words("words", "Write your answer.")
    return commands.AnswerInformation(**target.about, words=words)


def _amend(fields: Fields, target: Target) -> object:
    """Only what was changed goes into the command; a new round of support is put behind the others."""
    sent, papers = target.referral, target.papers
    narrative = fields.words("narrative", "Write what the referral is about.")
    need = fields.choice("primary_need", get_args(Need), "Choose the main need.")
    asks_for = fields.choice("asks_for", get_args(AsksFor), "Choose what is asked for.")
    provision = fields.choice("sen_provision", get_args(SenProvision), "Choose what the child has now.")
    cycle = _cycle(fields)
    reason = fields.words("reason", "Write why you change it.")
    kept = papers.papers.tried if papers else ()
    changes = commands.Amendment(
        narrative=narrative if papers is None or narrative != papers.papers.narrative else None,
        tried=(*(Cycle.model_validate(each.model_dump()) for each in kept), cycle) if cycle else None,
        asks_for=asks_for if asks_for != sent.asks_for else None,
        primary_need=need if need != sent.primary_need else None,
        sen_provision=provision if provision != sent.sen_provision else None,
    )
    if changes == commands.Amendment() and not fields.faults:
        fields.fault("narrative", "nothing-changed", "Nothing is changed yet: change something, or go back.")
    return commands.AmendReferral(**target.about, child_id=sent.child_id, changes=changes, reason=reason)


def _cycle(fields: Fields) -> Cycle | None:
    """One more round of assess, plan, do, review, where one was written."""
    typed = fields.typed
    if not any((typed.get("put_in_place"), typed.get("changed"), fields.has_day("started"))):
        return None
    started = fields.day("started", "Give the day on which it started.", last=fields.today)
    reviewed = fields.day(
        "reviewed",
        "Give the day on which you looked at how it went.",
        first=started,
        too_early="It was reviewed after it started: give a later day.",
        last=fields.today,
    )
    put = fields.words("put_in_place", "Write what you put in place.")
    changed = fields.words("changed", "Write what changed.")
    if fields.faults:
        return None
    return Cycle(started=started, reviewed=reviewed, put_in_place=put, changed=changed)


def _amendable(target: Target) -> Mapping[str, Any]:
    papers = target.papers
    return {
        "now": {
            "narrative": papers.papers.narrative if papers else "",
            "primary_need": target.referral.primary_need,
            "asks_for": target.referral.asks_for,
            "sen_provision": target.referral.sen_provision,
        },
        "needs": options(NEEDS),
        "asks": options(ASKS_WORDS),
        "provisions": options(SEN_PROVISION_WORDS),
    }


def _withdraw(fields: Fields, target: Target) -> object:
    reason = fields.choice("reason", WITHDRAWALS, "Choose why you withdraw it.")
    return commands.WithdrawReferral(**target.about, reason=reason)


SCHOOL = (
    Act("answer", "Answer the team", "Send the answer", ("referral:change",),
        lambda r: stage(r) == "school", _answer, "Your answer has been sent, and the team has the referral again."),
    Act("amend", "Change the referral", "Send the change", ("referral:change",),
        _open, _amend, "The change has been sent.", offers=_amendable),
    Act("withdraw", "Withdraw the referral", "Withdraw it", ("referral:change",),
        lambda r: stage(r) != "ended", _withdraw,
        "It is withdrawn; where a panel holds the case, the panel is asked and answers.", warns=True,
        offers=lambda _: {"reasons": options(WITHDRAWALS)}),
)  # fmt: skip
