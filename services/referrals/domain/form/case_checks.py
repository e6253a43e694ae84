"""Checks of agreement, dates and what is asked of a panel."""

from collections.abc import Iterator
from datetime import date

from schemas.submissions_v1 import Fault, ReferralSubmission
from services.referrals.domain.form.about import About, Rule, needed
from services.referrals.domain.form.faults import fault
from services.referrals.domain.form.reading import Malformed


def _agreement_is_recorded(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    # Schools agree with parents, or the young person, before they call in specialists (SEND code 6.39, 6.48).
    agreement = form.agreement
    if not agreement.agreed:
        if agreement.disagreement is None:
            yield fault("agreement.disagreement", "disagreement-missing")
        return
    yield from needed(agreement, "agreement.by", "by", "agreement-by-missing")
    yield from needed(agreement, "agreement.on", "on", "agreement-on-missing")


def _dates_are_past_and_in_order(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    born = _read(form.child, "born")
    yield from _past("agreement.on", _read(form.agreement, "on"), born, about)
    for index, cycle in enumerate(form.tried):
        started = _read(cycle, "started")
        yield from _past(f"tried.{index}.started", started, born, about)
        yield from _past(f"tried.{index}.reviewed", _read(cycle, "reviewed"), started, about)


def _papers_are_dated_in_the_past(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    for index, paper in enumerate(form.evidence):
        yield from _past(f"evidence.{index}.dated", _read(paper, "dated"), None, about)


def _statutory_dates_are_past_and_in_order(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    if form.placement is None:
        return
    dates, born = form.placement.dates, _read(form.child, "born")
    received = _read(dates, "request_received")
    yield from _past("placement.dates.request_received", received, born, about)
    yield from _past("placement.dates.draft_served", _read(dates, "draft_served"), received or born, about)
    yield from _past("placement.dates.review_meeting", _read(dates, "review_meeting"), born, about)


def _read(part: object, name: str) -> date | None:
    try:
        value: date | None = getattr(part, name)
    except Malformed:
        return None
    return value


def _past(path: str, day: date | None, after: date | None, about: About) -> Iterator[Fault]:
    if day is not None and day > about.today:
        yield fault(path, "date-in-future")
    elif day is not None and after is not None and after <= about.today and day < after:
        yield fault(path, "date-order")


def _the_placement_part_is_there_when_asked_for(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    if form.asks_for == "placement" and form.placement is None:
        yield fault("placement", "placement-missing")
    if form.asks_for != "placement" and form.placement is not None:
        yield fault("placement", "placement-not-asked")
    if form.asks_for != "placement" and about.statutory:
        yield fault("asks_for", "statutory-needs-placement")


def _a_statutory_case_has_its_date(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    if form.placement is None or not about.statutory:
        return
    dates = form.placement.dates
    if form.placement.trigger == "draft-plan":
        yield from needed(dates, "placement.dates.draft_served", "draft_served", "draft-served-missing")
    if form.placement.trigger == "annual-review":
        yield from needed(dates, "placement.dates.review_meeting", "review_meeting", "review-meeting-missing")


def _an_urgent_case_says_by_when(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    if form.placement is None:
        return
    need_by = form.placement.need_by
    if need_by is not None and need_by < about.today:
        yield fault("placement.need_by", "need-by-passed")
    if need_by is None and form.placement.urgent:
        yield fault("placement.need_by", "need-by-missing")


RULES: tuple[Rule, ...] = (
    _agreement_is_recorded,
    _dates_are_past_and_in_order,
    _papers_are_dated_in_the_past,
    _statutory_dates_are_past_and_in_order,
    _the_placement_part_is_there_when_asked_for,
    _a_statutory_case_has_its_date,
    _an_urgent_case_says_by_when,
)
