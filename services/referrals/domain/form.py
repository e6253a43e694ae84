"""Checking a referral form: every fault is named in one go, however many there are."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from stdnum.exceptions import InvalidComponent, ValidationError
from stdnum.gb import upn

from schemas.submissions_v1 import Adult, Fault, ReferralSubmission
from services.referrals.domain import reading
from services.referrals.domain.ages import age_on, is_young_person
from services.referrals.domain.faults import fault
from services.referrals.domain.places import URN, Register
from services.referrals.domain.reading import Malformed

OLDEST = 25  # years; Children and Families Act 2014 section 83(2): a young person is under 25, plans end with that year
#: Authorities made since stdnum's list of 2011: Dorset, BCP, the two of Northamptonshire, the two of Cumbria.
_NEW_AUTHORITIES = frozenset({"838", "839", "940", "941", "942", "943"})
#: Telephone numbers that Ofcom keeps for drama, so that a rehearsal reaches nobody.
_FICTITIOUS = range(7700_900_000, 7700_901_000)


@dataclass(frozen=True, slots=True)
class About:
    """What a form is checked against. ``urns`` limits the sender to its own establishments; None is no limit."""

    register: Register
    today: date
    statutory: bool = False
    urns: frozenset[str] | None = None


Rule = Callable[[ReferralSubmission, About], Iterator[Fault]]


def check(body: bytes, about: About) -> ReferralSubmission | list[Fault]:
    """The checked form, its UPN in the standard writing, or every fault that it has, ordered by field.

    ``body`` is JSON in UTF-8. Domain rules run over whatever can be read, even if other fields are malformed.
    """
    try:
        form, faults = reading.read(body)
    except Malformed:
        return [fault("", "not-json")]
    for rule in RULES:
        faults.extend(_applied(rule, form, about))
    if faults:
        return sorted(set(faults), key=lambda each: (each.field, each.code))
    return _standard(form)


def _applied(rule: Rule, form: ReferralSubmission, about: About) -> Iterator[Fault]:
    try:
        yield from rule(form, about)
    except Malformed:
        return


def _standard(form: ReferralSubmission) -> ReferralSubmission:
    given = form.child.upn
    if given is None or given == upn.compact(given):
        return form
    child = form.child.model_copy(update={"upn": upn.compact(given)})
    return form.model_copy(update={"child": child})


# The school ---------------------------------------------------------------------------------------


def _the_urn_is_registered(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    if not URN.fullmatch(form.urn):
        yield fault("urn", "urn-format")
    elif about.urns is not None and form.urn not in about.urns:
        yield fault("urn", "urn-not-yours")
    elif about.register.find(form.urn) is None:
        yield fault("urn", "urn-unknown")


# The child ----------------------------------------------------------------------------------------


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


# People and how to reach them ---------------------------------------------------------------------


def _reachable(path: str, person: Adult) -> Iterator[Fault]:
    for name, code, good in (("email", "email-invalid", is_email), ("phone", "phone-invalid", is_phone)):
        try:
            value = getattr(person, name)
        except Malformed:
            continue
        if value is not None and not good(value):
            yield fault(f"{path}.{name}", code)  # type: ignore[arg-type]


def _the_referrers_email_is_valid(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    if not is_email(form.referrer.email):
        yield fault("referrer.email", "email-invalid")


def _the_childs_own_contacts_are_valid(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    yield from _reachable("child", form.child)  # type: ignore[arg-type]


def _the_adults_contacts_are_valid(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    for index, adult in enumerate(form.adults):
        yield from _reachable(f"adults.{index}", adult)


def _whoever_may_be_told_can_be_reached(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    for index, adult in enumerate(form.adults):
        try:
            reachable = adult.email is not None or adult.phone is not None
            if adult.may_be_told and not reachable:
                yield fault(f"adults.{index}", "contact-missing")
        except Malformed:
            continue


def _the_adults_are_adults(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    for index, adult in enumerate(form.adults):
        try:
            if adult.relation == "child":
                yield fault(f"adults.{index}.relation", "not-an-adult")
        except Malformed:
            continue


def _somebody_answers_for_the_child(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    if _past_school_age(form, about):
        child = form.child
        own = child.email is not None or child.phone is not None
        if not own and not any(adult.may_be_told for adult in form.adults):
            yield fault("child.email", "own-contact-missing")
    elif not form.adults:
        yield fault("adults", "adult-missing")


def _past_school_age(form: ReferralSubmission, about: About) -> bool:
    born = form.child.born
    return 0 <= age_on(born, about.today) <= OLDEST and is_young_person(born, about.today)


@lru_cache(4096)
def is_email(address: str) -> bool:
    """Whether this can be an e-mail address; nobody is asked whether it exists."""
    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def is_phone(number: str) -> bool:
    """Whether this can be a telephone number: British, or international with +."""
    try:
        parsed = phonenumbers.parse(number, "GB")
    except phonenumbers.NumberParseException:
        return False
    if parsed.country_code == 44 and parsed.national_number in _FICTITIOUS:
        return True
    return phonenumbers.is_valid_number(parsed)


# Agreement ----------------------------------------------------------------------------------------


def _agreement_is_recorded(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    # Schools agree with parents, or the young person, before they call in specialists (SEND code 6.39, 6.48).
    agreement = form.agreement
    if not agreement.agreed:
        if agreement.disagreement is None:
            yield fault("agreement.disagreement", "disagreement-missing")
        return
    yield from _needed(agreement, "agreement.by", "by", "agreement-by-missing")
    yield from _needed(agreement, "agreement.on", "on", "agreement-on-missing")


def _needed(part: object, path: str, name: str, code: str) -> Iterator[Fault]:
    try:
        if getattr(part, name) is None:
            yield fault(path, code)  # type: ignore[arg-type]
    except Malformed:
        return


# Dates --------------------------------------------------------------------------------------------


def _dates_are_past_and_in_order(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    born = _read(form.child, "born")
    yield from _past("agreement.on", _read(form.agreement, "on"), born, about)
    for index, cycle in enumerate(form.tried):
        started = _read(cycle, "started")
        yield from _past(f"tried.{index}.started", started, born, about)
        yield from _past(f"tried.{index}.reviewed", _read(cycle, "reviewed"), started, about)


def _statutory_dates_are_past_and_in_order(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    if form.placement is None:
        return
    dates, born = form.placement.dates, _read(form.child, "born")
    received = _read(dates, "request_received")
    yield from _past("placement.dates.request_received", received, born, about)
    yield from _past("placement.dates.draft_served", _read(dates, "draft_served"), received or born, about)
    yield from _past("placement.dates.review_meeting", _read(dates, "review_meeting"), born, about)


def _read(part: object, name: str) -> date | None:
    try:
        value: date | None = getattr(part, name)
    except Malformed:
        return None
    return value


def _past(path: str, day: date | None, after: date | None, about: About) -> Iterator[Fault]:
    if day is not None and day > about.today:
        yield fault(path, "date-in-future")
    elif day is not None and after is not None and after <= about.today and day < after:
        yield fault(path, "date-order")


# Placement ----------------------------------------------------------------------------------------


def _the_placement_part_is_there_when_asked_for(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    if form.asks_for == "placement" and form.placement is None:
        yield fault("placement", "placement-missing")
    if form.asks_for != "placement" and form.placement is not None:
        yield fault("placement", "placement-not-asked")
    if form.asks_for != "placement" and about.statutory:
        yield fault("asks_for", "statutory-needs-placement")


def _a_statutory_case_has_its_date(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    if form.placement is None or not about.statutory:
        return
    dates = form.placement.dates
    if form.placement.trigger == "draft-plan":
        yield from _needed(dates, "placement.dates.draft_served", "draft_served", "draft-served-missing")
    if form.placement.trigger == "annual-review":
        yield from _needed(dates, "placement.dates.review_meeting", "review_meeting", "review-meeting-missing")


def _an_urgent_case_says_by_when(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    if form.placement is None:
        return
    need_by = form.placement.need_by
    if need_by is not None and need_by < about.today:
        yield fault("placement.need_by", "need-by-passed")
    if need_by is None and form.placement.urgent:
        yield fault("placement.need_by", "need-by-missing")


RULES: Sequence[Rule] = (
    _the_urn_is_registered,
    _there_is_a_upn_or_a_reason,
    _the_upn_is_valid,
    _the_age_is_from_birth_to_25,
    _nsa_is_only_for_sen_support,
    _each_need_is_named_once,
    _the_referrers_email_is_valid,
    _the_childs_own_contacts_are_valid,
    _the_adults_contacts_are_valid,
    _whoever_may_be_told_can_be_reached,
    _the_adults_are_adults,
    _somebody_answers_for_the_child,
    _agreement_is_recorded,
    _dates_are_past_and_in_order,
    _statutory_dates_are_past_and_in_order,
    _the_placement_part_is_there_when_asked_for,
    _a_statutory_case_has_its_date,
    _an_urgent_case_says_by_when,
)
