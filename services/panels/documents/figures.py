"""Figures as people read them: tables with a caption, and a number, a share or a wait in words. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

NONE = "–"
#: The heads of columns: short, and needs by the names in which the national figures are published.
OUTCOMES = {"agreed": "Agreed", "not-agreed": "Not agreed", "more-information": "More information"}
PROVISIONS = {
    "mainstream-with-support": "Mainstream with support",
    "specialist-resource-provision": "Resource provision",
    "special-school": "Special school",
    "other": "Other",
}
HELPED = {"yes": "It helped", "partly": "In part", "no": "It did not"}
NEEDS = {
    "SPLD": "Specific learning difficulty",
    "MLD": "Moderate learning difficulty",
    "SLD": "Severe learning difficulty",
    "PMLD": "Profound and multiple learning difficulty",
    "SEMH": "Social, emotional and mental health",
    "SLCN": "Speech, language and communication",
    "HI": "Hearing impairment",
    "VI": "Vision impairment",
    "MSI": "Multi-sensory impairment",
    "PD": "Physical disability",
    "ASD": "Autistic spectrum disorder",
    "DS": "Down syndrome",
    "OTH": "Other difficulty",
    "NSA": "No specialist assessment",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it is shown: the first cell of each row names it. ``said`` explains what is counted."""

    key: str
    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]] = field(default_factory=tuple)
    said: str = ""

    def as_data(self) -> dict[str, Any]:
        """For a document's template."""
        return {
            "caption": self.caption,
            "heads": list(self.heads),
            "rows": [list(row) for row in self.rows],
            "said": self.said,
        }


def number(value: int | None) -> str:
    """``1,204``; a dash for none."""
    return NONE if value is None else f"{value:,}"


def percent(value: float | None) -> str:
    """``66.7%``; a dash for none."""
    return NONE if value is None else f"{value:.1f}%"


def days(value: int | None) -> str:
    """``30 days``; a dash for none."""
    return NONE if value is None else f"{value:,} {'day' if value == 1 else 'days'}"
