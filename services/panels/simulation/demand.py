"""The cases that come: those of the real queue, or as many as the published figures let expect.

What is published is the number of requests for a needs assessment. How many of them end before a panel, and how they
come there, is not: `Assumed` names each such figure with its default.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time, timedelta
from random import Random
from typing import Annotated, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chassis.calendar import WorkingCalendar, at, london_date
from schemas.codes import Area, Trigger
from services.panels.domain.cases.case import Case
from services.panels.domain.legal.clocks import Dates, deadline, urgent_by
from services.panels.simulation.arrival import Arrival
from services.panels.simulation.figures import NEW_PLANS_BY_NEED, REQUESTS_BY_PHASE

T = TypeVar("T")
Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0, le=100)]
AREAS: tuple[Area, ...] = get_args(Area)
_DAY = timedelta(days=1)
_MORNING = time(9)


class Days(BaseModel):
    """From so many days to so many, each as likely as the other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    least: int = Field(ge=0, le=400)
    most: int = Field(ge=0, le=400)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.most < self.least:
            raise ValueError("most is less than least: swap the two")
        return self

    def draw(self, chance: Random) -> int:
        """One of them."""
        return chance.randint(self.least, self.most)


class Assumed(BaseModel):
    """What nobody has published. Whoever has an authority's own figures puts them in its place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cases_per_request: float = Field(0.3, gt=0, le=5, description="placement cases for each request")
    from_drafts: Share = Field(
        0.6, description="of the cases: from a draft plan; the others from an annual review"
    )
    draft_after: Days = Field(
        Days(least=78, most=119), description="days from request to the case, of draft plans"
    )
    review_after: Days = Field(
        Days(least=1, most=10), description="days from the meeting to the case, of reviews"
    )
    urgent: Share = Field(0.05, description="of the cases: urgent")
    incomplete: Share = Field(0.25, description="of the cases: opened before all papers are there")
    papers_after: Days = Field(Days(least=3, most=28), description="days until the papers of those are there")
    deferred: Share = Field(0.08, description="of the cases: deferred by the first panel that hears them")
    back_after: Days = Field(Days(least=10, most=28), description="days until those are complete again")
    withdrawn: Share = Field(0.04, description="of the cases: taken back if they were not heard before")
    withdrawn_after: Days = Field(Days(least=5, most=90), description="days until those are taken back")
    areas: tuple[Weight, ...] = Field(
        (1.0,) * 9, min_length=9, max_length=9, description="how much comes from each of the nine areas"
    )
    months: tuple[Weight, ...] = Field(
        (1.0,) * 12, min_length=12, max_length=12, description="how much comes on a working day of each month"
    )

    @model_validator(mode="after")
    def _something_comes(self) -> Self:
        if not any(self.months) or not any(self.areas):
            raise ValueError("nothing comes at all: give a month and an area more than 0")
        return self

    @property
    def hearings(self) -> float:
        """How many places a case takes on average, where none is withdrawn for waiting long."""
        return 1 + self.deferred


def of_figures(
    requests: int, assumed: Assumed, first: date, years: int, working: WorkingCalendar, seed: int
) -> list[Arrival]:
    """The cases of so many years, the year's number in each of them, on working days drawn from the seed."""
    chance = Random(f"{seed} {requests} {first}")
    a_year = round(requests * assumed.cases_per_request)
    opened: list[date] = []
    for year in range(years):
        days = _working_days(first, year, working)
        weights = [assumed.months[day.month - 1] for day in days]
        opened += sorted(chance.choices(days, weights, k=a_year))
    return [_drawn(number, day, assumed, working, chance) for number, day in enumerate(opened)]


def end_of(first: date, years: int) -> date:
    """The last day of a period of whole years."""
    return first.replace(year=first.year + years, day=min(first.day, 28)) - _DAY


def _working_days(first: date, year: int, working: WorkingCalendar) -> list[date]:
    begins = end_of(first, year) + _DAY
    days = (begins + _DAY * n for n in range((end_of(first, year + 1) - begins).days + 1))
    return [day for day in days if working.is_working_day(day)]


def _drawn(number: int, day: date, assumed: Assumed, working: WorkingCalendar, chance: Random) -> Arrival:
    """Every draw is made for every case, so that changing one share leaves the others' cases as they were."""
    draft, urgent, incomplete, deferred, withdrawn = (chance.random() for _ in range(5))
    after = assumed.draft_after.draw(chance), assumed.review_after.draw(chance)
    papers, back, gone = (
        days.draw(chance) for days in (assumed.papers_after, assumed.back_after, assumed.withdrawn_after)
    )
    opened = day.toordinal()
    return Arrival(
        number=number,
        opened=opened,
        complete=opened + (papers if incomplete < assumed.incomplete else 0),
        due=_due(day, after, draft < assumed.from_drafts, urgent < assumed.urgent, working),
        urgent=urgent < assumed.urgent,
        area=chance.choices(AREAS, assumed.areas)[0],
        phase=_one_of(REQUESTS_BY_PHASE, chance),
        need=_one_of(NEW_PLANS_BY_NEED, chance),
        withdrawn=opened + gone if withdrawn < assumed.withdrawn else None,
        back_after=back if deferred < assumed.deferred else None,
    )


def _due(day: date, after: tuple[int, int], draft: bool, urgent: bool, working: WorkingCalendar) -> int:
    """By the law's own clock from the date that lies so many days back; an urgent case sooner."""
    trigger: Trigger = "draft-plan" if draft else "annual-review"
    began = day - timedelta(days=after[0] if draft else after[1])
    dates = Dates(request_received=began) if draft else Dates(review_meeting=began)
    clock = deadline(trigger, dates)
    assert clock is not None
    return min(clock.on, urgent_by(at(day, _MORNING), None, working) if urgent else clock.on).toordinal()


def _one_of(weights: Mapping[T, int], chance: Random) -> T:
    return chance.choices(list(weights), list(weights.values()))[0]


def of_queue(cases: Iterable[Case]) -> list[Arrival]:
    """The cases of the service as they came. What is still incomplete stays so; deferrals are not played again."""
    ordered: Sequence[Case] = sorted(cases, key=lambda case: (case.opened_at, case.case_id))
    return [_as_it_came(number, case) for number, case in enumerate(ordered)]


def _as_it_came(number: int, case: Case) -> Arrival:
    complete = case.complete_at if case.due_on is not None else None
    return Arrival(
        number=number,
        opened=london_date(case.opened_at).toordinal(),
        complete=london_date(complete).toordinal() if complete else None,
        due=case.due_on.toordinal() if case.due_on else None,
        urgent=case.urgent,
        area=case.area,
        phase=case.phase,
        need=case.need,
        provision=case.provision,
        panel=case.panel,
        withdrawn=london_date(case.withdrawal.at).toordinal() if case.withdrawal else None,
    )
