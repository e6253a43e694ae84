"""What data files describe has in common: no key is unknown, nothing changes, and much of it holds for a time only."""

from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Code = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Sentence = Annotated[str, Field(min_length=1, max_length=500)]


class FileEntry(BaseModel):
    """Something that a data file describes: no key is unknown, nothing changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Dated(FileEntry):
    """What holds from a day and until a day, both included; what is left out is open."""

    from_: Annotated[date | None, Field(alias="from")] = None
    until: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_ and self.until and self.from_ > self.until:
            raise ValueError("from is later than until: swap the two")
        return self

    @property
    def starts(self) -> date:
        """The first day."""
        return self.from_ or date.min

    @property
    def ends(self) -> date:
        """The last day."""
        return self.until or date.max

    def holds_on(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.starts <= day <= self.ends

    def meets(self, other: "Dated") -> bool:
        """Whether there is a day on which both hold."""
        return max(self.starts, other.starts) <= min(self.ends, other.ends)

    @property
    def dates(self) -> str:
        """When it holds, in words; empty where it always does."""
        starts = f"from {self.from_}" if self.from_ else ""
        ends = f"until {self.until}" if self.until else ""
        return " ".join(part for part in (starts, ends) if part)
