"""What somebody of a family wrote on the page, and what they were answered."""

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.decision import Decision, Kind, Refused
from schemas.family_v1 import FamilyAnswer, FamilySaid, SaysThat

LONGEST = 4000  # characters
NO_WORDS = "Write what you want to tell us."
TOO_LONG = f"Write at most {LONGEST:,} characters, or ring us."
SENT_ALREADY = "This form was sent already: open the page again."


class FamilyWords(BaseModel):
    """One writing of one person about one referral; without words where only its answer has come so far."""

    model_config = ConfigDict(frozen=True)

    id: str
    referral_id: str
    person_id: str
    about: SaysThat | None = None
    words: str = ""
    said_at: AwareDatetime | None = None
    answer: str | None = None
    answered_at: AwareDatetime | None = None


FAMILY_WORDS = Kind("family_words", FamilyWords)


@dataclass(frozen=True, slots=True)
class Say:
    """Somebody writes. The same id twice, as after going back in the browser, is one writing."""

    id: str
    referral_id: str
    person_id: str
    about: SaysThat
    words: str = field(repr=False)


def say(kept: FamilyWords | None, command: Say, now: datetime) -> Decision[FamilyWords]:
    """It is on its way to the school and whoever has the referral.

    Raises Refused without words, with too many, and for an id that was used for something else.
    """
    words = command.words.strip()
    if kept is not None:
        if (kept.referral_id, kept.person_id) != (command.referral_id, command.person_id):
            raise Refused("words-known", SENT_ALREADY)
        return Decision(answer=kept.id)
    if not words:
        raise Refused("words-missing", NO_WORDS)
    if len(words) > LONGEST:
        raise Refused("words-too-long", TOO_LONG)
    said = FamilySaid(
        words_id=command.id,
        referral_id=command.referral_id,
        person_id=command.person_id,
        about=command.about,
        words=words,
        said_at=now,
    )
    return Decision(restored(None, said), (said,), answer=command.id)


def answered(kept: FamilyWords | None, event: FamilyAnswer, now: datetime) -> Decision[FamilyWords]:
    """The answer came."""
    whose = {"id": event.words_id, "referral_id": event.referral_id, "person_id": event.person_id}
    kept = kept or FamilyWords(**whose)
    return Decision(kept.model_copy(update={"answer": event.words, "answered_at": event.answered_at}))


def restored(kept: FamilyWords | None, fact: FamilySaid) -> FamilyWords:
    """The writing, as its fact tells it, with the answer that came already."""
    known = FamilyWords(id=fact.words_id, **fact.model_dump(exclude={"words_id"}))
    answer = {"answer": kept.answer, "answered_at": kept.answered_at} if kept else {}
    return known.model_copy(update=answer)
