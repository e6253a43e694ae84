"""Local high needs funding: each area's fund, and what is asked and recommended for one case."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.storage import Connection
from chassis.web.fields import Fields, options
from chassis.web.problems import Problem
from chassis.web.start import Task
from services.panels import arrangements, views
from services.panels.domain.cases.case import Case
from services.panels.domain.commands import RecordRecommendation
from services.panels.domain.funds import MOST, Fund, codes_of, financial_year, funds
from services.panels.domain.judged import Funding
from services.panels.domain.sittings.arranging import AskAmount
from services.panels.web.desk import Desk, Seeing
from services.panels.web.small_page import CASES, Sight, SmallPage
from services.panels.web.wording import GIVES

#: What the form of a recommendation offers; the first three are agreed.
CHOICES = {
    **{gives: f"agreed: {words}" for gives, words in GIVES.items()},
    "not-agreed": "not agreed",
    "more-information": "more information is needed",
}


def tasks(codes: Sequence[str]) -> tuple[Task, ...]:
    """The entry of the start page, where there are such panels."""
    if not codes:
        return ()
    return (
        Task("Funds", "/funds", "What each area’s fund had asked, agreed and left.", "case:see", "Funds"),
    )


def router(desk: Desk) -> APIRouter:
    """The pages."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/funds")
    async def all_funds(request: Request, person: Seeing, year: str = "") -> Response:
        """The funds of this person's panels in a financial year, by default the present one; no case is named."""
        codes = [code for code in codes_of(desk.book) if desk.sees_panel(person, code)]
        async with desk.running.pool.acquire() as conn:
            rows = await in_year(desk, conn, codes, year)
        return desk.look.page(
            "funds.html",
            request,
            person=person,
            rows=[(views.panel_name(desk.book, each.panel), each) for each in rows],
            year=year_of(desk, year),
            years=years(desk),
            words=GIVES,
        )

    FUNDING.add(routes, desk)
    return routes


async def in_year(desk: Desk, conn: Connection, codes: Sequence[str], year: str) -> list[Fund]:
    """The funds of these panels in a financial year; of the present one where an address names none that there is."""
    cases = await arrangements.of_panels(conn, codes)
    return funds(desk.book, codes, cases, year_of(desk, year), desk.today)


def years(desk: Desk) -> list[str]:
    """The financial years for which a panel's file names a budget, and the present one."""
    named = {year for panel in desk.book.panels if panel.fund for year in panel.fund.budgets}
    return sorted(named | {financial_year(desk.today)})


def year_of(desk: Desk, text: str) -> str:
    """The year that an address names, the present one where it names none of `years`."""
    return text if text in years(desk) else financial_year(desk.today)


def _amount(fields: Fields, name: str, least: int) -> int:
    number = fields.number(name)
    if number is None or not least <= number <= MOST:
        fields.fault(name, "no-amount", f"Write whole pounds, from {least} to {MOST:,}, as 4500.")
    return number or 0


async def _read(fields: Fields, at: Sight[Case]) -> AskAmount | RecordRecommendation:
    """The amount, or the recommendation, by the button that was pressed."""
    if fields.typed.get("act") == "recommend":
        return _recommending(fields, at.thing)
    return _asking(fields, at.thing.case_id)


def _asking(fields: Fields, case_id: str) -> AskAmount:
    return AskAmount(case_id, _amount(fields, "amount", 1), fields.number("seen"))


def _recommending(fields: Fields, case: Case) -> RecordRecommendation:
    choice = fields.choice("gives", CHOICES, "Choose what the panel recommends.")
    funding = None
    if choice in GIVES:
        agreed = 0 if choice == "support" else _amount(fields, "agreed", 1)
        if case.amount_asked is None:
            fields.fault("amount", "missing", "First save what is asked for.")
        funding = Funding(gives=choice, asked=case.amount_asked or 0, agreed=agreed)
    return RecordRecommendation(
        case_id=case.case_id,
        sitting_id=case.listing.sitting_id if case.listing else "",
        outcome="agreed" if choice in GIVES else choice,
        provision=None,
        reasons=fields.words("reasons", "Write the reasons: the family is told them."),
        seen=fields.number("seen"),
        funding=funding,
    )


async def _shown(at: Sight[Case]) -> Mapping[str, Any]:
    """What is asked, and once its sitting has begun, what is recommended. Raises Problem 404 without a fund."""
    case, desk = at.thing, at.desk
    if case.kind != "high-needs-funding":
        raise Problem(404, "no-funding", "This case is before no panel that decides on funding.")
    (fund,) = await in_year(desk, at.conn, [case.panel], "")
    begun = case.listing is not None and case.listing.sits_at <= desk.now
    return {
        "fund": fund,
        "decided": case.recommendation.funding if case.recommendation else None,
        "words": GIVES,
        "choices": options(CHOICES),
        "may_ask": case.status in ("incomplete", "queued", "listed", "deferred"),
        "may_recommend": begun and case.status in ("listed", "heard"),
    }


FUNDING = SmallPage(
    CASES, "funding", "Funding", "case:coordinate", _read, "It is kept.", shows=_shown,
    then=lambda at: f"/cases/{at.thing.case_id}/funding",
)  # fmt: skip
