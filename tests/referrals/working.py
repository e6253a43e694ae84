"""A referral on the desk of a team: short ways to let people and the clock do things with it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from chassis.calendar import at
from chassis.testing import Bench
from schemas.envelope import Event
from schemas.personal_v1 import ReferralPapers
from services.referrals.domain.commands import OnReferral
from services.referrals.domain.referral import PAPERS, REFERRAL, Referral, Step
from services.referrals.domain.story import Story, story
from services.referrals.files import HERE
from tests.referrals.builders import TODAY, bench, book, referral_id, submit

ID = referral_id()
TEAM, COLLEAGUE, SCHOOL = "staff-team", "staff-colleague", "staff-school"


class Desk:
    """One referral, taken in, and everything that is done with it from then on."""

    def __init__(self, form: dict[str, Any] | None = None, folder: Path = HERE) -> None:
        self.rules: Bench = bench(folder)
        self.folder = folder
        self.taken = self.rules.deliver(submit(form))

    def do(self, *commands: OnReferral) -> list[Event]:
        """Lets people do things, each having seen the referral as it is; answers what the last one said."""
        said: list[Event] = []
        for command in commands:
            said = self.rules.deliver(command)
        return said

    def seeing(self, command: OnReferral, version: int) -> list[Event]:
        """Lets somebody act who looked at an earlier version."""
        return self.rules.deliver(replace(command, seen=version))

    def on(self, day: date, hour: int = 9) -> list[Event]:
        """Moves the clock to an hour of a day; answers what it said on the way."""
        return self.rules.advance(at(day, time(hour)))

    @property
    def now(self) -> Referral:
        found = self.rules.state(REFERRAL, ID)
        assert found is not None
        return found

    def other(self, id: str) -> Referral:
        """Another referral, which must be there."""
        found = self.rules.state(REFERRAL, id)
        assert found is not None
        return found

    def papers(self, id: str = ID) -> ReferralPapers:
        """The words of a referral."""
        found = self.rules.state(PAPERS, id)
        assert found is not None
        return found.papers

    @property
    def child(self) -> str:
        return self.now.child_id

    def told(self, today: date = TODAY) -> Story:
        """Where it stands, in words."""
        return story(self.now, book(self.folder).destinations, today)

    @property
    def history(self) -> Sequence[Step]:
        return self.now.history

    def due(self) -> list[tuple[str, datetime | None]]:
        """What is to fall due, and when."""
        return [(due.what, due.at) for due in self.rules.due]


def types(said: Sequence[Event]) -> list[str]:
    """The types of events in clear, in order."""
    return [type(event).type for event in said if not event.topic.sealed]
