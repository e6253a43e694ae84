"""How pages say dates, times and numbers: in plain words, in the time of the clock on the wall."""

from datetime import date, datetime

from chassis.calendar import LONDON, london_date
from chassis.english import in_words, with_weekday


def day(value: date | datetime | str | None) -> str:
    """``Monday 2 November 2026``, also of a date as JSON writes it; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, str):
        value = date.fromisoformat(value)
    local = _local(value)
    return with_weekday(local)


def moment(value: datetime | None) -> str:
    """``2 November 2026 at 3:05pm``; nothing for None."""
    if value is None:
        return ""
    local = value.astimezone(LONDON)
    hour = local.hour % 12 or 12
    return f"{in_words(local)} at {hour}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 referral``, ``2,041 referrals``, ``no referrals``; ``many`` where it is not ``one`` with an s."""
    if number == 1:
        return f"1 {one}"
    return f"{number or 'no':,} {many or one + 's'}" if number else f"no {many or one + 's'}"


def _local(value: date | datetime) -> date:
    return london_date(value) if isinstance(value, datetime) else value
