"""Messages that time makes: when a story is next due for one, and what is told then.

What follows from a story's facts by itself is in course.py. What was told by then is a mark of the story, so that no
morning comes twice; and a message's id says what it is about, so that a story without its mark makes no other one.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import takewhile

from chassis.calendar import at, london_date
from chassis.decision import Decision, Due
from services.notifications.domain.course import MORNING, Moment, Timetable, in_force, last_morning, moments
from services.notifications.domain.message import AT_ONCE, Message
from services.notifications.domain.sentences import STANDING
from services.notifications.domain.story import Cause, Story, messages

TIMED = "timed"
#: Codes of what time makes. What is published of a message has its code, and so tells that no fact of others made it.
CODES = ("reminder.", "apology.", "update.")
_DAY = timedelta(days=1)
#: For so long it is true that there was no news: what could not go by then, as in a pause, waits for the next time.
_NEWS = timedelta(days=7)


def is_timed(code: str) -> bool:
    """Whether a message of this code is made by time and not by a fact."""
    return code.startswith(CODES)


def scheduled(story: Story | None, timetable: Timetable, now: datetime) -> Decision[Story]:
    """The story, with what falls due next. No state where there is nothing new."""
    if story is None:
        return Decision()
    until = story.timed_until or now
    coming = next(_not_told(story, timetable, until), None)
    falls = at(coming.on, MORNING) if coming else None
    due = () if falls == story.timed_next else (Due(TIMED, story.referral_id, falls),)
    return Decision(story.model_copy(update={"timed_until": until, "timed_next": falls}), due=due)


def falls_due(timetable: Timetable, story: Story | None, due: Due, now: datetime) -> Decision[Story]:
    """The messages that time has made by now, and when it makes the next.

    Of what had to wait, only what still helps: no reminder on its day or after it, and no word of long ago. A story
    without a mark, from before there was one, begins now.
    """
    if story is None:
        return Decision()
    today, made = last_morning(now), []
    if story.timed_until is not None:
        ripe = list(takewhile(lambda one: one.on <= today, _not_told(story, timetable, story.timed_until)))
        made = [one for moment in _still_good(ripe, london_date(now)) for one in _born(story, moment, now)]
    told = {"timed_until": now, "timed_next": None, "born": (*story.born, *made)}
    return scheduled(story.model_copy(update=told), timetable, now)


def is_overtaken(story: Story, message: Message, timetable: Timetable) -> bool:
    """Whether a message that time made, and that had to wait, is not true any more: its day has moved or is settled.

    Of a word that somebody still waits: whether they have been told anything since.
    """
    facts = story.in_order
    if timetable.words and message.fact == timetable.words.code:
        since = [fact for fact in facts if fact.at > message.made_at]
        return any(timetable.tells(fact) or fact.type in STANDING for fact in since)
    holding = {(code, _about(whose, day)) for code, whose, day in in_force(facts, timetable)}
    return (message.fact, message.about) not in holding


def _not_told(story: Story, timetable: Timetable, until: datetime) -> Iterator[Moment]:
    """What comes after ``until``. Where nobody may be told, the story's own facts are a person's task already."""
    if story.stopped or not story.tell:
        return iter(())
    done = last_morning(until)
    return (one for one in moments(story.in_order, timetable) if one.on > done)


def _still_good(ripe: Sequence[Moment], today: date) -> Iterator[Moment]:
    for place, moment in enumerate(ripe, 1):
        last = place == len(ripe)
        if {"missed": True, "remind": moment.day > today, "waits": last}[moment.rule.does]:
            yield moment


def _born(story: Story, moment: Moment, now: datetime) -> list[Message]:
    telling, dates = moment.telling, dict(moment.dates)
    if telling.again_days is not None:
        dates["again_by"] = str(moment.on + timedelta(days=telling.again_days))
    _, whose, day = moment.what
    until = {"remind": day - _DAY, "waits": moment.on + _NEWS, "missed": None}[moment.rule.does]
    made = messages(story, moment.fact, telling, now, Cause(), dates, _about(whose, day), until)
    if story.doubt_until and at(moment.on, MORNING) <= story.doubt_until:
        # As left by a worker that died with it in hand: the sender's sweep holds it for a person.
        left = {"phase": "sending", "attempt": "recovery", "lease_until": AT_ONCE}
        return [one.model_copy(update=left) for one in made]
    return made


def _about(whose: str, day: date) -> str:
    """What a message of this day is about: it makes the message's id."""
    return f"{whose}:{day}"
