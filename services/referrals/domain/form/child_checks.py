"""Checks of the school and the child."""

from collections.abc import Iterator
from datetime import date

from stdnum.exceptions import InvalidComponent, ValidationError
from stdnum.gb import upn

from schemas.submissions_v1 import Fault, ReferralSubmission
from services.referrals.domain.children.ages import age_on, year_group
from services.referrals.domain.form.about import About, Rule
from services.referrals.domain.form.faults import fault
from services.referrals.domain.register.places import URN, Register

OLDEST = 25  # years; Children and Families Act 2014 section 83(2): a young person is under 25, plans end with that year
#: Authorities made since stdnum's list of 2011: Dorset, BCP, the two of Northamptonshire, the two of Cumbria.
_NEW_AUTHORITIES = frozenset({"838", "839", "940", "941", "942", "943"})


def _the_urn_is_registered(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    if not URN.fullmatch(form.urn):
        yield fault("urn", "urn-format")
    elif about.urns is not None and form.urn not in about.urns:
        yield fault("urn", "urn-not-yours")
    else:
        yield from of_the_register(about.register, form.urn, about.today)


def of_the_register(register: Register, urn: str, today: date) -> Iterator[Fault]:
    """Whether the register has this school and it is open; where it has closed, who took over from it."""
    setting = register.find(urn)
    if setting is None:
        yield fault("urn", "urn-unknown")
    elif setting.closed(today):
        heir = register.find(setting.successor) if setting.successor else None
        yield fault("urn", "school-closed", instead=f"{heir.name} ({heir.urn})" if heir else None)


def _there_is_a_upn_or_a_reason(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    given, reason = form.child.upn, form.child.no_upn_reason
    if given is None and reason is None:
        yield fault("child.upn", "upn-or-reason")
    if given is not None and reason is not None:
        yield fault("child.no_upn_reason", "upn-and-reason")


def _the_upn_is_valid(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    if form.child.upn is not None and not is_upn(form.child.upn):
        yield fault("child.upn", "upn-invalid")


def is_upn(number: str) -> bool:
    """Whether a UPN, permanent or temporary, has the right form and check letter (DfE UPN guidance)."""
    try:
        upn.validate(number)
    except InvalidComponent:
        number = upn.compact(number)
        return number[1:4] in _NEW_AUTHORITIES and bool(upn.calc_check_digit(number[1:]) == number[0])
    except (ValidationError, ValueError):
        return False
    return True


def _the_age_is_from_birth_to_25(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    if form.child.born > about.today:
        yield fault("child.born", "date-in-future")
    elif age_on(form.child.born, about.today) > OLDEST:
        yield fault("child.born", "age-out-of-range")


def _nsa_is_only_for_sen_support(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    # School census guidance: NSA only with K.
    if form.child.sen_provision == "K":
        return
    if form.child.primary_need == "NSA":
        yield fault("child.primary_need", "nsa-only-with-k")
    if "NSA" in form.child.other_needs:
        yield fault("child.other_needs", "nsa-only-with-k")


def _each_need_is_named_once(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    others = form.child.other_needs
    if len(set(others)) < len(others):
        yield fault("child.other_needs", "need-repeated")
    if form.child.primary_need in others:
        yield fault("child.other_needs", "need-repeated")


def _the_year_group_fits_the_age(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    # One year apart is taught out of the chronological year group, which schools may agree to.
    given, born = form.child.year_group, form.child.born
    if given is None or born > about.today or age_on(born, about.today) > OLDEST:
        return
    if abs(given - year_group(born, about.today)) > 1:
        yield fault("child.year_group", "year-group-age")


RULES: tuple[Rule, ...] = (
    _the_urn_is_registered,
    _there_is_a_upn_or_a_reason,
    _the_upn_is_valid,
    _the_age_is_from_birth_to_25,
    _nsa_is_only_for_sen_support,
    _each_need_is_named_once,
    _the_year_group_fits_the_age,
)
