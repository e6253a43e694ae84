"""One wrong field of a command: where, a stable code, and what it must be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wrong:
    """Answered to the caller as a problem document's error; it never holds the value."""

    field: str
    code: str
    message: str
