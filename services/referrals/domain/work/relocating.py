"""A child goes to another school: what is open goes along, what is past stays with the school that it was at."""

from dataclasses import dataclass
from datetime import date, datetime

from chassis.calendar import london_date
from chassis.decision import Changes, Decision, Ref, Refused, World
from chassis.english import in_words, listed
from schemas.children_v1 import ChildMoved
from schemas.envelope import Event
from services.referrals.domain.book import Book
from services.referrals.domain.children import contacts
from services.referrals.domain.children.persons import PERSON, Person
from services.referrals.domain.commands import OnReferral
from services.referrals.domain.referral import (
    ENDED,
    PANELS,
    PAPERS,
    REFERRAL,
    Left,
    Papers,
    Referral,
    Relocation,
)
from services.referrals.domain.register.places import Setting
from services.referrals.domain.routing.sending import elsewhere, facts_of, sent, told
from services.referrals.domain.work.moving import Move, decided

_FAR = 366  # days ahead or back that a move may lie


@dataclass(frozen=True, slots=True)
class MoveChild:
    """The child goes to the school ``urn`` from the day ``on`` on. ``referral_ids`` are all that it has there now."""

    child_id: str
    referral_ids: tuple[str, ...]
    urn: str
    on: date
    by: str
    #: The adults of contacts that wait for a yes.
    adult_ids: tuple[str, ...] = ()
    #: Referrals that ``by`` may not see: they go along, and the answer says nothing of them.
    unsaid: frozenset[str] = frozenset()


def touched(command: MoveChild) -> list[Ref]:
    """The child, whose contacts the new school gives from now on, those that wait, and the child's referrals."""
    persons = (command.child_id, *command.adult_ids)
    ids = command.referral_ids
    return [*map(PERSON.at, persons), *map(REFERRAL.at, ids), *map(PAPERS.at, ids)]


def relocate(book: Book, world: World, command: MoveChild, now: datetime) -> Changes:
    """Gives every open referral to the new school, and sends on what the new area has another destination for.

    The answer says in words what changed. Raises Refused for a school that is not registered, where the child is
    there already, and for a day that is more than a year away.
    """
    setting = book.register.find(command.urn)
    if setting is None:
        raise Refused("urn-unknown", "No school or setting in the register has this number: check it.")
    if abs((command.on - london_date(now)).days) > _FAR:
        raise Refused("day-far-off", "The day of the move is more than a year away: check it.")
    child = world.get(PERSON, command.child_id)
    found = [each for id in command.referral_ids if (each := world.get(REFERRAL, id)) is not None]
    moving = [each for each in found if each.status not in ENDED and each.urn != setting.urn]
    if not moving and (child is None or child.details.school in (None, setting.urn)):
        raise Refused(
            "nothing-moves", "The child has nothing open at another school: the new school can refer."
        )
    decisions = contacts.moved(world, child, setting.urn, command.adult_ids) if child else {}
    sent_on: list[str] = []
    for each in moving:
        after, facts = _moved(book, each, child, setting, command, now)
        decisions[REFERRAL.at(each.id)] = decided(each, after, now, *facts)
        if (papers := world.get(PAPERS, each.id)) is not None:
            decisions[PAPERS.at(each.id)] = Decision(_as_it_was(papers, each, child, now))
        if after.destination != each.destination and each.id not in command.unsaid:
            sent_on.append(after.destination)
    said = [each for each in moving if each.id not in command.unsaid]
    return Changes(decisions, answer={"sentence": _sentence(book, said, setting, command, sent_on)})


def _moved(
    book: Book, before: Referral, child: Person | None, setting: Setting, command: MoveChild, now: datetime
) -> tuple[Referral, list[Event]]:
    left = Relocation(urn=before.urn, area=before.area, until=command.on, at=now)
    after = Move(OnReferral(before.id, by=command.by), now).of(
        before,
        "moved",
        detail=setting.urn,
        on=command.on,
        urn=setting.urn,
        area=setting.area,
        schools=(*before.schools, left),
    )
    facts: list[Event] = [
        ChildMoved(
            referral_id=before.id,
            former_urn=before.urn,
            urn=setting.urn,
            area=setting.area,
            moved_on=command.on,
            moved_at=now,
        )
    ]
    rerouted = _rerouted(book, before, after, child, setting, now)
    if rerouted is not None:
        return rerouted, [*facts, told(rerouted)]
    return after, facts


def _as_it_was(papers: Papers, referral: Referral, child: Person | None, now: datetime) -> Papers:
    """The papers, with what the former school goes on seeing: nothing that comes after this moment."""
    left = Left(
        referral=referral,
        papers=papers.papers,
        referrer=papers.referrer,
        agreement=papers.agreement,
        child=child.details if child else None,
        at=now,
    )
    return papers.model_copy(update={"left": (*papers.left, left)})


def _rerouted(
    book: Book, before: Referral, referral: Referral, child: Person | None, setting: Setting, now: datetime
) -> Referral | None:
    """The referral with whom the rules choose for the new school; None where it stays, as a panel's case does."""
    born = child.details.born if child else None
    if born is None or referral.destination_kind in PANELS or referral.status not in ("routed", "accepted"):
        return None
    today, former = london_date(now), book.register.find(before.urn)
    was = facts_of(before, former, book.register, born, today) if former else None
    chosen = elsewhere(referral, book.routing, was, facts_of(referral, setting, book.register, born, today))
    return sent(referral, chosen, now, book.days) if chosen else None


def _sentence(
    book: Book, moving: list[Referral], setting: Setting, command: MoveChild, sent_on: list[str]
) -> str:
    if not moving:
        return f"Nothing is open for the child. {setting.name} is its school, from {in_words(command.on)} on."
    number = "One open referral" if len(moving) == 1 else f"{len(moving)} open referrals"
    parts = [f"{number} went to {setting.name}, from {in_words(command.on)} on."]
    former = {each.area for each in moving} - {setting.area}
    if former:
        parts.append(f"The area is {book.register.areas[setting.area].name} now.")
    if sent_on:
        names = sorted({book.destinations[code].name for code in sent_on})
        parts.append(f"By the rules for the new school it is now with the {listed(names)}.")
    elif former:
        parts.append("Those who have it keep it.")
    return " ".join(parts)
