"""Ids carry their time, and what is computed from one carries the same."""

import re
from uuid import UUID, uuid5

import pytest

from chassis.ids import beside, new_id
from chassis.redaction import random_id


def test_new_ids_are_uuids_in_the_order_in_which_they_were_made() -> None:
    made = [new_id() for _ in range(10_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {UUID(id).version for id in made} == {7}
    assert made[0] == str(UUID(made[0])) == random_id(made[0])


def test_neighbours_cannot_be_guessed_from_an_id() -> None:
    one, next_one = (UUID(new_id()).int for _ in range(2))
    assert abs(next_one - one) > 1_000_000


def test_what_follows_from_an_id_stands_beside_it_and_is_always_the_same() -> None:
    before, parent = new_id(), new_id()
    after = UUID(int=UUID(parent).int + (1 << 80))
    child = beside(parent, "child")
    assert before[:13] <= child[:13] == parent[:13] < str(after)
    assert child == beside(parent, "child") != beside(parent, "adult")
    assert UUID(child).version == 8
    assert re.fullmatch("[89ab]", child[19])


def test_what_follows_from_a_child_of_an_id_stands_there_too() -> None:
    parent = new_id()
    child = beside(parent, "child")
    assert beside(child, "decision")[:13] == parent[:13]


@pytest.mark.parametrize(
    "parent", [str(UUID(int=4, version=4)), str(uuid5(UUID(int=7), "an outsider's")), "r-1", ""]
)
def test_beside_an_id_without_a_time_it_is_the_uuid_of_version_5(parent: str) -> None:
    assert beside(parent, "child", within=str(UUID(int=7))) == str(uuid5(UUID(int=7), "child"))


def test_within_a_namespace_only_the_time_is_the_parent_s() -> None:
    parent, namespace = new_id(), UUID(int=7)
    id = beside(parent, "a fact", within=str(namespace))
    assert (id[:13], id[15:]) == (parent[:13], str(uuid5(namespace, "a fact"))[15:])
