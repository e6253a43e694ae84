"""Local high needs funding: what a panel may agree to, and what each area's fund has had asked, agreed and left.

The outcome is funding, support, or both. A financial year begins on 1 April.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import get_args

from chassis.calendar import london_date
from chassis.decision import Decision, Refused
from schemas.panels_v1 import Gives
from services.panels.domain.cases.case import Case, as_seen
from services.panels.domain.faults import Wrong
from services.panels.domain.judged import Judgement
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.sittings.arranging import AskAmount

GIVES: tuple[Gives, ...] = get_args(Gives)
#: More than any area asks for one child, in pounds.
MOST = 200_000
_OPEN = ("incomplete", "queued", "listed", "deferred")


@dataclass(frozen=True, slots=True)
class Fund:
    """One area's fund in one financial year, in pounds. ``budget`` is None where the panel's file names none.

    ``asked`` counts what was decided in that year and, in the present one, what is still to be decided; a decision
    that was corrected counts as it holds.
    """

    panel: str
    year: str
    budget: int | None
    asked: int
    agreed: int
    decided: int
    waiting: int
    gave: dict[str, int]

    @property
    def left(self) -> int | None:
        """What may still be agreed; below nothing where more was agreed than there is."""
        return None if self.budget is None else self.budget - self.agreed


def financial_year(day: date) -> str:
    """The financial year of a day: ``2026-27`` from 1 April 2026 to 31 March 2027."""
    first = day.year if day.month >= 4 else day.year - 1
    return f"{first}-{(first + 1) % 100:02}"


def funds(book: PanelBook, codes: Iterable[str], cases: Sequence[Case], year: str, today: date) -> list[Fund]:
    """The funds of these panels in a financial year, in order."""
    return [_fund(book, code, [case for case in cases if case.panel == code], year, today) for code in codes]


def codes_of(book: PanelBook) -> list[str]:
    """The panels that decide on funding, each once, in order."""
    return sorted({panel.code for panel in book.panels if panel.kind == "high-needs-funding"})


def _fund(book: PanelBook, code: str, cases: Sequence[Case], year: str, today: date) -> Fund:
    versions = [panel.fund.budgets for panel in book.panels if panel.code == code and panel.fund]
    budgets = [each[year] for each in versions if year in each]
    decided = [each for each in cases if each.decision and _year_of(each.decision.decided_at) == year]
    waiting = [each for each in cases if each.status not in ("decided", "withdrawn")]
    if financial_year(today) != year:
        waiting = []
    given = [each.in_force.funding for each in decided if each.in_force and each.in_force.funding]
    refused = [each.amount_asked or 0 for each in decided if each.in_force and not each.in_force.funding]
    open_now = [each.amount_asked or 0 for each in waiting]
    return Fund(
        panel=code,
        year=year,
        budget=budgets[-1] if budgets else None,
        asked=sum(each.asked for each in given) + sum(refused) + sum(open_now),
        agreed=sum(each.agreed for each in given),
        decided=len(decided),
        waiting=len(waiting),
        gave=dict(Counter(each.gives for each in given)),
    )


def _year_of(moment: datetime) -> str:
    return financial_year(london_date(moment))


def ask_amount(case: Case | None, command: AskAmount, now: datetime) -> Decision[Case]:
    """What is asked for, in pounds. Raises Refused for a case of another kind, or once it was heard."""
    case = as_seen(case, command.seen)
    if case.kind != "high-needs-funding":
        raise Refused("no-funding", "This case is before no panel that decides on funding.")
    if case.status not in _OPEN:
        raise Refused("case-not-open", f"The case is {case.status}: what is asked for can change no more.")
    after = case.noted("amount-asked", now, amount_asked=command.amount)
    return Decision(after, answer={"case_id": case.case_id, "amount_asked": command.amount})


def check_funding(given: Judgement) -> None:
    """Raises Refused, naming the field, unless what is agreed names funding, support or both, and amounts that fit."""
    funding = given.funding
    wrong = None
    if given.provision is not None or given.setting_urn is not None:
        wrong = Wrong(
            "provision", "provision-not-expected", "must be left out: this panel decides on funding"
        )
    elif given.outcome != "agreed":
        wrong = (
            Wrong("gives", "funding-not-expected", "must be left out unless it is agreed")
            if funding
            else None
        )
    elif funding is None:
        wrong = Wrong(
            "gives", "funding-missing", "names what is agreed: funding, support or both, with the amount"
        )
    elif (funding.agreed == 0) != (funding.gives == "support"):
        wrong = Wrong(
            "agreed", "amount-does-not-fit", "is 0 where only support is given, and more than 0 otherwise"
        )
    elif funding.agreed > funding.asked:
        wrong = Wrong("agreed", "more-than-asked", "must not be more than what is asked for")
    if wrong:
        raise Refused("funding-does-not-fit", "What is agreed does not fit.", faults=(wrong,))
