"""Only settings that can take a child are asked: of its phase, or of the one into which it changes, and of the kind."""

from typing import Any

import pytest

from chassis.decision import Refused
from schemas.codes import Phase, SettingKind
from schemas.directory_v1 import SettingListed
from schemas.places_v1 import PlaceKind
from services.panels.domain.legal.dates import Transfer
from services.panels.domain.placing.fitting import as_agreed, next_phases, unfit
from services.panels.domain.placing.placement import Placement
from tests.panels.conftest import House
from tests.panels.placing import OAK, PlacesBench
from tests.panels.test_pages import as_
from tests.panels.test_placing_api import WAY, problem
from tests.panels.test_placing_pages import PAGE, agreed

NURSERY, SECONDARY, SPECIAL_SCHOOL = "117301", "117302", "117303"


def a_placement(**changes: Any) -> Placement:
    bench = PlacesBench()
    return bench.placement(bench.agreed()).model_copy(update=changes)


@pytest.mark.parametrize(
    ("phase", "kind", "fault"),
    [
        ("secondary", "nursery", "not-of-this-phase"),
        ("secondary", "primary", "not-of-this-phase"),
        ("early-years", "secondary", "not-of-this-phase"),
        ("post-16", "primary", "not-of-this-phase"),
        ("secondary", "secondary", None),
        ("post-16", "secondary", None),
        ("early-years", "primary", None),
        ("secondary", "all-through", None),
    ],
)
def test_a_setting_that_does_not_take_the_phase_does_not_fit(
    phase: Phase, kind: SettingKind, fault: str | None
) -> None:
    found = unfit(a_placement(phase=phase, provision="other"), kind, ())
    assert (found.code if found else None) == fault


@pytest.mark.parametrize(
    ("provision", "kind", "recorded", "fits"),
    [
        ("special-school", "special", (), True),
        ("special-school", "primary", (), False),
        ("special-school", "primary", ("special-school",), True),
        ("specialist-resource-provision", "primary", (), True),
        ("specialist-resource-provision", "special", (), False),
        ("specialist-resource-provision", "special", ("hearing-impairment-base",), True),
        ("special-school", None, (), True),
    ],
)
def test_a_setting_gives_what_was_agreed_by_its_kind_or_by_the_places_that_are_recorded(
    provision: str, kind: SettingKind | None, recorded: tuple[PlaceKind, ...], fits: bool
) -> None:
    assert (unfit(a_placement(provision=provision), kind, recorded) is None) == fits


def test_a_child_that_changes_phase_is_asked_for_where_it_goes() -> None:
    into = next_phases(Transfer(to="secondary", year=2026))
    last_year = a_placement(provision="other", next_phases=into)
    assert [unfit(last_year, kind, ()) is None for kind in ("secondary", "primary", "nursery")] == [
        True,
        True,
        False,
    ]
    assert next_phases(None) == ()
    assert unfit(a_placement(provision="other", next_phases=None), "nursery", ()) is None, "noted before"


def test_a_base_for_deaf_pupils_is_a_specialist_resource_provision_and_no_special_school() -> None:
    assert as_agreed("specialist-resource-provision", "hearing-impairment-base")
    assert not as_agreed("special-school", "hearing-impairment-base")


def test_a_school_that_cannot_take_the_child_is_not_asked_and_the_field_is_named() -> None:
    bench = PlacesBench()
    id = bench.agreed()
    listed = {"entry": f"setting:{NURSERY}", "urn": NURSERY, "name": "Nest", "town": "Ware", "area": "DSPL3"}
    bench.deliver(SettingListed(**listed, kind="nursery"))
    with pytest.raises(Refused, match="setting-does-not-fit") as refused:
        bench.consult(id, NURSERY)
    assert [fault.field for fault in refused.value.faults] == ["setting"]
    assert bench.placement(id).consultations == ()


async def test_only_schools_that_can_take_the_child_stand_in_the_choice(house: House) -> None:
    await agreed(house)
    for urn, kind in ((NURSERY, "nursery"), (SECONDARY, "secondary"), (SPECIAL_SCHOOL, "special")):
        name = f"School of kind {kind}"
        listed = {"entry": f"setting:{urn}", "urn": urn, "name": name, "town": "Ware", "area": "DSPL3"}
        await house.hear(SettingListed(**listed, kind=kind))
    for urn in (NURSERY, SECONDARY):
        counted = await house.post(f"/places/{urn}/special-school", {"number": 2})
        assert counted.status_code == 200
    ehc = await as_(house, "ehc")
    page = (await ehc.get(f"{PAGE}/consult?school=school")).text
    assert [urn in page for urn in (NURSERY, SECONDARY, SPECIAL_SCHOOL, OAK)] == [False, False, True, True]
    chosen = await ehc.post(f"{PAGE}/consult", setting=NURSERY, seen="1")
    assert (chosen.status_code, 'href="#setting"' in chosen.text) == (422, True)
    assert await problem(house, f"{WAY}/consultations", {"setting": NURSERY}) == (422, "setting-does-not-fit")
