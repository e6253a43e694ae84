"""A case of the simulation."""

from dataclasses import dataclass

from schemas.codes import Area, Need, Phase, ProvisionType


@dataclass(frozen=True, slots=True)
class Arrival:
    """One case and all that chance will do to it, drawn before it is played: so every configuration gets the same.

    ``complete`` is the day on which its papers and dates are complete, None if they never are; ``due`` the last day on
    which it is heard in time, None where no date of the law is known. ``withdrawn`` is the day on which it is taken
    back unless it was heard before. ``back_after``: its first hearing defers it, and so many days later it is complete
    again. ``panel`` is the panel that it belongs to in fact; None lets the configuration's remits decide.
    """

    number: int
    opened: int
    complete: int | None
    due: int | None
    urgent: bool = False
    area: Area = "DSPL1"
    phase: Phase = "primary"
    need: Need = "ASD"
    provision: ProvisionType | None = None
    panel: str | None = None
    withdrawn: int | None = None
    back_after: int | None = None

    @property
    def turn(self) -> tuple[int, int]:
        """Who came first; the number settles a tie."""
        return (self.opened, self.number)
