"""What the API and the pages show of placements and of places. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.panels.domain.placing.consulting import owed
from services.panels.domain.placing.fitting import as_agreed
from services.panels.domain.placing.placement import KIND_OF, Consultation, Placement
from services.panels.domain.placing.places import Places
from services.panels.domain.placing.story import days_waited, tell
from services.panels.placed import kind_of
from services.panels.storage import Background

_FIELDS = {
    "placement_id",
    "referral_id",
    "reference",
    "panel",
    "short",
    "area",
    "phase",
    "need",
    "provision",
    "support_at",
    "awaited_at",
    "starts_on",
    "started_on",
    "review_on",
    "ends_on",
    "returns_on",
    "asks",
}


def of_placement(placement: Placement, today: date) -> dict[str, Any]:
    """A placement with its story; it names nobody and no school."""
    story = tell(placement)
    return placement.model_dump(mode="json", include=_FIELDS) | {
        "state": placement.status,
        "kind": kind_of(placement),
        "agreed": KIND_OF.get(placement.provision) if placement.provision else None,
        "seen": placement.version,
        "days_waited": days_waited(placement, today),
        "remind": len(owed(placement, today)),
        "story": {
            "happened": story.happened,
            "holder": story.holder,
            "next_step": story.next_step,
            "by": story.by.isoformat() if story.by else None,
        },
    }


def of_placement_in_full(
    placement: Placement, today: date, known: Background, names: Mapping[str, str]
) -> dict[str, Any]:
    """A placement with all that is known of it here, the child's name included: reading it is logged."""
    why = {each.consultation.consultation_id: each.why for each in owed(placement, today)}
    offer = placement.offer.model_dump(mode="json") if placement.offer else None
    return of_placement(placement, today) | {
        "child": known.child.model_dump() if known.child else None,
        "school": known.school.model_dump() if known.school else None,
        "consultations": [
            _of_consultation(each, names, why) | {"as_agreed": each.provision in (None, placement.provision)}
            for each in placement.consultations
        ],
        "offer": offer and offer | {"name": names.get(offer["setting"]), "as_agreed": _as_offered(placement)},
        "acceptance": placement.acceptance.model_dump(mode="json") if placement.acceptance else None,
        "not_taken": [each.model_dump(mode="json") for each in placement.not_taken],
        "ended": placement.ended.model_dump(mode="json") if placement.ended else None,
        "history": [each.model_dump(mode="json") for each in placement.history],
    }


def _as_offered(placement: Placement) -> bool:
    """Whether the place that is kept is of the kind that was agreed."""
    return placement.offer is None or as_agreed(placement.provision, placement.offer.kind)


def _of_consultation(asked: Consultation, names: Mapping[str, str], why: Mapping[str, str]) -> dict[str, Any]:
    return asked.model_dump(mode="json") | {
        "name": names.get(asked.setting),
        "remind": why.get(asked.consultation_id),
    }


def of_places(places: Places, today: date, names: Mapping[str, str]) -> dict[str, Any]:
    """The places of one kind at one setting, as they stand today. It names no child."""
    begun = sum(each.on(today) for each in places.kept)
    return {
        "places_id": places.places_id,
        "setting": places.setting,
        "name": names.get(places.setting),
        "kind": places.kind,
        "number": places.number,
        "in_use": begun,
        "kept": sum(each.from_on > today for each in places.kept),
        "out_of_use_today": places.out_on(today),
        "free": places.free_on(today),
        "free_from_today": places.free_from(today),
        "out_of_use": [each.model_dump(mode="json") for each in places.out_of_use],
        "coming": [each.model_dump(mode="json") for each in places.coming],
        "beyond": places.beyond.model_dump(mode="json") if places.beyond else None,
        "seen": places.changes,
    }
