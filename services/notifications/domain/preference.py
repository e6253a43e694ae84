"""How a person wants to be told: what they said themselves, over what the school recorded."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict

from chassis.calendar import london_date
from chassis.decision import Decision, Kind, Refused
from schemas.codes import Language
from schemas.family_v1 import CorrectedWay, GivenContact
from schemas.notifications_v1 import PreferenceChanged, PreferredChannel
from services.notifications.domain.contact import Contact

#: Longer than this nobody is left without news: what a year brings is more than a message can catch up with.
LONGEST_PAUSE = timedelta(days=92)
#: What a person reads whose choice is refused.
CHANGED_MEANWHILE = (
    "Your choices were changed elsewhere in the meantime: look at them as they are now, and choose again."
)
PAUSE_ENDS = "A pause ends on a day to come, within three months: write that day, or leave it empty."


class Preference(BaseModel):
    """One person's, under their id. None: as the school recorded it, or as everybody has it.

    ``paused_until`` is the first day on which they hear again. ``number`` counts the changes. ``own`` is what they
    corrected of their contact, at most one of each way: see correcting.py.
    """

    model_config = ConfigDict(frozen=True)

    person_id: str
    channel: PreferredChannel | None = None
    language: Language | None = None
    paused_until: date | None = None
    digest: bool | None = None
    number: int = 0
    own: tuple[GivenContact, ...] = ()


PREFERENCE = Kind("preference", Preference)


@dataclass(frozen=True, slots=True)
class Prefer:
    """A person's whole choice, which replaces the one before; ``seen`` is the number of the one that they saw."""

    person_id: str
    channel: PreferredChannel | None = None
    language: Language | None = None
    paused_until: date | None = None
    digest: bool | None = None
    seen: int | None = None


def prefer(kept: Preference | None, wanted: Prefer, now: datetime) -> Decision[Preference]:
    """The person's choice from now on, also for what waits already. Answers its number.

    Raises Refused for a pause that does not end in the three months to come, or a choice made over another one
    that was not seen.
    """
    kept = kept or Preference(person_id=wanted.person_id)
    if wanted.seen is not None and wanted.seen != kept.number:
        raise Refused(
            "changed-meanwhile",
            CHANGED_MEANWHILE,
        )
    _not_for_long(wanted.paused_until, london_date(now))
    chosen = {name: getattr(wanted, name) for name in _CHOSEN}
    if all(getattr(kept, name) == value for name, value in chosen.items()):
        return Decision(answer=kept.number)
    after = kept.model_copy(update={**chosen, "number": kept.number + 1})
    event = PreferenceChanged(
        person_id=after.person_id, number=after.number, changed_at=now, **{n: chosen[n] for n in _CHOSEN}
    )
    return Decision(after, (event,), answer=after.number)


_CHOSEN = ("channel", "language", "paused_until", "digest")


def _not_for_long(until: date | None, today: date) -> None:
    if until is None or today < until <= today + LONGEST_PAUSE:
        return
    raise Refused("pause-too-long", PAUSE_ENDS)


def recorded(contact: Contact, way: CorrectedWay) -> str | None:
    """What the school has recorded for this way."""
    return contact.email if way == "email" else contact.phone


def as_preferred(contact: Contact, preference: Preference | None) -> Contact:
    """How to reach a person: in the language and by the way that they chose, and where they said that they are."""
    if preference is None:
        return contact
    chosen: dict[str, str | None] = {"language": preference.language, "channel": preference.channel}
    for own in preference.own:
        if own.instead_of == recorded(contact, own.way):
            chosen["email" if own.way == "email" else "phone"] = own.address
    return contact.model_copy(update={name: value for name, value in chosen.items() if value is not None})
