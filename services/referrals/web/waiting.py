"""What whoever waits is told: how long it usually takes, whom to ring, what to try meanwhile."""

from datetime import date

from chassis.calendar import london_date
from services.referrals.domain.book import Book
from services.referrals.domain.directory.waits import ENOUGH, Expected, elapsed
from services.referrals.domain.queues import stage
from services.referrals.domain.referral import Referral
from services.referrals.domain.routing.teams import Destination


def wait_words(referral: Referral, book: Book, wait: Expected | None, today: date) -> list[str]:
    """Sentences for a referral that waits for its first answer; none for any other."""
    if stage(referral) != "new":
        return []
    team = book.destinations.get(referral.destination)
    waited = elapsed(london_date(referral.received_at), today)
    sentences = [f"It has waited for {days(waited)}. {expected_words(wait or Expected(0), team)}"]
    if team and team.advice_line:
        hours = f" ({team.opening_hours})" if team.opening_hours else ""
        sentences.append(
            f"The team's advice line is {team.advice_line}{hours}. You need not wait to ring it."
        )
    if team and team.meanwhile:
        sentences.append(f"What to try meanwhile: {team.meanwhile}")
    return sentences


def expected_words(wait: Expected, team: Destination | None = None) -> str:
    """The wait to expect until a first answer, in one or two sentences."""
    if not wait.said:
        few = f"There are not enough cases to say how long it takes: fewer than {ENOUGH} in the last year."
        plans = team and team.expected_wait_days
        return f"{few} The team itself expects about {days(plans)}." if plans else few
    if wait.median is None:
        return (
            f"Most of those who were sent there in the last year wait longer than {days(wait.beyond or 0)}."
        )
    half = f"Half of all had their first answer within {days(wait.median)}"
    if wait.p80 is None:
        return f"{half}; more than one in five wait longer than {days(wait.beyond or 0)}."
    return f"{half}, and eight in ten within {days(wait.p80)}."


def days(number: int) -> str:
    """A number of calendar days."""
    if number == 0:
        return "less than a day"
    return "1 day" if number == 1 else f"{number} days"
