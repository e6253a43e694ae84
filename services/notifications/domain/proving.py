"""The second factor of a family's page: a code of six digits that comes by another way than the link.

A link may be passed on, or be opened by somebody who reads along. What is personal is shown to whoever has the code,
too: sent to the other contact on record, or told by a person of the council who knows whom they talk to.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

Way = Literal["email", "text", "by-hand"]
Verdict = Literal["right", "wrong", "over"]

DIGITS = 6
#: After so many wrong ones a code is over.
TRIES = 5
#: How long a code holds that was sent, and one that somebody was told: they may have to find the page first.
LASTS: dict[Way, timedelta] = {
    "email": timedelta(minutes=10),
    "text": timedelta(minutes=10),
    "by-hand": timedelta(hours=1),
}
#: So many codes are sent to one person about one referral. With the tries of each, a guess stays hopeless.
IN_AN_HOUR, IN_A_DAY = 5, 10
#: How long a browser that had the right code is shown everything.
PROVED = timedelta(hours=4)


class PageCode(BaseModel):
    """A code that was given out: real time by the database's clock. ``over``: used, or another one took its place."""

    model_config = ConfigDict(frozen=True)

    expires_at: AwareDatetime
    tries: int = 0
    over: bool = False

    def open_at(self, now: datetime) -> bool:
        """Whether it may still be tried."""
        return not self.over and self.tries < TRIES and now < self.expires_at


def tried(code: PageCode, right: bool, now: datetime) -> tuple[PageCode, Verdict]:
    """The code after somebody wrote one; ``right`` says whether it was this. A code works once."""
    if not code.open_at(now):
        return code, "over"
    if right:
        return code.model_copy(update={"over": True}), "right"
    after = code.model_copy(update={"tries": code.tries + 1})
    return after, "wrong" if after.open_at(now) else "over"


def may_be_sent(earlier: Sequence[datetime], now: datetime) -> bool:
    """Whether one more may be sent, after those that were sent at these times."""
    ages = [now - at for at in earlier]
    lately = sum(age < timedelta(hours=1) for age in ages)
    return lately < IN_AN_HOUR and sum(age < timedelta(days=1) for age in ages) < IN_A_DAY


def other_ways(linked_by: str, reached: Collection[Way]) -> tuple[Way, ...]:
    """The ways by which a code can be sent: those on record but the one by which the link came itself."""
    return tuple(way for way in ("text", "email") if way in reached and way != linked_by)


def tidy(typed: str) -> str:
    """What was typed without spaces and dashes, which people write between digits; empty if it is no code."""
    digits = "".join(c for c in typed if c not in " -\u00a0\u2013")
    return digits if len(digits) == DIGITS and digits.isascii() and digits.isdigit() else ""
