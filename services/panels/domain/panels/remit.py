"""Which cases a panel hears, as data; and which case two panels would both hear."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from schemas.codes import Area, Need, Phase, ProvisionType
from services.panels.domain.panels.parts import Part

All = Literal["all"]
Some = Field(min_length=1)
#: Each limit of a remit, what it limits, and the codes that there are.
_LIMITS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("areas", "area", get_args(Area)),
    ("phases", "phase", get_args(Phase)),
    ("needs", "need", get_args(Need)),
    ("provisions", "provision", get_args(ProvisionType)),
)


class Remit(Part):
    """Which cases a panel hears; ``all`` is no limit. An empty list would hear nobody and is refused."""

    areas: All | Annotated[frozenset[Area], Some] = "all"
    phases: All | Annotated[frozenset[Phase], Some] = "all"
    needs: All | Annotated[frozenset[Need], Some] = "all"
    provisions: All | Annotated[frozenset[ProvisionType], Some] = "all"

    def objection(self, area: Area, phase: Phase, need: Need, provision: ProvisionType | None) -> str | None:
        """Why a case is outside the remit, in words; None where it is inside."""
        for name, limit, value in (
            ("area", self.areas, area),
            ("phase", self.phases, phase),
            ("need", self.needs, need),
            ("provision asked for", self.provisions, provision),
        ):
            if limit != "all" and value not in limit:
                return f"the panel does not hear cases of this {name} ({value or 'not known'})"
        return None

    def in_common(self, other: "Remit") -> str | None:
        """A case that both would hear, in words; None where there is none."""
        found: list[str] = []
        for field, name, codes in _LIMITS:
            mine, theirs = getattr(self, field), getattr(other, field)
            if mine == theirs == "all":
                continue
            both = [
                code for code in codes if all(limit == "all" or code in limit for limit in (mine, theirs))
            ]
            if not both:
                return None
            found.append(f"{name} {both[0]}")
        return f"a case of {', '.join(found)}" if found else "any case"
