"""Whose telephone number is wrong, whose receipts come late, and for whom GOV.UK Notify has to be asked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from deploy.demo.arrivals import Arrival
from deploy.demo.people import RATHER_TEXTS
from deploy.local.notify import Fate, Notification

#: Of the numbers that get texts: those that are wrong, those whose phone is off for long, and those of which no
#: receipt comes.
WRONG, LATE, UNSAID = 0.02, 0.03, 0.02
_OFF_FOR = timedelta(hours=30)


@dataclass(frozen=True)
class Phones:
    """Numbers as they are dialled; those that are named nowhere get every text at once."""

    wrong: frozenset[str] = frozenset()
    late: frozenset[str] = frozenset()
    unsaid: frozenset[str] = frozenset()

    def fate(self, one: Notification) -> Fate:
        """What becomes of a text. Of letters Notify says nothing until it is asked."""
        if one.kind == "letter":
            return Fate("received", said=False)
        if one.to in self.wrong:
            return Fate("permanent-failure")
        return Fate(late=_OFF_FOR if one.to in self.late else timedelta(), said=one.to not in self.unsaid)


def phones_of(arrivals: Sequence[Arrival], seed: int) -> Phones:
    """Drawn from the numbers of the month: the same seed draws the same. Of each kind there is one at least.

    The first of the wrong ones belongs to somebody who has an e-mail address, too, the second to somebody who has a
    postal one, the third to somebody who has neither, as far as there are such.
    """
    random = Random(f"phones {seed}")
    told = [who for arrival in arrivals if not arrival.refused for who in arrival.recipients if who.texted]
    by_mail = _mixed({who.texted for who in told if who.email}, random)
    by_post = _mixed({who.texted for who in told if who.post} - {*by_mail}, random)
    alone = _mixed({who.texted for who in told} - {*by_mail, *by_post}, random)
    every = [*by_mail[:1], *by_post[:1], *alone[:1], *by_mail[1:], *by_post[1:], *alone[1:]]
    wrong = every[: _part(every, WRONG)]
    others = _mixed({*every} - {*wrong}, random)
    late, unsaid = _part(every, LATE), _part(every, UNSAID)
    return Phones(frozenset(wrong), frozenset(others[:late]), frozenset(others[late : late + unsaid]))


def _mixed(numbers: Collection[str | None], random: Random) -> list[str]:
    ordered = sorted(number for number in numbers if number)
    random.shuffle(ordered)
    return ordered


def _part(numbers: Sequence[str], share: float) -> int:
    return max(1, round(len(numbers) * share))


def assumed() -> str:
    """What is assumed of telephones, in a sentence."""
    return (
        f"Assumed: {RATHER_TEXTS / 1000:.0%} of adults would rather have texts; of the numbers that get texts "
        f"{WRONG:.0%} are wrong, the phones of {LATE:.0%} are off for "
        f"{_OFF_FOR.total_seconds() / 3600:.0f} hours, and for {UNSAID:.0%} no receipt comes, so that GOV.UK Notify "
        "has to be asked."
    )
