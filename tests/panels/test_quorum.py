"""Whether those who are left may hear a case."""

from hypothesis import given
from hypothesis import strategies as st

from services.panels.domain.day.quorum import lacking, left, without_quorum
from services.panels.domain.panels.membership import Quorum
from services.panels.domain.sittings.members import Aside, Seat

THREE = Quorum(members=3, roles=("chair", "educational-psychologist", "head"))
CHAIR, PSYCHOLOGIST, HEAD = (Seat(staff_id=seat, seat=seat) for seat in THREE.roles)


def aside(staff_id: str, case_id: str = "case-1") -> Aside:
    return Aside(staff_id=staff_id, case_id=case_id, why="declared-interest")


def test_what_is_lacking_is_said_in_words() -> None:
    assert lacking(THREE, [CHAIR, PSYCHOLOGIST, HEAD]) == ()
    assert lacking(THREE, [CHAIR]) == (
        "a member in the seat of an educational psychologist",
        "a member in the seat of a head",
    )
    assert lacking(Quorum(members=4, roles=THREE.roles), [CHAIR])[2:] == ("1 more member",)


def test_one_member_may_hold_two_seats_but_counts_once() -> None:
    both = [Seat(staff_id="b", seat="chair"), Seat(staff_id="b", seat="head")]
    assert lacking(THREE, [*both, PSYCHOLOGIST]) == ("1 more member",)


def test_a_case_whose_only_head_stands_aside_cannot_be_heard() -> None:
    seats = [CHAIR, PSYCHOLOGIST, HEAD]
    assert without_quorum(THREE, seats, [aside("head")]) == {"case-1"}
    other = Seat(staff_id="another", seat="head")
    assert without_quorum(THREE, [*seats, other], [aside("head")]) == frozenset()
    excused = other.model_copy(update={"attends": "no"})
    assert without_quorum(THREE, [*seats, excused], [aside("head")]) == {"case-1"}


def test_while_seats_are_still_being_filled_no_case_is_called_impossible() -> None:
    assert without_quorum(THREE, [CHAIR], [aside("chair")]) == frozenset()


@given(st.integers(1, 6), st.integers(0, 6), st.sets(st.integers(0, 6)))
def test_a_further_member_never_makes_those_who_are_left_fewer(
    members: int, others: int, standing: set[int]
) -> None:
    quorum = Quorum(members=members)
    seats = [Seat(staff_id=str(number), seat="member") for number in range(others)]
    asides = [aside(str(number)) for number in standing]
    before = lacking(quorum, left(seats, asides, "case-1"))
    more = [*seats, Seat(staff_id="new", seat="member")]
    assert not before or len(left(more, asides, "case-1")) > len(left(seats, asides, "case-1"))
    assert before or not lacking(quorum, left(more, asides, "case-1"))
