"""What a page of the form is, and when it is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from services.referrals.domain.asking.questions import Answers, Question, value_at
from services.referrals.domain.children.ages import age_on

ASKED_THEMSELVES = 16  # years; SEND code of practice 8.13: from here on the young person is asked directly


@dataclass(frozen=True, slots=True)
class Page:
    """One page. ``parts`` are the parts of the form that it answers for, as a whole; ``entry`` names one of a list.

    A page with ``entry`` is about one entry of the list ``parts[0]``, and its questions' paths begin there.
    """

    slug: str
    title: str
    section: str
    questions: tuple[Question, ...]
    lead: str = ""
    parts: tuple[str, ...] = ()
    entry: str = ""
    when: Callable[[Answers, date], bool] = lambda answers, today: True
    optional: bool = False


def asks_for_placement(answers: Answers, today: date) -> bool:
    """Whether a placement panel is asked."""
    return answers.get("asks_for") == "placement"


def is_looked_after(answers: Answers, today: date) -> bool:
    """Whether the child was said to be looked after."""
    return value_at(answers, "child.looked_after") is True


def old_enough_to_be_asked(answers: Answers, today: date) -> bool:
    """Whether the child is 16 or older."""
    try:
        born = date.fromisoformat(str(value_at(answers, "child.born")))
    except ValueError:
        return False
    return born <= today and age_on(born, today) >= ASKED_THEMSELVES
