"""Who sits at a panel, as data: its seats, who may take the chair, and how many make a sitting valid."""

from typing import Self

from pydantic import Field, model_validator

from schemas.staff_v1 import Role
from services.panels.domain.panels.parts import CODE, Part


class Quorum(Part):
    """How many members make a sitting valid, and which seats must be among theirs.

    ``enforced``: without them nothing is recommended; otherwise it is only shown.
    """

    members: int = Field(ge=1, le=30)
    roles: tuple[str, ...] = ()
    enforced: bool = False


class SeatOf(Part):
    """A kind of seat, by its code and its name; ``places`` may sit in such a one."""

    seat: str = Field(pattern=CODE, max_length=60)
    name: str = Field(min_length=1, max_length=120)
    places: int = Field(1, ge=1, le=12)


#: The seats of a panel whose file names none.
SEATS = (
    SeatOf(seat="chair", name="Chair"),
    SeatOf(seat="educational-psychologist", name="Educational psychologist", places=2),
    SeatOf(seat="head", name="Headteacher", places=3),
    SeatOf(seat="health", name="Health", places=2),
    SeatOf(seat="social-care", name="Social care", places=2),
    SeatOf(seat="parent-representative", name="Parent representative"),
)


class Members(Part):
    """Which seats a panel has, and which roles of staff (staff.v1) may take the chair, or answer what is escalated."""

    seats: tuple[SeatOf, ...] = Field(SEATS, min_length=1)
    may_chair: tuple[Role, ...] = Field(("chair",), min_length=1)
    escalated_to: tuple[Role, ...] = Field(("service-manager",), min_length=1)

    def name(self, seat: str) -> str:
        """What a seat is called; its code where the panel has no such seat any more."""
        return next((each.name for each in self.seats if each.seat == seat), seat)

    @model_validator(mode="after")
    def _each_seat_once(self) -> Self:
        if len({each.seat for each in self.seats}) < len(self.seats):
            raise ValueError("seats names a seat twice: name it once, and give it more places")
        return self
