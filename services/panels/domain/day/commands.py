"""What people ask on and after the day of a sitting. ``seen`` is the `Case.version` that was looked at."""

from dataclasses import dataclass

from services.panels.domain.judged import Judgement
from services.panels.domain.sittings.members import Attends, Seat


@dataclass(frozen=True, slots=True)
class KeepAttendance:
    """Who of a sitting's members is there, by staff id. ``seen`` are its seats as they were looked at."""

    sitting_id: str
    attends: tuple[tuple[str, Attends], ...]
    seen: tuple[Seat, ...]


@dataclass(frozen=True, slots=True)
class LeaveUnheard:
    """The sitting does not come to the case, as where it has no quorum for it: another sitting hears it."""

    case_id: str
    sitting_id: str
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class PassOn:
    """The panel sends the case to another panel's queue; ``reason`` is words and stays here."""

    case_id: str
    sitting_id: str
    panel: str
    reason: str
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerEscalation:
    """Somebody answers for a deferral that was escalated: what is done about it, in words."""

    case_id: str
    by: str
    words: str
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class SignSitting:
    """A chair signs the sitting off. ``case_ids`` is its batch as it was seen, ``seen`` are versions of its cases."""

    sitting_id: str
    chair: str
    case_ids: tuple[str, ...]
    seen: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class CorrectRecommendation:
    """A chair mends a mistake in a recommendation of a sitting that was signed off: ``why`` it was one."""

    case_id: str
    by: str
    after: Judgement
    why: str
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class CorrectDecision:
    """The authority mends a mistake in a decision that it issued; the family is told what changed."""

    case_id: str
    by: str
    after: Judgement
    why: str
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class AskChair:
    """The co-ordinator asks for chair's action: ``why`` an urgent case cannot wait for a sitting."""

    case_id: str
    by: str
    why: str
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class AgreeChairAction:
    """A chair recommends in the panel's place."""

    case_id: str
    chair: str
    judgement: Judgement
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class DeclineChairAction:
    """A chair lets the case wait for a sitting, with reasons."""

    case_id: str
    chair: str
    reasons: str
    seen: int | None = None
