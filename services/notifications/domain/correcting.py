"""A person corrects how they are reached, once a code has shown that the new address or number is theirs.

What they gave counts as long as the school's record of it is the one that they corrected. Once the school records
another one, that is the newer word, and counts.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from chassis.decision import Decision, Refused
from schemas.family_v1 import ContactCorrected, ContactGiven, CorrectedWay, GivenContact
from services.notifications.domain.contact import Contact
from services.notifications.domain.preference import Preference, recorded


@dataclass(frozen=True, slots=True)
class CorrectContact:
    """A person's new e-mail address or number, from the page of a referral. ``contact`` is as the school says it."""

    person_id: str
    referral_id: str
    way: CorrectedWay
    address: str = field(repr=False)
    contact: Contact = field(repr=False)


def correct(kept: Preference | None, command: CorrectContact, now: datetime) -> Decision[Preference]:
    """Messages go there from now on, also those that wait. Nothing where it is given already.

    Raises Refused for a contact that is not this person's, and for one who may not be told.
    """
    kept = kept or Preference(person_id=command.person_id)
    if command.contact.person_id != command.person_id or command.contact.reach == "not-told":
        raise Refused("not-told", "We cannot keep this. Please ask the school.")
    new = GivenContact(
        way=command.way,
        address=command.address,
        instead_of=recorded(command.contact, command.way),
        given_at=now,
    )
    before = next((each for each in kept.own if each.way == new.way), None)
    if before and (before.address, before.instead_of) == (new.address, new.instead_of):
        return Decision(answer="known")
    own = (*(each for each in kept.own if each.way != new.way), new)
    after = kept.model_copy(update={"own": own})
    given = ContactGiven(person_id=kept.person_id, given=own)
    said = ContactCorrected(
        person_id=kept.person_id, referral_id=command.referral_id, way=command.way, corrected_at=now
    )
    return Decision(after, (given, said), answer="corrected")


def whom_to_warn(
    before: Mapping[CorrectedWay, str], way: CorrectedWay, new: str, carried: Collection[str]
) -> tuple[CorrectedWay, str] | None:
    """The way and address that ``new`` takes the place of; where it takes none's, the other one that was used.

    ``before`` are those that were used until now, ``carried`` the ways of this house. None where nothing changed, or
    there is nobody to be warned.
    """
    if before.get(way) == new:
        return None
    order = sorted(before, key=lambda each: each != way)
    return next(((each, before[each]) for each in order if each in carried), None)


def restored(kept: Preference | None, fact: ContactGiven) -> Decision[Preference]:
    """What the person gave, where a database lacks it or has something older."""
    kept = kept or Preference(person_id=fact.person_id)
    newest = {each.way: each for each in sorted((*kept.own, *fact.given), key=lambda each: each.given_at)}
    own = tuple(newest.values())
    if {each.way: each for each in kept.own} == newest:
        return Decision()
    return Decision(kept.model_copy(update={"own": own}))


def announced(kept: Preference | None, fact: ContactCorrected) -> Decision[Preference]:
    """That something was corrected: what it was, the sealed fact tells."""
    return Decision(kept or Preference(person_id=fact.person_id))
