"""The best whole plan of a level whose linear programme takes cases in parts, and how far that is proved.

Not all pairs take part, only a core of them: any plan with a pair of reduced cost d falls behind the programme's bound
by at least d, so that a plan found within d of the bound is proved to be the best of all.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import highspy
import numpy as np

from services.panels.planning.faces import NOUGHT, Faces, Optimum, Unfounded
from services.panels.planning.problem import Mask, Whole
from services.panels.planning.stages import COUNTS

#: A small core around the broken pairs is looked at first, if it stays below this many pairs, and not for long.
NEAR_PAIRS, NEAR_NODES = 8_000, 100
#: With no more pairs than this, all take part at once.
FEW_PAIRS = 2_500
#: By how much a core grows where it did not hold the best plan for sure.
GROWTH = 1.5


@dataclass(frozen=True, slots=True)
class Found:
    """A whole plan as numbers of pairs, its value, and a bound that no plan exceeds; equal if it is proved."""

    plan: Whole
    value: int
    bound: float
    nodes: int


def started(faces: Faces, optimum: Optimum, plan: Whole | None) -> Found | None:
    """What a plan that is known is worth at this level."""
    if plan is None:
        return None
    return Found(plan, int(optimum.worth[np.isin(faces.pairs, plan)].sum()), optimum.bound, 0)


def near(faces: Faces, optimum: Optimum, best: Found | None, nodes: int) -> Found | None:
    """The best plan known, or a better one found around what is broken; it need not be the best of all."""
    for core in _near(faces, optimum):
        best = _better(best, _search(faces, optimum, core, best, min(nodes, NEAR_NODES)))
        if best is not None and best.value >= optimum.top:
            return Found(best.plan, best.value, float(best.value), best.nodes)
    return best


def likely(optimum: Optimum) -> bool:
    """Whether the bound is a whole number, or merely counts cases: many plans are worth the same then."""
    return optimum.bound - optimum.top < NOUGHT or int(np.abs(optimum.worth).max()) <= COUNTS


def proved(faces: Faces, optimum: Optimum, best: Found | None, nodes: int) -> Found:
    """The best whole plan, from cores that grow until it is proved; each search ends after ``nodes`` nodes.

    The last core holds every plan that could be better. Raises Unfounded if there is no whole plan at all.
    """
    lost = np.sort(-optimum.costs)
    size = int(GROWTH * (optimum.shares > NOUGHT).sum())
    while True:
        width = optimum.bound - best.value if best else np.inf
        if np.searchsorted(lost, width, side="right") > max(FEW_PAIRS, 2 * size):
            width = min(width, float(lost[size - 1]))
        core = optimum.costs >= -width - NOUGHT
        tried = _search(faces, optimum, core, best, nodes)
        best = _better(best, tried)
        enough = bool(core.all()) or (best is not None and optimum.bound - best.value <= width + NOUGHT)
        if best is not None and (enough or best.value >= optimum.top):
            return Found(best.plan, best.value, _bound(optimum, best, tried), best.nodes)
        if enough:
            raise Unfounded
        size = int(GROWTH * core.sum()) + 1


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
