"""Which message touches what: the table of the notifications service."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from chassis import restrictions, staff
from chassis.decision import Changes, Decision, Ref, World
from chassis.erasure import ERASURE, hears
from chassis.handlers import Handlers
from schemas.children_v1 import PersonMerged, PersonUnmerged
from schemas.directory_v1 import DestinationListed, DestinationListedV2
from schemas.envelope import REGISTRY, Event
from schemas.erasure_v1 import ErasedFromNotifications, PersonErased
from schemas.family_v1 import FamilyAnswer, PageCodeHanded, TellingDecided
from schemas.personal_v1 import CasePapers, PersonDetails, ReferralPapers
from schemas.referral_work_v1 import ReferralAmended
from schemas.referrals_v1 import ReferralReceived, ReferralReceivedV2
from schemas.staff_v1 import ReferralRestricted, StaffDetails
from schemas.topics import PANELS, REFERRALS
from services.notifications.domain import (
    aliases,
    background,
    by_hand,
    by_school,
    contact,
    correcting,
    digest,
    handed,
    message,
    outcomes,
    pausing,
    preference,
    receipts,
    said,
    sending_again,
    story,
    timed,
)
from services.notifications.domain.contact import CONTACT
from services.notifications.domain.course import Timetable
from services.notifications.domain.fact import Telling
from services.notifications.domain.message import MESSAGE, Message
from services.notifications.domain.story import STORY

#: Facts that say who may be told of a referral.
_NAMING: tuple[type[ReferralReceivedV2] | type[ReferralAmended], ...] = (
    ReferralReceived,
    ReferralReceivedV2,
    ReferralAmended,
)


def build(tellings: Sequence[Telling], patience: timedelta) -> Handlers:
    """``tellings`` are the facts that families are told; ``patience`` is how long a person's details may take."""
    handlers, timetable = Handlers(), Timetable(tellings)
    heard = partial(_heard, timetable)
    for named in _NAMING:
        handlers.on_many(named, _story_and_contacts, partial(_received, heard, patience))
    for event in _told_of_a_referral():
        handlers.on_many(event, lambda e: [_story_of(e)], heard)
    handlers.when_due(timed.TIMED, STORY, partial(timed.falls_due, timetable))
    handlers.on(PersonDetails, CONTACT, lambda e: e.person_id, contact.learn)
    handlers.when_due(contact.DETAILS_AWAITED, CONTACT, contact.details_are_overdue)
    handlers.on(preference.Prefer, preference.PREFERENCE, lambda c: c.person_id, preference.prefer)
    handlers.on(correcting.CorrectContact, preference.PREFERENCE, lambda c: c.person_id, correcting.correct)
    handlers.on(PersonMerged, aliases.ALIAS, lambda e: e.person_id, aliases.merged)
    handlers.on(PersonUnmerged, aliases.ALIAS, lambda e: e.person_id, aliases.unmerged)
    handlers.on(PersonErased, ERASURE, lambda e: e.erasure_id, hears(_erased))
    handlers.on(StaffDetails, staff.STAFF, lambda e: e.staff_id, staff.keep)
    handlers.on(ReferralRestricted, restrictions.RESTRICTION, lambda e: e.referral_id, restrictions.keep)
    for listed in (DestinationListed, DestinationListedV2):
        handlers.on(listed, background.DIRECTORY_ENTRY, lambda e: e.entry, background.list_destination)
    handlers.on(said.Say, said.FAMILY_WORDS, lambda c: c.id, said.say)
    handlers.on(FamilyAnswer, said.FAMILY_WORDS, lambda e: e.words_id, said.answered)
    handlers.on(PageCodeHanded, handed.HANDED, lambda e: e.code_id, handed.heard)
    handlers.on(handed.UseCode, handed.HANDED, lambda c: c.code_id, handed.use)
    handlers.on(CasePapers, background.REASONS, lambda e: e.case_id, background.keep_reasons)
    handlers.on(ReferralPapers, background.ACTIONS, lambda e: e.referral_id, background.keep_actions)
    _messages(handlers)
    return handlers


