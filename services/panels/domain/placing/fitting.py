"""Which settings can be asked for a child: those that take its phase and, as far as is known, give such a place."""

from collections.abc import Collection, Mapping
from typing import get_args

from schemas.codes import Phase, ProvisionType, SettingKind
from schemas.places_v1 import PlaceKind
from services.panels.domain.faults import Wrong
from services.panels.domain.legal.dates import Transfer, TransferTo
from services.panels.domain.placing.placement import KIND_OF, Placement

_ALL: frozenset[Phase] = frozenset(get_args(Phase))
SETTING_KINDS: tuple[SettingKind, ...] = get_args(SettingKind)
#: The kinds of place that are offered after a panel.
OFFERED: tuple[PlaceKind, ...] = (
    "special-school",
    "specialist-resource-provision",
    "hearing-impairment-base",
    "other",
)
#: The phases that settings take. A primary school may have a nursery class, a secondary one a sixth form.
TAKES: Mapping[SettingKind, frozenset[Phase]] = {
    "nursery": frozenset({"early-years"}),
    "early-years": frozenset({"early-years"}),
    "primary": frozenset({"early-years", "primary"}),
    "secondary": frozenset({"secondary", "post-16"}),
    "post-16": frozenset({"post-16"}),
    "all-through": _ALL,
    "special": _ALL,
}
#: The phase into which a child changes. A middle school is a primary or a secondary one by the national register.
_INTO: Mapping[TransferTo, tuple[Phase, ...]] = {
    "school": ("primary",),
    "junior": ("primary",),
    "middle": ("primary", "secondary"),
    "secondary": ("secondary",),
    "post-16": ("post-16",),
    "another-post-16": ("post-16",),
}
#: The kinds of place that are as agreed; a base for deaf pupils is a specialist resource provision.
_AS_AGREED: Mapping[ProvisionType, frozenset[PlaceKind]] = {
    "specialist-resource-provision": frozenset({"specialist-resource-provision", "hearing-impairment-base"}),
}


def next_phases(transfer: Transfer | None) -> tuple[Phase, ...]:
    """The phases into which a child changes; none where no change is ahead."""
    return _INTO[transfer.to] if transfer else ()


def as_agreed(provision: ProvisionType | None, kind: PlaceKind) -> bool:
    """Whether a place of this kind is what the authority agreed to."""
    return provision is None or kind in _AS_AGREED.get(provision, {KIND_OF.get(provision)})


def may_be_asked(placement: Placement, recorded: Collection[PlaceKind] = ()) -> list[SettingKind]:
    """The kinds of setting that can be asked; ``recorded`` are the kinds of place that one is known to have."""
    given = any(as_agreed(placement.provision, kind) for kind in recorded)
    return [kind for kind in SETTING_KINDS if _takes(kind, placement) and (given or _gives(kind, placement))]


def _takes(kind: SettingKind, placement: Placement) -> bool:
    """Whether settings of this kind take the child's phase, as it is or will be; all do where that is not known."""
    if placement.next_phases is None:
        return True
    return not TAKES[kind].isdisjoint((placement.phase, *placement.next_phases))


def _gives(kind: SettingKind, placement: Placement) -> bool:
    """Whether settings of this kind give what was agreed, as far as their kind tells."""
    if placement.provision in ("special-school", "specialist-resource-provision"):
        return (kind == "special") == (placement.provision == "special-school")
    return True


def unfit(placement: Placement, kind: SettingKind | None, recorded: Collection[PlaceKind]) -> Wrong | None:
    """Why a setting cannot be asked for this child; None where it can, or its kind is not known."""
    if kind is None or kind in may_be_asked(placement, recorded):
        return None
    if not _takes(kind, placement):
        return Wrong("setting", "not-of-this-phase", "takes no children of this phase: choose another")
    return Wrong("setting", "not-of-this-kind", "has no places of the kind that was agreed: choose another")
