"""From the form to the fact: whom a referral's messages are for, with every kind of adult around the child."""

from typing import Any

import pytest

from chassis import postal
from schemas.personal_v1 import PersonDetails
from schemas.submissions_v1 import Adult
from services.referrals.domain.children.persons import adult_details
from services.referrals.domain.referral import REFERRAL
from tests.referrals.builders import bench, faults, form, referral_id, sound, submit

YOUNG = {"child__born": "2009-01-01", "child__email": "kai@families.example.org"}
HOME = "4 Mill Lane, Hitchin, SG4 9AA"


def an_adult(relation: str, **given: Any) -> dict[str, Any]:
    named = {"given_name": "Ada", "family_name": relation.title(), "relation": relation}
    return named | {"email": f"{relation}@example.org", "may_be_told": True} | given


def told(given: dict[str, Any]) -> dict[str, PersonDetails]:
    """The persons of a form that are told, by who they are."""
    on = bench()
    events = on.deliver(submit(given, 1))
    referral = on.state(REFERRAL, referral_id(1))
    assert referral is not None
    found = {each.person_id: each for each in events if isinstance(each, PersonDetails)}
    return {found[id].who: found[id] for id in referral.tell}


def adults(*given: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return form(adults=list(given), **changes)


def test_two_parents_are_told_each_as_far_as_is_recorded() -> None:
    both = told(adults(an_adult("mother"), an_adult("father", address=HOME)))
    assert set(both) == {"mother", "father"}
    one = told(adults(an_adult("mother"), an_adult("father", may_be_told=None)))
    assert set(one) == {"mother"}
    assert both["mother"].address is None, "where one lives stands with that one alone"


def test_of_a_child_looked_after_those_are_told_whose_permission_is_recorded() -> None:
    given = adults(
        an_adult("social-worker"),
        an_adult("virtual-school"),
        an_adult("mother", may_be_told=None),
        child__looked_after=True,
    )
    assert set(told(given)) == {"social-worker", "virtual-school"}


@pytest.mark.parametrize("role", ["interpreter", "advocate", "virtual-school"])
def test_whoever_speaks_for_others_is_told_only_where_that_is_recorded(role: str) -> None:
    assert role in told(adults(an_adult("mother"), an_adult(role, language="pl")))
    assert role not in told(adults(an_adult("mother"), an_adult(role, may_be_told=False)))
    assert ("adults.1.may_be_told", "permission-missing") in faults(
        adults(an_adult("mother"), an_adult(role, may_be_told=None))
    )


def test_a_representative_stands_in_for_a_young_person_and_for_no_child() -> None:
    given = adults(an_adult("representative"), **YOUNG)
    assert set(told(given)) == {"representative", "child"}
    assert ("adults.0.relation", "representative-early") in faults(adults(an_adult("representative")))


def test_older_readers_find_the_new_codes_among_the_others() -> None:
    details = adult_details("p", Adult(**an_adult("advocate")), "900001")
    assert (details.relation, details.role, details.who) == ("other", "advocate", "advocate")


def test_who_wants_letters_needs_an_address_that_a_letter_can_go_to() -> None:
    by_letter = an_adult("mother", email=None, channel="letter", address=HOME)
    assert told(adults(by_letter))["mother"].letters
    assert ("adults.0.address", "address-incomplete") in faults(
        adults(by_letter | {"address": "4 Mill Lane"})
    )
    assert ("adults.0.channel", "channel-unreachable") in faults(adults(an_adult("mother", channel="letter")))
    sound(adults(an_adult("mother", email=None, address=HOME)))


@pytest.mark.parametrize(
    ("typed", "last"),
    [
        (HOME, ("Hitchin", "SG4 9AA")),
        ("4 Mill Lane, Hitchin SG4 9AA", ("Hitchin", "SG4 9AA")),
        ("4 Mill Lane\nHitchin\nsg49aa", ("Hitchin", "sg49aa")),
    ],
)
def test_an_address_ends_in_its_postcode(typed: str, last: tuple[str, str]) -> None:
    assert postal.lines(typed)[-2:] == last


@pytest.mark.parametrize("typed", [None, "", "SG4 9AA", "4 Mill Lane, Hitchin", "a, b, c, d, e, f, SG4 9AA"])
def test_what_no_letter_reaches_is_no_address(typed: str | None) -> None:
    assert postal.lines(typed) == ()
