"""Whose word on a child's contacts counts, and what waits until somebody has said yes."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.decision import Refused
from chassis.testing import Bench
from schemas.personal_v1 import PersonDetails
from schemas.referral_work_v1 import ReferralAmended
from schemas.submissions_v1 import Adult, Agreement, Views
from services.referrals.domain.children.contacts import DecideContacts, differences
from services.referrals.domain.children.persons import PERSON, Person
from services.referrals.domain.commands import Amendment, AmendReferral, Contacts, OwnContacts
from services.referrals.domain.referral import PAPERS, REFERRAL
from services.referrals.domain.work.contacting import adult_ids
from services.referrals.domain.work.relocating import MoveChild
from tests.referrals.builders import TODAY, bench, book, form, referral_id, submit

OURS, THEIRS = "900001", "900002"
WHY = "The family says that this is not theirs."


def told_by(urn: str, mail: str, **more: Any) -> dict[str, Any]:
    """A form of this school about one and the same child, whose mother is reached here."""
    return form(urn=urn, adults__0__email=mail, **more)


def child(on: Bench) -> Person:
    found = on.state(PERSON, child_id())
    assert found is not None
    return found


def child_id() -> str:
    return book().ids.child(referral_id(1), form()["child"]["upn"])


def mails(on: Bench) -> set[str]:
    """Every address at which another service was told that somebody may be reached."""
    return {
        event.email
        for event in on.said
        if isinstance(event, PersonDetails) and event.may_be_told and event.email
    }


def answers(on: Bench, n: int, accepted: bool, reason: str = WHY) -> None:
    offer = child(on).offer(referral_id(n))
    assert offer is not None
    adults = tuple(each.person_id for each in offer.persons[1:])
    on.deliver(DecideContacts(child_id(), referral_id(n), adults, offer.at, accepted, "sam", reason))


def moves(on: Bench, urn: str, *n: int) -> None:
    waiting = child(on).waiting
    adults = tuple(one.person_id for each in waiting for one in each.persons[1:])
    on.deliver(MoveChild(child_id(), tuple(map(referral_id, n)), urn, TODAY, "sam", adults))


def test_first_contacts_and_newer_ones_of_the_same_school_are_used_at_once() -> None:
    on = bench()
    on.deliver(submit(told_by(OURS, "one@families.example.org"), 1))
    on.deliver(submit(told_by(OURS, "two@families.example.org", child__given_name="Wilfred"), 2))
    assert mails(on) == {"one@families.example.org", "two@families.example.org"}
    assert (child(on).details.given_name, child(on).details.school) == ("Wilfred", OURS)
    assert child(on).waiting == ()


def test_what_another_school_gives_waits_and_overwrites_nothing() -> None:
    on = bench()
    on.deliver(submit(told_by(OURS, "one@families.example.org"), 1))
    on.deliver(submit(told_by(THEIRS, "two@families.example.org", child__given_name="Will"), 2))
    assert mails(on) == {"one@families.example.org"}
    assert child(on).details.given_name == "Wilf"
    assert [offer.urn for offer in child(on).waiting] == [THEIRS]


def test_a_yes_brings_it_into_use() -> None:
    on = bench()
    on.deliver(submit(told_by(OURS, "one@families.example.org"), 1))
    on.deliver(submit(told_by(THEIRS, "two@families.example.org", child__given_name="Will"), 2))
    answers(on, 2, True)
    assert "two@families.example.org" in mails(on)
    assert (child(on).details.given_name, child(on).details.school) == ("Will", OURS)
    assert [(each.by, each.accepted) for each in child(on).answers] == [("sam", True)]


def test_a_no_has_a_reason_and_is_kept_and_nobody_is_told_there() -> None:
    on = bench()
    on.deliver(submit(told_by(OURS, "one@families.example.org"), 1))
    on.deliver(submit(told_by(THEIRS, "two@families.example.org"), 2))
    with pytest.raises(Refused, match="reason-missing"):
        answers(on, 2, False, "No.")
    answers(on, 2, False)
    assert mails(on) == {"one@families.example.org"}
    assert child(on).waiting == ()
    assert child(on).answers[0].reason == WHY
    silent = on.state(PERSON, book().ids.adult(referral_id(2), 0))
    assert silent is not None
    assert (silent.details.email, silent.details.may_be_told) == (None, False)


def test_what_was_answered_or_given_anew_meanwhile_is_not_answered_again() -> None:
    on = bench()
    on.deliver(submit(told_by(OURS, "one@families.example.org"), 1))
    on.deliver(submit(told_by(THEIRS, "two@families.example.org"), 2))
    offer = child(on).waiting[0]
    adults = tuple(each.person_id for each in offer.persons[1:])
    earlier = offer.at.replace(year=2025)
    with pytest.raises(Refused, match="changed-meanwhile"):
        on.deliver(DecideContacts(child_id(), referral_id(2), adults, earlier, True, "sam"))
    with pytest.raises(Refused, match="changed-meanwhile"):
        on.deliver(DecideContacts(child_id(), referral_id(2), (), offer.at, True, "sam"))
    answers(on, 2, True)
    with pytest.raises(Refused, match="not-waiting"):
        on.deliver(DecideContacts(child_id(), referral_id(2), adults, offer.at, True, "sam"))


def test_once_the_child_has_moved_there_the_new_school_s_contacts_are_used() -> None:
    on = bench()
    on.deliver(submit(told_by(OURS, "one@families.example.org"), 1))
    on.deliver(submit(told_by(THEIRS, "two@families.example.org"), 2))
    moves(on, THEIRS, 1, 2)
    assert "two@families.example.org" in mails(on)
    on.deliver(submit(told_by(OURS, "three@families.example.org"), 3))
    on.deliver(submit(told_by(THEIRS, "four@families.example.org"), 4))
    assert "four@families.example.org" in mails(on)
    assert "three@families.example.org" not in mails(on)


def test_both_sides_are_put_in_words() -> None:
    on = bench()
    on.deliver(submit(told_by(OURS, "one@families.example.org"), 1))
    on.deliver(submit(told_by(THEIRS, "two@families.example.org", child__given_name="Will"), 2))
    given_by_them = child(on).waiting[0].persons[0]
    said = [(each.what, each.now, each.then) for each in differences(child(on).details, given_by_them)]
    assert said == [("Given name", "Wilf", "Will")]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from((OURS, THEIRS)), st.sampled_from("abc"), st.booleans()), max_size=6)
)
def test_no_order_of_forms_has_a_message_go_where_nobody_confirmed(
    steps: list[tuple[str, str, bool]],
) -> None:
    """A form of one of two schools, each with addresses of its own; after it perhaps a no to all that waits."""
    on, first = bench(), steps[0][0] if steps else OURS
    for n, (urn, letter, refused) in enumerate(steps, 1):
        mail = f"{letter}.{urn}@families.example.org"
        own = f"young.{letter}.{urn}@families.example.org"
        on.deliver(submit(told_by(urn, mail, child__born="2008-05-17", child__email=own), n))
        if refused:
            for offer in child(on).waiting:
                on.deliver(
                    DecideContacts(
                        child_id(),
                        offer.referral_id,
                        tuple(each.person_id for each in offer.persons[1:]),
                        offer.at,
                        False,
                        "sam",
                        WHY,
                    )
                )
    assert all(f"{first}@" in mail for mail in mails(on))


def amends(on: Bench, n: int, **changes: Any) -> None:
    """The school of the n-th referral sends its contacts anew, with these fields of the mother's changed."""
    sent = on.state(REFERRAL, referral_id(n))
    assert sent is not None
    adult = Adult(**{**form()["adults"][0], **changes})
    contacts = Contacts(OwnContacts(address="4 Mill Lane, Hitchin"), (adult,))
    on.deliver(
        AmendReferral(
            referral_id(n),
            by="sam",
            seen=sent.version,
            child_id=child_id(),
            changes=Amendment(contacts=contacts),
            reason="She has another address.",
            adult_ids=adult_ids(sent, contacts),
        )
    )


