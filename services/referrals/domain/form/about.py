"""What a form is checked against, and the shape of a check."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from schemas.submissions_v1 import Fault, ReferralSubmission
from services.referrals.domain.form.faults import Code, fault
from services.referrals.domain.form.reading import Malformed
from services.referrals.domain.register.places import Register


@dataclass(frozen=True, slots=True)
class About:
    """What a form is checked against. ``urns`` limits the sender to its own establishments; None is no limit."""

    register: Register
    today: date
    statutory: bool = False
    urns: frozenset[str] | None = None


Rule = Callable[[ReferralSubmission, About], Iterator[Fault]]


def needed(part: object, path: str, name: str, code: Code) -> Iterator[Fault]:
    """A fault at ``path`` where the field is left out; nothing where it is malformed, which has its own."""
    try:
        if getattr(part, name) is None:
            yield fault(path, code)
    except Malformed:
        return
