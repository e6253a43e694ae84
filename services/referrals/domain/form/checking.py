"""Checking a referral form: every fault is named in one go, however many there are."""

from collections.abc import Iterable

from schemas.submissions_v1 import Fault, ReferralSubmission
from services.referrals.domain.form import case_checks, child_checks, people_checks, reading
from services.referrals.domain.form.about import About
from services.referrals.domain.form.faults import fault
from services.referrals.domain.form.reading import Malformed
from services.referrals.domain.identity import standard_upn

__all__ = ["About", "check"]

_RULES = (*child_checks.RULES, *people_checks.RULES, *case_checks.RULES)


def check(body: bytes, about: About) -> ReferralSubmission | list[Fault]:
    """The checked form, its UPN in the standard writing, or every fault that it has, ordered by field.

    ``body`` is JSON in UTF-8. Domain rules run over whatever can be read, even if other fields are malformed.
    """
    try:
        form, faults = reading.read(body)
    except Malformed:
        return [fault("", "not-json")]
    faults = checked(form, about, faults)
    return faults or _standard(form)


def checked(form: ReferralSubmission, about: About, faults: Iterable[Fault] = ()) -> list[Fault]:
    """Every fault by the rules of the domain, and those found before, ordered by field."""
    found = set(faults)
    for rule in _RULES:
        try:
            found.update(rule(form, about))
        except Malformed:
            continue  # what it found until then counts
    return sorted(found, key=lambda each: (each.field, each.code))


def _standard(form: ReferralSubmission) -> ReferralSubmission:
    given = form.child.upn
    if given is None or given == standard_upn(given):
        return form
    child = form.child.model_copy(update={"upn": standard_upn(given)})
    return form.model_copy(update={"child": child})
