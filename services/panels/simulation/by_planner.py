"""Whom a sitting hears, by the planner itself."""

from collections.abc import Sequence

from services.panels.planning.blocks import Block, Member, Session
from services.panels.planning.first import one_by_one
from services.panels.planning.problem import Problem
from services.panels.planning.question import URGENT_WEIGHT
from services.panels.planning.solve import solve
from services.panels.simulation.arrival import Arrival
from services.panels.simulation.rooms import Sat


def planned(waiting: Sequence[Arrival], ahead: Sequence[Sat]) -> list[Arrival]:
    """Those whom the best plan has heard by the first of the sittings ahead, in the order of its panel's levels."""
    problem, cases = asked(waiting, ahead)
    try:
        plan = solve(problem, ahead[0].levels).plan
    except ArithmeticError:
        plan = one_by_one(problem)
    return [cases[problem.block_of[pair]] for pair in plan if problem.session_of[pair] == 0]


def asked(waiting: Sequence[Arrival], ahead: Sequence[Sat]) -> tuple[Problem, Sequence[Arrival]]:
    """The planner's question, and the cases in the order of its blocks."""
    cases = sorted(waiting, key=lambda case: case.turn)
    sessions = [Session(f"{number:04}", sat.day, sat.places, 1_000_000) for number, sat in enumerate(ahead)]
    anywhere = tuple(range(len(sessions)))
    return Problem([Block((_member(case),), case.opened, 0, anywhere) for case in cases], sessions), cases


def _member(case: Arrival) -> Member:
    assert case.due is not None
    name, weight = f"{case.number:08}", URGENT_WEIGHT if case.urgent else 1
    return Member(name, case.due, case.due if case.urgent else None, weight)
