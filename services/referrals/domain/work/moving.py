"""What every step of the work shares: whose turn it is, the version that was seen, the entry in the history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from chassis.calendar import london_date
from chassis.decision import Changes, Decision, Ref, Refused, World
from schemas.envelope import Event
from schemas.personal_v1 import Said
from services.referrals.domain.commands import OnReferral
from services.referrals.domain.referral import (
    CLOCK,
    ENDED,
    PANELS,
    PAPERS,
    REFERRAL,
    WITH_SCHOOL,
    Papers,
    Referral,
    Status,
    Step,
    What,
    known,
)
from services.referrals.domain.work.promises import fall_due
from services.referrals.domain.work.saying import what_happened

About = Literal["advice", "question", "answer", "visit", "visit-report", "outcome", "review", "reason"]


class ChangedMeanwhile(Refused):
    """Somebody else was quicker. ``steps`` are what they did since the version that was seen."""

    def __init__(self, steps: Sequence[Step]) -> None:
        done = "; ".join(what_happened(each) for each in steps) or "it was changed"
        super().__init__(
            "changed-meanwhile",
            f"Somebody else changed this referral since you opened it: {done}. Nothing of yours was done. "
            "Look at it again, then decide.",
        )
        self.steps = tuple(steps)


def seen(referral: Referral | None, command: OnReferral) -> Referral:
    """The referral as whoever acts saw it. Raises Refused, ChangedMeanwhile where it is another one by now."""
    referral = known(referral)
    if command.seen is not None and command.seen != referral.version:
        raise ChangedMeanwhile([each for each in referral.history if each.version > command.seen])
    return referral


def with_a_team(referral: Referral) -> Referral:
    """The referral. Raises Refused where a panel holds it, or will."""
    if referral.destination_kind in PANELS:
        raise Refused(
            "with-a-panel", "A panel holds this case: record what happens to it in the panels service."
        )
    return referral


def at_work(referral: Referral | None, command: OnReferral) -> Referral:
    """The referral, which the team has. Raises Refused where it has not."""
    referral = with_a_team(seen(referral, command))
    if referral.status in WITH_SCHOOL:
        raise Refused(
            "with-the-school", "The school has this referral now: wait for its answer, or close it."
        )
    if referral.status in ENDED:
        raise Refused("ended", "This referral has ended: reopen it first.")
    return referral


def day_ahead(day: date, today: date, what: str) -> date:
    """The day. Raises Refused where it has passed."""
    if day < today:
        raise Refused("date-passed", f"{what} must not lie in the past: give a later day.")
    return day


@dataclass(frozen=True, slots=True)
class Move:
    """One step of one person, at one instant: what makes the entry in the history."""

    command: OnReferral
    now: datetime

    @property
    def today(self) -> date:
        """The day in London."""
        return london_date(self.now)

    def of(
        self,
        referral: Referral,
        what: What,
        *,
        status: Status | None = None,
        detail: str | None = None,
        on: date | None = None,
        to: str | None = None,
        **facts: object,
    ) -> Referral:
        """The referral after it. ``status`` None leaves it where it was."""
        version = referral.version + 1
        step = Step(version=version, at=self.now, by=self.command.by, what=what, detail=detail, on=on, to=to)
        changed: dict[str, Any] = {
            "version": version,
            "history": (*referral.history, step),
            "changed_at": self.now,
            **facts,
        }
        if status is not None:
            changed["status"] = status
        return referral.model_copy(update=changed)


def noted(referral: Referral, what: What, now: datetime, by: str = CLOCK, **step: Any) -> Referral:
    """The referral with an entry in its history that no person made: its version stays."""
    entry = Step(version=referral.version, at=now, by=by, what=what, **step)
    return referral.model_copy(update={"history": (*referral.history, entry)})


def decided(before: Referral | None, after: Referral, now: datetime, *events: Event) -> Decision[Referral]:
    """The decision: the new state, its facts, and what falls due differently from now on."""
    return Decision(after, events, due=fall_due(before, after, now), answer=answer(after))


def answer(referral: Referral) -> dict[str, Any]:
    """What whoever acted is told: where it is, by when, and the version to act on next."""
    by = referral.school_answers_by if referral.status in WITH_SCHOOL else _by(referral)
    return {"status": referral.status, "by": by and by.isoformat(), "version": referral.version}


def _by(referral: Referral) -> date | None:
    if referral.status in ("routed", "accepted"):
        return referral.promise
    return referral.review_on if referral.status == "concluded" else None


def together(
    world: World,
    decision: Decision[Referral],
    about: About = "reason",
    words: str | None = None,
    **papers: object,
) -> Changes:
    """The decision on a referral with what was written, which is kept in the papers under its version.

    Raises Refused where the papers are gone.
    """
    state = decision.state
    assert state is not None  # every step of the work has a state
    decisions: dict[Ref, Decision[Any]] = {REFERRAL.at(state.id): decision}
    if words is not None or papers:
        kept = world.get(PAPERS, state.id)
        decisions[PAPERS.at(state.id)] = written(kept, state.version, about, words, **papers)
    return Changes(decisions, answer=decision.answer)


def written(
    papers: Papers | None, version: int, about: About, words: str | None, **changed: object
) -> Decision[Papers]:
    """The papers with what somebody wrote."""
    if papers is None:
        raise Refused("papers-unknown", "The papers of this referral are gone: it may have been erased.")
    if words is not None:
        said = Said(version=version, about=about, words=words)
        changed["said"] = (*papers.papers.said, said)
    new = papers.papers.model_copy(update=changed)
    return Decision(papers.model_copy(update={"papers": new}), (new,))
