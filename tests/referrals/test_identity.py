"""References that can be read out, and ids that cannot be guessed."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.referrals.domain.identity import Ids, read_reference, reference_of, referral_id_of

ids = st.uuids(version=4).map(str)
SPOKEN = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@given(ids)
def test_a_reference_reads_back_as_itself(id: str) -> None:
    assert read_reference(reference_of(id)) == reference_of(id)


@given(ids, st.sampled_from(["lower", "blanks", "no hyphens", "letters"]))
def test_a_reference_may_be_typed_carelessly(id: str, how: str) -> None:
    reference = reference_of(id)
    typed = {
        "lower": reference.lower(),
        "blanks": f" {reference.replace('-', ' ')} ",
        "no hyphens": reference.replace("-", ""),
        "letters": reference.replace("0", "O").replace("1", "l"),
    }[how]
    assert read_reference(typed) == reference


@given(ids, st.integers(0, 11), st.sampled_from(SPOKEN))
def test_one_wrong_character_is_noticed(id: str, place: int, character: str) -> None:
    plain = reference_of(id).replace("-", "")
    wrong = plain[:place] + character + plain[place + 1 :]
    assume(wrong != plain)
    assert read_reference(wrong) is None


@pytest.mark.parametrize(
    "text", ["", "ABCD", "ABCD-EFGH-JKMN-PQRS", "!!!!-!!!!-!!!!", "\x00" * 12, "ÄÄÄÄ-ÄÄÄÄ-ÄÄÄÄ"]
)
def test_what_is_no_reference_is_none(text: Any) -> None:
    assert read_reference(text) is None


def test_a_child_has_one_id_for_all_referrals_with_the_same_upn() -> None:
    mine = Ids(b"one secret", "919")
    one, two = str(UUID(int=1)), str(UUID(int=2))
    assert mine.child(one, "A919400023001") == mine.child(two, "a919 4000 23001")
    assert mine.child(one, None) != mine.child(two, None)
    assert mine.child(one, None) == mine.child(one, None)


def test_a_childs_id_cannot_be_computed_without_the_secret() -> None:
    one = str(UUID(int=1))
    assert Ids(b"one secret", "919").child(one, "A919400023001") != Ids(b"another", "919").child(
        one, "A919400023001"
    )


def test_a_submitted_event_becomes_the_same_referral_however_often_it_comes() -> None:
    assert referral_id_of("/mis", "17") == referral_id_of("/mis", "17") != referral_id_of("/mis", "18")
    assert referral_id_of("/mis", "17") != referral_id_of("/other", "17")
