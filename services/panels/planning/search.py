"""The best whole plan of a level whose linear programme takes cases in parts, and how far that is proved.

Not all pairs take part, only a core of them: any plan with a pair of reduced cost d falls behind the programme's bound
by at least d, so that a plan found within d of the bound is proved to be the best of all.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import highspy
import numpy as np

from services.panels.planning.faces import NOUGHT, Faces, Optimum
from services.panels.planning.problem import Mask, Whole

#: A small core around the broken pairs is looked at first, if it stays below this many pairs.
NEAR_PAIRS = 8_000
#: With no more pairs than this, all take part at once.
FEW_PAIRS = 600


@dataclass(frozen=True, slots=True)
class Found:
    """A whole plan as numbers of pairs, its value, and a bound that no plan exceeds; equal if it is proved."""

    plan: Whole
    value: int
    bound: float
    nodes: int


class Unfounded(Exception):
    """No whole plan is as good as an earlier level's bound promised."""


def whole_plan(
    faces: Faces, optimum: Optimum, known: Whole | None, nodes: int, patient: bool
) -> Found | None:
    """The best whole plan of a level, beginning with one that is known; each search ends after ``nodes`` nodes.

    None where a look around what is broken found none, but the bound is a whole number that is likely to be reached:
    later levels tell plans better apart, and the first one that they find proves it. ``patient`` searches all the same.
    Raises Unfounded if there is no whole plan at all.
    """
    best = Found(known, _value(faces, optimum, known), optimum.bound, 0) if known is not None else None
    top = int(np.floor(optimum.bound + NOUGHT))
    if len(faces.pairs) > FEW_PAIRS:
        for core in _near(faces, optimum):
            best = _better(best, _search(faces, optimum, core, best, nodes))
            if best is not None and best.value >= top:
                return Found(best.plan, best.value, best.value, best.nodes)
        if known is not None and not patient and optimum.bound - top < NOUGHT:
            return None
    best = best or _any(faces, optimum, nodes)
    return _widening(faces, optimum, best, nodes)


def _any(faces: Faces, optimum: Optimum, nodes: int) -> Found:
    """Some whole plan, from as small a core as holds one."""
    furthest = float(np.abs(optimum.costs).max(initial=0.0))
    for share in (1 / 4096, 1 / 512, 1 / 64, 1 / 8, 1):
        found = _search(faces, optimum, optimum.costs >= -share * furthest - NOUGHT, None, nodes)
        if found is not None:
            return found
    raise Unfounded


def _value(faces: Faces, optimum: Optimum, plan: Whole) -> int:
    return int(optimum.worth[np.isin(faces.pairs, plan)].sum())


def _widening(faces: Faces, optimum: Optimum, best: Found, nodes: int) -> Found:
    """Cores that grow until the best plan found is proved; the last one holds every plan that could be better."""
    width = 0.0 if len(faces.pairs) > FEW_PAIRS else optimum.bound - best.value
    size, tried = 0, None
    while True:
        missing = optimum.bound - best.value
        width = min(missing, max(4 * width, missing / 64))
        core = optimum.costs >= -width - NOUGHT
        if core.sum() > size:
            size, tried = int(core.sum()), _search(faces, optimum, core, best, nodes)
            best = _better(best, tried) or best
        if optimum.bound - best.value <= width + NOUGHT or width >= missing:
            return Found(best.plan, best.value, _bound(optimum, best, tried), best.nodes)


def _bound(optimum: Optimum, best: Found, tried: Found | None) -> float:
    """What no plan exceeds, after the last core: its search may have ended before it was through."""
    if tried is None:
        return optimum.bound
    through = tried.bound < tried.value + 1 - 1e-6  # values are whole numbers
    return float(best.value) if through else max(tried.bound, float(best.value))


def _better(best: Found | None, tried: Found | None) -> Found | None:
    if tried is None or best is None:
        return best or tried
    chosen = tried if tried.value > best.value else best
    return Found(chosen.plan, chosen.value, chosen.bound, best.nodes + tried.nodes)


def _near(faces: Faces, optimum: Optimum) -> Iterator[Mask]:
    """What the programme takes whole, and what costs nothing and has to do with what is broken: more and more of it."""
    free = optimum.costs >= -NOUGHT
    taken, broken = optimum.shares > 1e-6, optimum.broken
    torn = np.isin(faces.blocks, faces.blocks[broken])
    around = np.unique(faces.sessions[broken])
    size = 0
    for reach in (None, 0, 1, 4):
        core: Mask = (taken & ~broken) | (free & torn)
        if reach is not None:
            near = np.isin(faces.sessions, [s + step for s in around for step in range(-reach, reach + 1)])
            core |= free & near & np.isin(faces.blocks, faces.blocks[taken & near])
        if size < core.sum() <= NEAR_PAIRS:
            yield core
        size = core.sum()  # they grow, so that one of the same size is the same


def _search(faces: Faces, optimum: Optimum, core: Mask, known: Found | None, nodes: int) -> Found | None:
    """The best whole plan of a core; None where it holds none, or none was found within so many nodes."""
    part = faces.narrowed(core)
    pairs = faces.pairs[core]
    count = len(pairs)
    part.setOptionValue("mip_abs_gap", 0.9)
    part.setOptionValue("mip_max_nodes", nodes)
    numbers = np.arange(count, dtype=np.int32)
    part.changeColsIntegrality(count, numbers, np.array([highspy.HighsVarType.kInteger] * count))
    part.changeColsBounds(count, numbers, np.zeros(count), np.ones(count))
    _count_alike(faces, part, pairs)
    if known is not None and np.isin(known.plan, pairs).all():
        held = np.nonzero(np.isin(pairs, known.plan))[0].astype(np.int32)
        part.setSolution(len(held), held, np.ones(len(held)))
    part.run()
    info = part.getInfo()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    chosen = np.array(part.getSolution().col_value)[:count] > 0.5
    value = int(optimum.worth[core][chosen].sum())
    return Found(pairs[chosen], value, float(info.mip_dual_bound), int(info.mip_node_count))


def _count_alike(faces: Faces, part: highspy.Highs, pairs: Whole) -> None:
    """How many blocks of one size and length are at a session is whole, too: to say so shortens the search much."""
    problem = faces.problem
    blocks = problem.block_of[pairs]
    alike = np.column_stack([problem.session_of[pairs], problem.sizes[blocks], problem.minutes[blocks]])
    _, kind = np.unique(alike, axis=0, return_inverse=True)
    for members in np.split(np.argsort(kind, kind="stable"), np.cumsum(np.bincount(kind))[:-1]):
        if len(members) > 1:
            number = part.getNumCol()
            part.addVar(0.0, float(len(members)))
            part.changeColIntegrality(number, highspy.HighsVarType.kInteger)
            columns = np.append(members, number).astype(np.int32)
            part.addRow(0.0, 0.0, len(columns), columns, np.append(np.ones(len(members)), -1.0))
