"""What a row of a list says of a child's way to a place, or of the places of a setting. It names no child. Pure."""

from collections.abc import Mapping
from datetime import date

from services.panels.documents.sheets import Row
from services.panels.domain.placing.consulting import owed, said_yes
from services.panels.domain.placing.placement import Placement
from services.panels.domain.placing.places import Places
from services.panels.domain.placing.story import KINDS, days_waited, tell
from services.panels.placed import kind_of

PLACEMENT_HEADS = (
    "Reference", "Panel", "State", "Short", "Area", "Phase", "Need", "Kind of place", "Began at", "Days",
    "Next step by", "Schools asked", "Can take the child", "Still to answer", "To remind", "First day", "Looked at on",
    "Last day", "Back at its school on", "Happened", "Next",
)  # fmt: skip
PLACES_HEADS = (
    "URN or code", "Setting", "Kind of place", "Places", "In use", "Kept for later", "Out of use", "Free", "Coming",
    "More than there are", "Why",
)  # fmt: skip


def of_placement(placement: Placement, panel: str, today: date) -> Row:
    """The cells of `PLACEMENT_HEADS`; ``panel`` is the name of whose work it is."""
    story, kind, asked = tell(placement), kind_of(placement), placement.consultations
    return (
        placement.reference, panel, placement.status, placement.short, placement.area, placement.phase, placement.need,
        KINDS[kind] if kind else None, placement.awaited_at, days_waited(placement, today), story.by,
        len(asked), len(said_yes(asked)), len(placement.unanswered), len(owed(placement, today)),
        placement.started_on or placement.starts_on, placement.review_on, placement.ends_on, placement.returns_on,
        story.happened, story.next_step,
    )  # fmt: skip


def of_places(places: Places, names: Mapping[str, str], today: date) -> Row:
    """The cells of `PLACES_HEADS`; ``names`` are those of the directory."""
    later = sum(each.from_on > today for each in places.kept)
    coming = sum(each.count for each in places.coming if each.from_on > today)
    beyond = places.beyond
    return (
        places.setting, names.get(places.setting), KINDS[places.kind], places.number, places.kept_on(today), later,
        places.out_on(today), places.free_on(today), coming, beyond.excess if beyond else 0,
        beyond.reason if beyond else None,
    )  # fmt: skip
