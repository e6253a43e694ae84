"""Everything that can be wrong with a form: a closed list of stable codes, each with its sentence.

The sentence says what to do and never repeats a value, so that it may travel in clear.
"""

import re
from difflib import get_close_matches
from typing import Literal, get_args

from chassis.doubled import SENTENCE as REPEATED
from schemas.submissions_v1 import Fault

Code = Literal[
    # how the form is written
    "not-json",
    "missing",
    "unknown-field",
    "repeated-field",
    "wrong-type",
    "empty",
    "too-long",
    "not-a-date",
    "not-in-list",
    "unreadable-characters",
    # the school
    "urn-format",
    "urn-unknown",
    "school-closed",
    "urn-not-yours",
    # the child
    "upn-invalid",
    "upn-or-reason",
    "upn-and-reason",
    "upn-of-another-child",
    "age-out-of-range",
    "nsa-only-with-k",
    "need-repeated",
    "year-group-age",
    # dates
    "date-in-future",
    "date-order",
    # people and how to reach them
    "email-invalid",
    "phone-invalid",
    "adult-missing",
    "not-an-adult",
    "contact-missing",
    "address-incomplete",
    "permission-missing",
    "representative-early",
    "own-contact-missing",
    "channel-unreachable",
    "told-against-wish",
    "care-not-looked-after",
    # agreement
    "agreement-by-missing",
    "agreement-on-missing",
    "disagreement-missing",
    # placement
    "placement-missing",
    "placement-not-asked",
    "statutory-needs-placement",
    "draft-served-missing",
    "review-meeting-missing",
    "need-by-missing",
    "need-by-passed",
    # evidence
    "evidence-unknown",
    "evidence-infected",
]

CODES: tuple[Code, ...] = get_args(Code)

SENTENCES: dict[Code, str] = {
    "not-json": "Send the form as one JSON object.",
    "missing": "Fill in this field.",
    "unknown-field": "The form has no field of this name: check its spelling, or leave it out.",
    "repeated-field": REPEATED,
    "wrong-type": "Write this field in the form's type: text, true or false, a list or an object.",
    "empty": "Write something here, or leave the field out if it may be left out.",
    "too-long": "Shorten this: it is longer than the form allows.",
    "not-a-date": "Write a real date as year-month-day, such as 2026-01-31.",
    "not-in-list": "Use one of the codes that the form allows here.",
    "unreadable-characters": "Take out control characters and what turns text round; line breaks are for long texts.",
    "urn-format": "Write the six digits of the URN, or the authority's own code of the setting, such as EY1001.",
    "urn-unknown": "This establishment is not in the register: check the number, or ask us to add the setting.",
    "school-closed": "This school has closed and cannot refer any more: refer from the one that took over, or ask us.",
    "urn-not-yours": "You may send referrals only for the establishments registered for you.",
    "upn-invalid": "Check the UPN: 13 characters that begin with the right check letter.",
    "upn-or-reason": "Give the UPN, or say in no_upn_reason why there is none.",
    "upn-and-reason": "Leave out no_upn_reason, since a UPN is given.",
    "upn-of-another-child": "The UPN is known here with another date of birth: check both.",
    "age-out-of-range": "Referrals are for children and young people from birth up to 25 years.",
    "nsa-only-with-k": "NSA is for children at SEN support (K) only: name the type of need.",
    "need-repeated": "Name each type of need once, with the main one in primary_need.",
    "year-group-age": "This year group does not fit the date of birth: check both, or leave the year group out.",
    "date-in-future": "This date is in the future: check it.",
    "date-order": "This date comes before the one it should follow: check both.",
    "email-invalid": "Check the e-mail address.",
    "phone-invalid": "Check the telephone number: a British one, or an international one that begins with +.",
    "adult-missing": "Name at least one parent, carer or other adult with responsibility for the child.",
    "not-an-adult": "The child stands under child, not among the adults: choose another relation.",
    "contact-missing": "Give an e-mail address, a telephone number or a postal address, since this person may be told.",
    "address-incomplete": "Write street, town and postcode with commas between them, the postcode last.",
    "permission-missing": "Say whether this person may be told: yes only where somebody who may has agreed to it.",
    "representative-early": "Nobody stands in under the Mental Capacity Act before the end of compulsory school age: "
    "choose parent, carer or advocate.",
    "own-contact-missing": "Past compulsory school age we write to the young person: give their own e-mail or "
    "telephone, or an adult who may be told.",
    "channel-unreachable": "Give the e-mail, telephone or postal address for the way they prefer to be told.",
    "told-against-wish": "This person stands among those who must not be told: answer no, or change that list.",
    "care-not-looked-after": "Say that the child is looked after, or leave out who answers for a looked-after child.",
    "agreement-by-missing": "Say who agreed that specialists are called in.",
    "agreement-on-missing": "Say on which day they agreed.",
    "disagreement-missing": "Record what the family said and what was done about it.",
    "placement-missing": "Fill in the placement part, since a placement is asked for.",
    "placement-not-asked": "Leave out the placement part, or ask for a placement.",
    "statutory-needs-placement": "A statutory referral opens a placement case: set asks_for to placement.",
    "draft-served-missing": "Give the day the draft plan was served.",
    "review-meeting-missing": "Give the day of the annual review meeting.",
    "need-by-missing": "Say by when an urgent case needs an answer.",
    "need-by-passed": "This day has passed: say by when the answer is needed now.",
    "evidence-unknown": "This file is not here, or belongs to another referral: upload it again.",
    "evidence-infected": "A virus was found in this file and it was deleted: take it off the list.",
}

_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def fault(field: str, code: Code, *, allowed: str | None = None, instead: str | None = None) -> Fault:
    """A fault at a field's dotted path.

    ``allowed`` adds the list of codes that may stand there; ``instead`` is the school that took over, by name.
    """
    message = SENTENCES[code] if allowed is None else f"Use one of {allowed}."
    if instead is not None:
        message = f"This school has closed and cannot refer any more: refer from {instead}, which took over."
    return Fault(field=field, code=code, message=message)


def safe_name(part: str, known: frozenset[str]) -> str:
    """A name that the sender made up, fit to be repeated: only where it is a misspelt field of the form.

    Anything else could be a person's name written in the wrong place, and becomes ``*``.
    """
    if len(part) <= 40 and _SNAKE.fullmatch(part) and get_close_matches(part, known, n=1, cutoff=0.7):
        return part
    return "*"
