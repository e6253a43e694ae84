"""The directory's search finds those to whom routing would send."""

from typing import get_args

import pytest

from schemas.codes import AsksFor, DestinationKind, Need
from services.referrals.domain.children.ages import phase_of
from services.referrals.domain.directory.guide import HOW_TO_REFER, Helper, Wanted, area_of, helpers
from services.referrals.domain.routing.rules import Facts
from tests.referrals.builders import TODAY, book


def codes(wanted: Wanted) -> set[str]:
    return {each.destination.code for each in helpers(book(), wanted, TODAY)}


def helper(code: str, wanted: Wanted) -> Helper:
    return next(each for each in helpers(book(), wanted, TODAY) if each.destination.code == code)


def test_without_a_search_everybody_is_there() -> None:
    assert codes(Wanted()) == set(book().destinations)


def test_a_need_leaves_out_the_teams_for_other_needs() -> None:
    found = codes(Wanted(need="ASD", age=9))
    assert "communication-autism" in found
    assert not found & {"spld", "deaf", "vision", "early-years-east"}


def test_an_age_leaves_out_the_teams_for_other_ages() -> None:
    assert "communication-autism" not in codes(Wanted(need="ASD", age=3, town="Ware"))
    assert "early-years-east" in codes(Wanted(need="ASD", age=3, town="Ware"))


def test_a_town_leaves_only_the_outreach_of_its_area() -> None:
    found = codes(Wanted(need="MLD", age=8, town="Ware"))
    assert {code for code in found if code.startswith("outreach")} == {"outreach-dspl3"}


def test_why_somebody_is_shown_says_what_was_asked() -> None:
    assert helper("communication-autism", Wanted(need="ASD", age=9)).why == ("The main need is autism.",)
    assert helper("outreach-dspl3", Wanted(need="ASD", age=9, town="Ware")).why == (
        "Outreach is asked for, and the school is in East Herts.",
    )


def test_a_town_belongs_to_one_area() -> None:
    assert area_of(book(), "Ware") == "DSPL3"
    assert area_of(book(), "London") is None
    assert area_of(book(), None) is None


def test_every_kind_of_destination_says_how_one_comes_to_it() -> None:
    assert set(HOW_TO_REFER) == set(get_args(DestinationKind))


NEEDS: tuple[Need, ...] = ("ASD", "SPLD", "HI", "PMLD", "MLD", "OTH")


@pytest.mark.parametrize("need", NEEDS)
@pytest.mark.parametrize("age", [2, 5, 6, 11, 17, 24])
@pytest.mark.parametrize("town", ["Ware", "Hatfield", "Watford"])
def test_whoever_routing_would_choose_is_found(need: Need, age: int, town: str) -> None:
    it = book()
    area = area_of(it, town)
    assert area is not None
    found = codes(Wanted(need, age, town))
    for asks_for in get_args(AsksFor):
        for year in (age - 5, age - 4):
            facts = Facts(
                asks_for=asks_for,
                need=need,
                other_needs=(),
                phase=phase_of(year),
                year=year,
                age=age,
                area=area,
                area_name="",
                town=town,
                urn="900001",
                sen_provision="K",
                trigger=None,
                looked_after=False,
                day=TODAY,
            )
            assert it.routing.choose(facts).goes_to(area) in found
