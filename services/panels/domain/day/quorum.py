"""Whether the members of a sitting are a quorum, and for which cases they are none once some stand aside.

No council publishes a rule that could be read: what makes a quorum is a default of the panel's file.
"""

from collections.abc import Collection, Iterable

from services.panels.domain.panels.membership import Quorum
from services.panels.domain.sittings.members import Aside, Seat


def left(seats: Iterable[Seat], asides: Iterable[Aside], case_id: str) -> tuple[Seat, ...]:
    """The members who hear a case: those who come and do not stand aside for it."""
    gone = {aside.staff_id for aside in asides if aside.case_id == case_id}
    return tuple(seat for seat in seats if seat.attends != "no" and seat.staff_id not in gone)


def lacking(quorum: Quorum, seats: Collection[Seat]) -> tuple[str, ...]:
    """What these members lack to be a quorum, in words; nothing where they are one.

    Somebody in two seats fills both, and counts as one member. Whoever fills a seat that is lacking is one more, too:
    nobody is asked for twice.
    """
    missing = [
        f"a member in the seat of {_spoken(role)}"
        for role in quorum.roles
        if not any(seat.seat == role for seat in seats)
    ]
    short = quorum.members - len({seat.staff_id for seat in seats}) - len(missing)
    if short > 0:
        missing.append(f"{short} more {'member' if short == 1 else 'members'}")
    return tuple(missing)


def without_quorum(quorum: Quorum, seats: Collection[Seat], asides: Collection[Aside]) -> frozenset[str]:
    """The cases for which those who stand aside break a quorum that stands without them.

    Where the members lack something anyway, as while their seats are still being filled, no case is named: who is to
    come can yet be asked, and the sitting tells it.
    """
    if lacking(quorum, left(seats, (), "")):
        return frozenset()
    named = {aside.case_id for aside in asides}
    return frozenset(case_id for case_id in named if lacking(quorum, left(seats, asides, case_id)))


def _spoken(role: str) -> str:
    words = role.replace("-", " ")
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"
