"""A co-ordinator says how many places there are: of each setting and kind, with those out of use and those coming."""

from datetime import datetime

from chassis.calendar import london_date
from chassis.decision import Decision, Refused
from schemas.places_v1 import PlacesCounted
from services.panels.domain.faults import Wrong
from services.panels.domain.placing.commands import CountPlaces
from services.panels.domain.placing.places import Places, places_id_of, within

#: No base and no special school has more places of a kind.
MOST = 2000


def count(places: Places | None, command: CountPlaces, now: datetime) -> Decision[Places]:
    """The numbers from now on. The same again changes nothing.

    Raises Refused for numbers that cannot be, for places that somebody changed meanwhile, and where more are kept
    for children than there would be, without a reason.
    """
    id = places_id_of(command.setting, command.kind)
    before = places or Places(places_id=id, setting=command.setting, kind=command.kind)
    if command.seen is not None and command.seen != before.changes:
        raise Refused(
            "changed-meanwhile", "Somebody else changed these places: look at them again, then save."
        )
    numbers = {"number": command.number, "out_of_use": command.out_of_use, "coming": command.coming}
    after = before.model_copy(update=numbers)
    if places is not None and after == places:
        return Decision(answer=_answer(places))
    _make_sense(after, now)
    after = within(after, command.because, command.by, now)
    fact = PlacesCounted(places_id=id, setting=after.setting, kind=after.kind, **numbers, counted_at=now)
    return Decision(after, (fact,), answer=_answer(after))


def _make_sense(places: Places, now: datetime) -> None:
    wrong = []
    if not 0 <= places.number <= MOST:
        wrong.append(Wrong("number", "out-of-range", f"must be a number from 0 to {MOST:,}"))
    if any(not 0 < each.count <= MOST for each in places.out_of_use):
        wrong.append(Wrong("out_of_use", "out-of-range", f"must be a number from 1 to {MOST:,}"))
    if any(each.until_on is not None and each.until_on < each.from_on for each in places.out_of_use):
        wrong.append(Wrong("out_of_use", "ends-before-it-begins", "must not end before it begins"))
    if any(not 0 < each.count <= MOST for each in places.coming):
        wrong.append(Wrong("coming", "out-of-range", f"must be a number from 1 to {MOST:,}"))
    if not wrong and min(map(places.number_on, places.days_from(london_date(now)))) < 0:
        wrong.append(Wrong("out_of_use", "more-than-there-are", "must not be more places than there are"))
    if wrong:
        raise Refused("places-not-plausible", "Some numbers cannot be; each is named.", faults=tuple(wrong))


def _answer(places: Places) -> dict[str, object]:
    return {
        "places_id": places.places_id,
        "number": places.number,
        "beyond": places.beyond.excess if places.beyond else 0,
        "seen": places.changes,
    }
