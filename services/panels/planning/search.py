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


def whole_plan(faces: Faces, optimum: Optimum, known: Whole, nodes: int) -> Found:
    """The best whole plan of a level, beginning with one that is known; each search ends after ``nodes`` nodes."""
    start = np.isin(faces.pairs, known)
    best = Found(known, int(optimum.worth[start].sum()), optimum.bound, 0)
    top = int(np.floor(optimum.bound + NOUGHT))
    for core in _near(faces, optimum) if len(faces.pairs) > FEW_PAIRS else ():
        tried = _search(faces, optimum, core, best.plan, nodes)
        best = _better(best, tried)
        if best.value >= top:
            return Found(best.plan, best.value, best.value, best.nodes)
    return _widening(faces, optimum, best, nodes)


def _widening(faces: Faces, optimum: Optimum, best: Found, nodes: int) -> Found:
    """Cores that grow until the best plan found is proved; the last one holds every plan that could be better."""
    width = 0.0 if len(faces.pairs) > FEW_PAIRS else optimum.bound - best.value
    while True:
        missing = optimum.bound - best.value
        width = min(missing, max(4 * width, missing / 64))
        tried = _search(faces, optimum, optimum.costs >= -width - NOUGHT, best.plan, nodes)
        best = _better(best, tried)
        ended = tried is not None and tried.bound > tried.value + 0.5
        if optimum.bound - best.value <= width + NOUGHT or width >= missing:
            bound = tried.bound if tried is not None and ended else float(best.value)
            return Found(best.plan, best.value, max(bound, best.value), best.nodes)


def _better(best: Found, tried: Found | None) -> Found:
    if tried is None:
        return best
    nodes = best.nodes + tried.nodes
    chosen = tried if tried.value > best.value else best
    return Found(chosen.plan, chosen.value, chosen.bound, nodes)


def _near(faces: Faces, optimum: Optimum) -> Iterator[Mask]:
    """What the programme takes whole, and of the sessions where something is broken all that costs nothing."""
    free = optimum.costs >= -NOUGHT
    taken, broken = optimum.shares > 1e-6, optimum.broken
    around = np.unique(faces.sessions[broken])
    for reach in (0, 1, 4):
        near = np.isin(faces.sessions, [s + step for s in around for step in range(-reach, reach + 1)])
        mixed = np.isin(faces.blocks, faces.blocks[taken & near])
        core: Mask = (taken & ~broken) | (free & mixed & near) | (free & broken)
        if core.sum() > NEAR_PAIRS:
            return
        yield core


def _search(faces: Faces, optimum: Optimum, core: Mask, known: Whole, nodes: int) -> Found | None:
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
    if np.isin(known, pairs).all():
        held = np.nonzero(np.isin(pairs, known))[0].astype(np.int32)
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
