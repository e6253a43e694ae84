"""Checks of the people around the child, and of how to reach them."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import get_args

from email_validator import EmailNotValidError, validate_email

from chassis import postal
from chassis.telephone import is_number
from schemas.codes import AdultRole
from schemas.submissions_v1 import Adult, Child, Fault, ReferralSubmission
from services.referrals.domain.children.ages import age_on, is_young_person
from services.referrals.domain.form.about import About, Rule
from services.referrals.domain.form.child_checks import OLDEST
from services.referrals.domain.form.faults import fault
from services.referrals.domain.form.reading import Malformed

#: Who is no parent, and is told only where that is recorded: of these "not said" is no answer.
_SPEAKING_FOR_OTHERS = get_args(AdultRole)
#: An address whose part before the @ the library is known to take, so that only its domain is in question.
_PLAIN_EMAIL = re.compile(
    r"(?=.{1,200}\Z)(?=[^@]{1,64}@)\w+([.+-]\w+)*@(?P<domain>[a-z0-9.-]+)", re.ASCII | re.IGNORECASE
)


def _reachable(path: str, person: Adult | Child) -> Iterator[Fault]:
    try:
        if person.email is not None and not is_email(person.email):
            yield fault(f"{path}.email", "email-invalid")
    except Malformed:
        pass
    try:
        if person.phone is not None and not is_number(person.phone):
            yield fault(f"{path}.phone", "phone-invalid")
    except Malformed:
        return


def _the_referrers_email_is_valid(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    if not is_email(form.referrer.email):
        yield fault("referrer.email", "email-invalid")


def _the_childs_own_contacts_are_valid(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    yield from _reachable("child", form.child)


def _the_adults_contacts_are_valid(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    for index, adult in enumerate(form.adults):
        yield from _reachable(f"adults.{index}", adult)


def _whoever_may_be_told_can_be_reached(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    for index, adult in enumerate(form.adults):
        try:
            reachable = (adult.email, adult.phone, adult.address) != (None, None, None)
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


def _the_preferred_channel_reaches_them(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    for index, adult in enumerate(form.adults):
        try:
            wanted = _ways(adult).get(adult.channel or "", "")
            if adult.may_be_told and wanted is None and any(_ways(adult).values()):
                yield fault(f"adults.{index}.channel", "channel-unreachable")
        except Malformed:
            continue


def _ways(adult: Adult) -> dict[str, str | None]:
    return {"email": adult.email, "text": adult.phone, "letter": adult.address}


def _letters_can_arrive(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    for index, adult in enumerate(form.adults):
        try:
            if adult.address is not None and not postal.lines(adult.address):
                yield fault(f"adults.{index}.address", "address-incomplete")
        except Malformed:
            continue


def _of_whoever_speaks_for_others_it_is_said_whether_they_are_told(
    form: ReferralSubmission, about: About
) -> Iterator[Fault]:
    for index, adult in enumerate(form.adults):
        try:
            if adult.relation in _SPEAKING_FOR_OTHERS and adult.may_be_told is None:
                yield fault(f"adults.{index}.may_be_told", "permission-missing")
        except Malformed:
            continue


def _a_representative_stands_in_for_a_young_person(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    """The Mental Capacity Act 2005 with SEND Regulations 2014, regulation 64."""
    if _past_school_age(form, about):
        return
    for index, adult in enumerate(form.adults):
        try:
            if adult.relation == "representative":
                yield fault(f"adults.{index}.relation", "representative-early")
        except Malformed:
            continue


def _nobody_is_told_who_must_not_be(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    unwelcome = {_alike(name) for name in form.care.not_to_be_told} if form.care else set()
    for index, adult in enumerate(form.adults if unwelcome else ()):
        try:
            if adult.may_be_told and _alike(f"{adult.given_name} {adult.family_name}") in unwelcome:
                yield fault(f"adults.{index}.may_be_told", "told-against-wish")
        except Malformed:
            continue


def _alike(name: str) -> str:
    return " ".join(name.casefold().split())


def _care_is_for_a_child_looked_after(form: ReferralSubmission, about: About) -> Iterator[Fault]:
    if form.care is None:
        return
    if not form.child.looked_after:
        yield fault("care", "care-not-looked-after")
    email, phone = form.care.social_worker_email, form.care.social_worker_phone
    if email is not None and not is_email(email):
        yield fault("care.social_worker_email", "email-invalid")
    if phone is not None and not is_number(phone):
        yield fault("care.social_worker_phone", "phone-invalid")


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


def is_email(address: str) -> bool:
    """Whether this can be an e-mail address; nobody is asked whether it exists."""
    plain = _PLAIN_EMAIL.fullmatch(address)
    return _is_mail_domain(plain["domain"].lower()) if plain else _library_takes(address)


@lru_cache(4096)
def _is_mail_domain(domain: str) -> bool:
    """Most families' addresses are at a few domains; these are kept in memory, the addresses are not."""
    return _library_takes(f"a@{domain}")


def _library_takes(address: str) -> bool:
    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


RULES: tuple[Rule, ...] = (
    _the_referrers_email_is_valid,
    _the_childs_own_contacts_are_valid,
    _the_adults_contacts_are_valid,
    _whoever_may_be_told_can_be_reached,
    _the_adults_are_adults,
    _somebody_answers_for_the_child,
    _the_preferred_channel_reaches_them,
    _letters_can_arrive,
    _of_whoever_speaks_for_others_it_is_said_whether_they_are_told,
    _a_representative_stands_in_for_a_young_person,
    _nobody_is_told_who_must_not_be,
    _care_is_for_a_child_looked_after,
)
