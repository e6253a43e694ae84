"""What a page says beside its fields is a sentence, whoever found the fault."""

from chassis.decision import Refused
from chassis.web.fields import faults_of
from chassis.web.problems import Fault


def test_what_a_rule_demands_of_a_field_is_a_sentence_on_a_page() -> None:
    demands = Fault(field="ended_on", code="not-so-far", message="must lie between its beginning and today")
    told = Fault(field="next_on", code="closed-day", message="The offices are closed on this day.")
    refusal = Refused("dates-not-plausible", "It cannot have ended then.", faults=(demands, told))
    assert [(each.field, each.code, each.message) for each in faults_of(refusal)] == [
        ("ended_on", "not-so-far", "This must lie between its beginning and today."),
        ("next_on", "closed-day", told.message),
    ]


def test_a_refusal_that_names_no_field_is_said_beside_the_one_that_answers_it() -> None:
    refusal = Refused("no-place-free", "More places would be in use than there are.")
    (said,) = faults_of(refusal, "because")
    assert (said.field, said.code, said.message) == ("because", "no-place-free", refusal.detail)
