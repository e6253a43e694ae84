"""Small questions for the planner, and their answers by trying everything."""

from collections.abc import Iterator
from itertools import product

from hypothesis import strategies as st

from services.panels.planning.blocks import Block, Member, Session
from services.panels.planning.levels import worth
from services.panels.planning.order import LAST, ORDER, Level
from services.panels.planning.problem import Problem

Plan = tuple[int, ...]


@st.composite
def questions(draw: st.DrawFn, blocks: int = 5, sessions: int = 3) -> Problem:
    """A handful of blocks, some of siblings, some urgent, some told a date; seats and minutes are scarce."""
    days = sorted(draw(st.lists(st.integers(20, 60), min_size=1, max_size=sessions)))
    rooms = [
        Session(f"s{number}", day, draw(st.integers(0, 4)), draw(st.integers(0, 100)))
        for number, day in enumerate(days)
    ]
    count = draw(st.integers(1, blocks))
    asked = [draw(_block(number, len(rooms))) for number in range(count)]
    return Problem(sorted(asked, key=lambda block: block.turn), rooms)


@st.composite
def _block(draw: st.DrawFn, number: int, sessions: int) -> Block:
    received = draw(st.integers(0, 30))
    members = tuple(
        Member(
            f"case-{number}-{member}",
            due=draw(st.integers(10, 70)),
            need_by=draw(st.none() | st.integers(15, 45)),
            weight=draw(st.integers(1, 3)),
        )
        for member in range(draw(st.sampled_from([1, 1, 1, 2])))
    )
    open_to = tuple(s for s in range(sessions) if draw(st.integers(0, 4)))
    told = draw(st.none() | st.sampled_from(open_to)) if open_to else None
    return Block(members, received, draw(st.sampled_from([15, 20, 30, 45])), open_to, told)


def best_by_trying(problem: Problem, order: tuple[Level, ...] = (*ORDER, *LAST)) -> list[int]:
    """The value of each level in the best of all plans."""
    tables = [worth(problem, level).tolist() for level in order]
    return list(
        max(tuple(sum(table[pair] for pair in plan) for table in tables) for plan in every_plan(problem))
    )


def every_plan(problem: Problem) -> Iterator[Plan]:
    """Every way to list some of the blocks, within the seats and minutes; each as numbers of pairs."""
    choices: list[list[int | None]] = []
    pair = 0
    for block in problem.blocks:
        choices.append([None, *range(pair, pair + len(block.sessions))])
        pair += len(block.sessions)
    for chosen in product(*choices):
        plan = tuple(one for one in chosen if one is not None)
        if fits(problem, plan):
            yield plan


def fits(problem: Problem, plan: Plan) -> bool:
    """Whether no sitting gets more cases or minutes than it has."""
    for number, session in enumerate(problem.sessions):
        here = [problem.blocks[problem.block_of[pair]] for pair in plan if problem.session_of[pair] == number]
        if sum(block.size for block in here) > session.cases:
            return False
        if sum(block.minutes for block in here) > session.minutes:
            return False
    return True