def test_no_adult_of_a_referral_is_left_out_when_a_school_changes_its_contacts() -> None:
    on = bench()
    on.deliver(submit(told_by(OURS, "one@families.example.org"), 1))
    nobody = Amendment(contacts=Contacts(OwnContacts(address="4 Mill Lane, Hitchin"), ()))
    with pytest.raises(Refused, match="adults-left-out"):
        on.deliver(AmendReferral(referral_id(1), child_id(), nobody, "The mother has moved out.", by="sam"))
    assert mails(on) == {"one@families.example.org"}


def test_a_school_s_changed_contact_is_used_at_once_and_the_change_is_history() -> None:
    on = bench()
    on.deliver(submit(told_by(OURS, "one@families.example.org"), 1))
    amends(on, 1, email="two@families.example.org", language="pl")
    mother = on.state(PERSON, book().ids.adult(referral_id(1), 0))
    assert mother is not None
    assert (mother.details.email, mother.details.language) == ("two@families.example.org", "pl")
    referral = on.state(REFERRAL, referral_id(1))
    assert referral is not None
    assert (referral.history[-1].what, referral.history[-1].detail) == ("amended", "contacts")


def test_a_contact_that_another_school_changes_waits() -> None:
    on = bench()
    on.deliver(submit(told_by(OURS, "one@families.example.org"), 1))
    on.deliver(submit(told_by(THEIRS, "two@families.example.org"), 2))
    answers(on, 2, True)
    amends(on, 2, email="three@families.example.org")
    assert "three@families.example.org" not in mails(on)
    answers(on, 2, True)
    assert "three@families.example.org" in mails(on)


def test_who_is_not_to_be_told_any_more_is_named_to_those_who_tell() -> None:
    on = bench()
    on.deliver(submit(told_by(OURS, "one@families.example.org"), 1))
    amends(on, 1, email="one@families.example.org", may_be_told=False)
    amended = [event for event in on.said if isinstance(event, ReferralAmended)]
    assert [event.tell for event in amended] == [()]


def test_a_changed_contact_with_a_fault_is_refused_by_its_field() -> None:
    on = bench()
    on.deliver(submit(told_by(OURS, "one@families.example.org"), 1))
    with pytest.raises(Refused) as refused:
        amends(on, 1, email="two@@families")
    assert [each.field for each in refused.value.faults] == ["adults.0.email"]


def test_views_and_agreement_can_be_changed() -> None:
    on = bench()
    on.deliver(submit(told_by(OURS, "one@families.example.org"), 1))
    changes = Amendment(
        views=Views(parents_say="We would rather wait."),
        agreement=Agreement(agreed=False, disagreement="We talked, and they want to wait."),
    )
    on.deliver(
        AmendReferral(
            referral_id(1), by="sam", child_id=child_id(), changes=changes, reason="They said so on Monday."
        )
    )
    papers = on.state(PAPERS, referral_id(1))
    assert papers is not None
    assert papers.papers.views is not None
    assert papers.papers.views.parents_say == "We would rather wait."
    assert papers.agreement.agreed is False
    assert papers.papers.said[-1].words == "They said so on Monday."
