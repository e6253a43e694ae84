"""Codes that stand alone, as the pages and documents of this service say them."""

from collections.abc import Mapping

from schemas.panels_v1 import Outcome

OUTCOMES: Mapping[Outcome, str] = {
    "agreed": "Agreed",
    "not-agreed": "Not agreed",
    "more-information": "More information is needed",
}
PHASES: Mapping[str, str] = {
    "early-years": "early years",
    "primary": "primary",
    "secondary": "secondary",
    "post-16": "post-16",
}