def _messages(handlers: Handlers) -> None:
    for command, rule in _WITH_THOSE_CARRIED.items():
        handlers.on_many(command, _with_those_carried, partial(_all_of_it, rule))
    handlers.on(message.Stop, MESSAGE, lambda c: c.message_id, message.stop)
    handlers.on(TellingDecided, MESSAGE, lambda e: e.message_id, by_school.decided)
    handlers.on(pausing.PauseAll, pausing.PAUSE, lambda _: pausing.ALL, pausing.pause_all)
    handlers.on(pausing.ResumeAll, pausing.PAUSE, lambda _: pausing.ALL, pausing.resume_all)
    handlers.on(outcomes.AskLater, MESSAGE, lambda c: c.message_id, outcomes.ask_later)
    handlers.on_many(
        receipts.Receipt,
        _with_those_carried,
        _receipt,
        reads=lambda c: [CONTACT.at(c.person_id), preference.PREFERENCE.at(c.person_id)],
    )
    handlers.on_many(
        message.Unreachable,
        lambda c: [MESSAGE.at(c.message_id)],
        _unreachable,
        reads=lambda c: [CONTACT.at(c.person_id)],
    )


def _erased(fact: PersonErased, now: datetime) -> ErasedFromNotifications:
    return ErasedFromNotifications(erasure_id=fact.erasure_id, erased_at=now)


def _story_and_contacts(event: ReferralReceivedV2 | ReferralAmended) -> list[Ref]:
    touched = [STORY.at(event.referral_id), *map(CONTACT.at, event.tell or ())]
    return [*touched, restrictions.RESTRICTION.at(event.referral_id)] if _began_restricted(event) else touched


def _began_restricted(event: Event) -> bool:
    return isinstance(event, ReferralReceivedV2) and event.restricted


def _told_of_a_referral() -> list[type[Event]]:
    """Every fact of the two topics that is about a referral, also one that is added to them later.

    Not what is decided about a message: that is none of the family's story.
    """
    return [
        event
        for event in REGISTRY.values()
        if event.topic in (REFERRALS, PANELS)
        and "referral_id" in event.model_fields
        and not issubclass(event, (*_NAMING, TellingDecided))
    ]


def _received(
    heard: Callable[[World, Event, datetime], Changes],
    patience: timedelta,
    world: World,
    event: ReferralReceivedV2 | ReferralAmended,
    now: datetime,
) -> Changes:
    decisions: dict[Ref, Decision[Any]] = {}
    decisions.update(heard(world, event, now).decisions)
    for person in event.tell or ():
        if world.get(CONTACT, person) is None:
            awaited = contact.await_details(person, now, patience)
            decisions[CONTACT.at(person)] = Decision(awaited.state, due=awaited.due)
    if _began_restricted(event):
        kind = restrictions.RESTRICTION
        decisions[kind.at(event.referral_id)] = restrictions.await_names(world.get(kind, event.referral_id))
    return Changes(decisions)


def _heard(timetable: Timetable, world: World, event: Event, now: datetime) -> Changes:
    ref = _story_of(event)
    cause = story.Cause(world.correlation, world.traceparent)
    after = story.hear(world.get(STORY, ref.id), event, now, timetable, cause)
    return Changes({ref: timed.scheduled(after, timetable, now)})


def _story_of(event: Event) -> Ref:
    return STORY.at(str(event.referral_id))  # type: ignore[attr-defined]


def _unreachable(world: World, command: message.Unreachable, now: datetime) -> Changes:
    person = world.get(CONTACT, command.person_id)
    decision = message.unreachable(
        world.get(MESSAGE, command.message_id), person.reach if person else None, command, now
    )
    return Changes({MESSAGE.at(command.message_id): decision}, answer=decision.answer)


def _receipt(world: World, told: receipts.Receipt, now: datetime) -> Changes:
    person = world.get(CONTACT, told.person_id)
    wished = world.get(preference.PREFERENCE, told.person_id)
    known = preference.as_preferred(person, wished) if person else None
    return _all_of_it(lambda one, report, at: receipts.receipt(one, known, report, at), world, told, now)


def _with_those_carried(command: Any) -> list[Ref]:
    return [MESSAGE.at(id) for id in (command.message_id, *command.carried)]


def _all_of_it(rule: Callable[..., Decision[Message]], world: World, command: Any, now: datetime) -> Changes:
    """What becomes of a message, and so of those that it carries, in one transaction."""
    before = world.get(MESSAGE, command.message_id)
    decision = rule(before, command, now)
    decisions = {MESSAGE.at(command.message_id): decision}
    for id in command.carried:
        decisions[MESSAGE.at(id)] = digest.follow(before, decision, world.get(MESSAGE, id))
    return Changes(decisions, answer=decision.answer)


#: What happens to a message happens to those that it carries, too.
_WITH_THOSE_CARRIED: dict[type, Callable[..., Decision[Message]]] = {
    outcomes.Settle: outcomes.settle,
    outcomes.GiveUp: outcomes.give_up,
    by_hand.Release: by_hand.release,
    sending_again.SendAgain: sending_again.send_again,
    by_hand.SettleByHand: by_hand.settle_by_hand,
}
