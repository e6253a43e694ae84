"""What a family wrote on its page about a referral, and the answer of the school or whoever has the referral."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.decision import Changes, Decision, Kind, Ref, Refused, World
from schemas.family_v1 import FamilyAnswer, FamilyAnswered, FamilySaid, SaysThat
from services.referrals.domain.referral import REFERRAL, known
from services.referrals.domain.work.moving import noted

LONGEST = 4000  # characters of an answer
#: What it is about, in words for staff.
ABOUT: dict[SaysThat, str] = {
    "disagree": "does not agree",
    "worried": "is worried",
    "wrong": "says that something is wrong",
}


class FamilyWords(BaseModel):
    """One writing of one person. Without words where only the answer was found again so far."""

    model_config = ConfigDict(frozen=True)

    id: str
    referral_id: str
    person_id: str
    about: SaysThat | None = None
    words: str = ""
    said_at: AwareDatetime | None = None
    answer: str | None = None
    answered_by: str | None = None
    answered_at: AwareDatetime | None = None


FAMILY_WORDS = Kind("family_words", FamilyWords)


@dataclass(frozen=True, slots=True)
class AnswerFamily:
    """Somebody answers, for the page of whoever had written."""

    words_id: str
    referral_id: str
    by: str
    answer: str = field(repr=False)


def heard(kept: FamilyWords | None, event: FamilySaid, now: datetime) -> Decision[FamilyWords]:
    """A family wrote; an answer that was there already stays."""
    said = FamilyWords(id=event.words_id, **event.model_dump(exclude={"words_id"}))
    answer = kept.model_dump(include={"answer", "answered_by", "answered_at"}) if kept else {}
    return Decision(said.model_copy(update=answer))


def touched(command: AnswerFamily) -> tuple[Ref, Ref]:
    """The referral, whose story it is, and the writing."""
    return REFERRAL.at(command.referral_id), FAMILY_WORDS.at(command.words_id)


def answer(world: World, command: AnswerFamily, now: datetime) -> Changes:
    """The answer goes to the family's page, and the family is told that there is one.

    Raises Refused for words that are unknown, an answer without words or too long, and where somebody answered already.
    """
    referral = known(world.get(REFERRAL, command.referral_id))
    kept = world.get(FAMILY_WORDS, command.words_id)
    if kept is None or kept.referral_id != referral.id:
        raise Refused("words-unknown", "This family wrote nothing of the kind: look at the referral again.")
    words = command.answer.strip()
    if not words:
        raise Refused("answer-missing", "Write the answer.")
    if len(words) > LONGEST:
        raise Refused("answer-too-long", f"Write at most {LONGEST:,} characters.")
    if kept.answer is not None:
        raise Refused("answered-already", "Somebody answered this in the meantime: read the answer first.")
    whose: dict[str, Any] = {
        "words_id": kept.id,
        "referral_id": referral.id,
        "person_id": kept.person_id,
        "answered_at": now,
    }
    after = kept.model_copy(update={"answer": words, "answered_by": command.by, "answered_at": now})
    history = noted(referral, "family-answered", now, command.by)
    return Changes(
        {
            REFERRAL.at(referral.id): Decision(history, (FamilyAnswered(**whose),)),
            FAMILY_WORDS.at(kept.id): Decision(after, (FamilyAnswer(**whose, words=words),)),
        }
    )


def restored(kept: FamilyWords | None, fact: FamilyAnswer) -> Decision[FamilyWords]:
    """The answer, as its fact tells it. Who gave it was never published."""
    known_words = kept or FamilyWords(
        id=fact.words_id, referral_id=fact.referral_id, person_id=fact.person_id
    )
    return Decision(known_words.model_copy(update={"answer": fact.words, "answered_at": fact.answered_at}))
