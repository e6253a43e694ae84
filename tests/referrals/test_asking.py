"""The form as people fill it in: pages in their order, what is typed, and faults on the page where they are mended."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.submissions_v1 import ReferralSubmission
from services.referrals.domain.asking import (
    BY_SLUG,
    PAGES,
    Question,
    applying,
    following,
    form_of,
    judged,
    on_page,
    parsed,
    preceding,
    problems,
    progress,
    shown,
    value_at,
)
from services.referrals.domain.form.about import About
from services.referrals.domain.form.faults import CODES
from services.referrals.domain.intake.drafts import placed
from tests.referrals.builders import PLACEMENT, TODAY, body, book, form
from tests.referrals.test_form import ONE_FAULT

ABOUT = About(book().register, TODAY)
WHOLE = form(child__looked_after=False)


class Typed:
    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    def get(self, name: str, default: str = "") -> str:
        return str(self._fields.get(name, default))

    def all(self, name: str) -> list[str]:
        found = self._fields.get(name, [])
        return found if isinstance(found, list) else [found]


def faulty(answers: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(each.page.slug, each.code) for each in problems(answers, ABOUT)}


def test_a_whole_form_has_no_problem_and_is_what_the_contract_takes() -> None:
    assert faulty(WHOLE) == set()
    assert isinstance(judged(WHOLE, ABOUT), ReferralSubmission)


def test_an_empty_form_names_each_thing_that_is_needed_on_its_page() -> None:
    assert faulty({"urn": "900001"}) == {
        ("you", "missing"),
        ("child", "missing"),
        ("upn", "upn-or-reason"),
        ("needs", "missing"),
        ("provision", "missing"),
        ("looked-after", "missing"),
        ("asks-for", "missing"),
        ("words", "missing"),
        ("agreement", "missing"),
        ("contacts", "adult-missing"),
    }


def test_what_is_missing_is_asked_for_in_words_and_never_by_a_field_s_name() -> None:
    found = problems({"urn": "900001"}, ABOUT)
    assert "Enter the first name" in {each.message for each in found}
    assert [each.message for each in found if "_" in each.message or "field" in each.message] == []


@pytest.mark.parametrize(
    "answers",
    [pytest.param(given, id=f"{code}-{field}") for given, field, code in ONE_FAULT if "*" not in field],
)
def test_every_fault_of_the_contract_has_a_page_where_it_is_put_right(answers: Any) -> None:
    answers = json.loads(body(answers))
    applies = set(applying(answers, TODAY))
    for each in problems(answers, ABOUT):
        assert each.page in applies
        assert each.code in CODES


def test_the_pages_are_walked_forwards_and_back_by_the_same_way() -> None:
    for answers in (WHOLE, form(asks_for="placement", child__looked_after=True, child__born="2009-02-01")):
        way = applying(answers, TODAY)
        assert [following(page, answers, TODAY) for page in way] == [*way[1:], None]
        assert [preceding(page, answers, TODAY) for page in way] == [None, *way[:-1]]


def test_pages_are_asked_where_they_apply() -> None:
    slugs = {page.slug for page in applying(WHOLE, TODAY)}
    assert {"care", "placement", "young-person"}.isdisjoint(slugs)
    other = form(asks_for="placement", child__looked_after=True, child__born="2009-02-01")
    assert {"care", "placement", "young-person"} <= {page.slug for page in applying(other, TODAY)}


def test_answers_to_pages_that_apply_no_more_are_not_sent() -> None:
    answers = {**WHOLE, "placement": PLACEMENT, "care": {"virtual_school": "Lead"}}
    assert faulty(answers) == set()
    assert {"placement", "care"}.isdisjoint(form_of(answers, TODAY))


def test_a_fault_of_an_entry_is_shown_with_that_entry() -> None:
    second = {**WHOLE["tried"][0], "reviewed": "2020-01-01"}
    found = problems({**WHOLE, "tried": [WHOLE["tried"][0], second]}, ABOUT)
    assert on_page(BY_SLUG["tried"], found, 0) == []
    (one,) = on_page(BY_SLUG["tried"], found, 1)
    assert (one.code, one.question and one.question.path) == ("date-order", "reviewed")


def test_no_contact_of_a_young_person_is_mended_where_the_form_asks_for_it() -> None:
    young = form(child__born="2009-02-01", adults=[], child__looked_after=False)
    (one,) = [each for each in problems(young, ABOUT) if each.code == "own-contact-missing"]
    assert one.page.slug == "young-person"


@pytest.mark.parametrize(
    ("day", "month", "year", "value"),
    [
        ("17", "5", "2016", "2016-05-17"),
        ("7", "05", "2016", "2016-05-07"),
        ("7", "May", "2016", "2016-05-07"),
        ("7", "sept", "2016", "2016-09-07"),
        ("", "", "", None),
        ("31", "2", "2016", "2016-02-31"),
        ("", "2", "2016", "2016-02-00"),
        ("<b>", "-", "16", "16-00-0b"),
    ],
)
def test_a_date_is_typed_in_three_parts(day: str, month: str, year: str, value: str | None) -> None:
    question = Question("child.born", "Date of birth", "date")
    typed = Typed({"child-born-day": day, "child-born-month": month, "child-born-year": year})
    assert parsed(question, typed) == value


def test_a_date_that_is_none_is_shown_again_as_typed_and_refused() -> None:
    question = next(each for each in BY_SLUG["child"].questions if each.kind == "date")
    answers = placed(WHOLE, ["child", "born"], "2016-02-31")
    assert shown(question, value_at(answers, "child.born")) == {"day": "31", "month": "2", "year": "2016"}
    assert faulty(answers) == {("child", "not-a-date")}


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("no", False), ("", None), ("maybe", None)])
def test_yes_and_no(text: str, value: bool | None) -> None:
    assert parsed(Question("x", "X", "yes-no"), Typed({"x": text})) is value


def test_names_stand_one_on_each_line() -> None:
    question = Question("care.not_to_be_told", "Who", "names")
    assert parsed(question, Typed({"care-not-to-be-told": "A B\n\n  C D \n"})) == ["A B", "C D"]
    assert shown(question, ["A B", "C D"]) == "A B\nC D"


@pytest.mark.parametrize(("text", "value"), [("3", 3), ("-1", -1), ("three", "three"), ("9" * 9, "9" * 9)])
def test_a_number_that_is_none_stays_as_it_was_typed(text: str, value: Any) -> None:
    assert parsed(Question("n", "N", "number"), Typed({"n": text})) == value


def test_how_far_each_page_is() -> None:
    states = {each.page.slug: each.state for each in progress(WHOLE, ABOUT)}
    assert states["child"] == "done"
    assert states["parents-views"] == "optional"
    empty = {each.page.slug: each.state for each in progress({"urn": "900001"}, ABOUT)}
    assert (empty["child"], empty["contacts"], empty["evidence"]) == ("to do", "to do", "optional")
    wrong = placed(WHOLE, ["child", "born"], "2030-01-01")
    assert {each.page.slug: each.state for each in progress(wrong, ABOUT)}["child"] == "look again"


odd = st.text(max_size=20) | st.sampled_from(
    ["\0", "\u202e", "😀" * 10, "x" * 10_000, "yes", "no", "2016", "31", "ASD", "K", "advice", "placement"]
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PAGES), st.data())
def test_whatever_is_typed_into_a_page_is_kept_shown_again_and_judged(page: Any, data: Any) -> None:
    names = [
        f"{question.name}{part}"
        for question in page.questions
        for part in (("-day", "-month", "-year") if question.kind == "date" else ("",))
    ]
    typed = Typed({name: data.draw(odd | st.lists(odd, max_size=3)) for name in names})
    answers: Any = WHOLE
    where = f"{page.parts[0]}.0." if page.entry else ""
    if page.entry:
        answers = placed(answers, [page.parts[0], "0"], {})
    for question in page.questions:
        answers = placed(answers, f"{where}{question.path}".split("."), parsed(question, typed))
        assert shown(question, value_at(answers, f"{where}{question.path}")) is not None
    found = judged(answers, ABOUT)
    assert isinstance(found, ReferralSubmission) or {each.page for each in problems(answers, ABOUT)}


@given(st.dates(date(1990, 1, 1), date(2030, 12, 31)))
def test_every_day_is_shown_as_it_was_typed(day: date) -> None:
    question = Question("d", "D", "date")
    pieces = shown(question, day.isoformat())
    assert parsed(question, Typed({f"d-{part}": value for part, value in pieces.items()})) == day.isoformat()
