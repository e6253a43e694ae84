"""The check of a referral form: one fault at a time, all at once, and never a value in an answer."""

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from schemas.submissions_v1 import ReferralSubmission
from services.referrals.domain.form.checking import About, check
from services.referrals.domain.form.faults import CODES, SENTENCES
from services.referrals.domain.form.people_checks import is_email
from tests.referrals.builders import FORM, PLACEMENT, TODAY, body, book, checked, faults, form, sound, upn_of

TOMORROW = TODAY + timedelta(days=1)
YESTERDAY = TODAY - timedelta(days=1)
YOUNG = {"child__born": "2009-02-01", "child__upn": ..., "child__no_upn_reason": "home-educated"}


def placement(**changes: Any) -> dict[str, Any]:
    return form(asks_for="placement", placement={**PLACEMENT, **changes})


ONE_FAULT = [
    # how the form is written
    (form(narrative=...), "narrative", "missing"),
    (form(child__shoe_size=38), "child.*", "unknown-field"),
    (form(child__famly_name="x"), "child.famly_name", "unknown-field"),
    (form(agreement__agreed="yes"), "agreement.agreed", "wrong-type"),
    (form(adults={}), "adults", "wrong-type"),
    (form(narrative="  "), "narrative", "empty"),
    (form(child__given_name="x" * 201), "child.given_name", "too-long"),
    (form(child__born="31/02/2015"), "child.born", "not-a-date"),
    (form(child__born="2015-02-30"), "child.born", "not-a-date"),
    (form(child__primary_need="ADHD"), "child.primary_need", "not-in-list"),
    (form(child__sen_provision="S"), "child.sen_provision", "not-in-list"),
    (form(child__given_name="Wi\u0000lf"), "child.given_name", "unreadable-characters"),
    (form(adults__0__family_name="Hazel\nden"), "adults.0.family_name", "unreadable-characters"),
    (form(narrative="bell \u0007 here"), "narrative", "unreadable-characters"),
    (form(child__family_name="Hazel\u202eneb"), "child.family_name", "unreadable-characters"),
    (form(narrative="turned \u2067round"), "narrative", "unreadable-characters"),
    # the school
    (form(urn="12345"), "urn", "urn-format"),
    (form(urn="９００００１"), "urn", "urn-format"),
    (form(urn="999999"), "urn", "urn-unknown"),
    # the child
    (form(child__upn="Q207000016049"), "child.upn", "upn-invalid"),
    (form(child__upn="A91940002300"), "child.upn", "upn-invalid"),
    (form(child__upn=...), "child.upn", "upn-or-reason"),
    (form(child__no_upn_reason="from-abroad"), "child.no_upn_reason", "upn-and-reason"),
    (form(child__born="2000-03-03", child__email="w@example.org"), "child.born", "age-out-of-range"),
    (form(child__sen_provision="E", child__primary_need="NSA"), "child.primary_need", "nsa-only-with-k"),
    (form(child__sen_provision="N", child__other_needs=["NSA"]), "child.other_needs", "nsa-only-with-k"),
    (form(child__other_needs=["ASD"]), "child.other_needs", "need-repeated"),
    (form(child__other_needs=["HI", "HI"]), "child.other_needs", "need-repeated"),
    # dates
    (form(agreement__on=TOMORROW), "agreement.on", "date-in-future"),
    (form(tried__0__reviewed="2025-11-02"), "tried.0.reviewed", "date-order"),
    (form(agreement__on="2016-05-16"), "agreement.on", "date-order"),
    # people
    (form(referrer__email="senco"), "referrer.email", "email-invalid"),
    (form(adults__0__email="ines@@example.org"), "adults.0.email", "email-invalid"),
    (form(adults__0__phone="01"), "adults.0.phone", "phone-invalid"),
    (form(adults__0__phone="call me"), "adults.0.phone", "phone-invalid"),
    (form(adults=[]), "adults", "adult-missing"),
    (form(adults__0__relation="child"), "adults.0.relation", "not-an-adult"),
    (form(adults__0__email=..., adults__0__phone=...), "adults.0", "contact-missing"),
    (form(adults__0__address="1 Rose Lane, Hitchin"), "adults.0.address", "address-incomplete"),
    (
        form(adults__0__relation="advocate", adults__0__may_be_told=None),
        "adults.0.may_be_told",
        "permission-missing",
    ),
    (form(adults__0__relation="representative"), "adults.0.relation", "representative-early"),
    (form(adults__0__channel="letter"), "adults.0.channel", "channel-unreachable"),
    (form(**YOUNG, adults__0__may_be_told=None), "child.email", "own-contact-missing"),
    (form(child__year_group=9), "child.year_group", "year-group-age"),
    (form(adults__0__channel="text", adults__0__phone=...), "adults.0.channel", "channel-unreachable"),
    (form(adults__0__language="xx"), "adults.0.language", "not-in-list"),
    (form(care={"virtual_school": "Lead"}), "care", "care-not-looked-after"),
    (
        form(child__looked_after=True, care={"social_worker_email": "a@@b"}),
        "care.social_worker_email",
        "email-invalid",
    ),
    (
        form(child__looked_after=True, care={"not_to_be_told": ["ines  HAZELDEN"]}),
        "adults.0.may_be_told",
        "told-against-wish",
    ),
    (form(views={"child_says": " "}), "views.child_says", "empty"),
    (
        form(evidence=[{"kind": "report", "title": "x", "dated": str(TOMORROW)}]),
        "evidence.0.dated",
        "date-in-future",
    ),
    # agreement
    (form(agreement__by=...), "agreement.by", "agreement-by-missing"),
    (form(agreement__on=...), "agreement.on", "agreement-on-missing"),
    (form(agreement={"agreed": False}), "agreement.disagreement", "disagreement-missing"),
    # placement
    (form(asks_for="placement"), "placement", "placement-missing"),
    (form(placement=PLACEMENT), "placement", "placement-not-asked"),
    (placement(urgent=True), "placement.need_by", "need-by-missing"),
    (placement(need_by=str(YESTERDAY)), "placement.need_by", "need-by-passed"),
    (
        placement(dates={"request_received": "2026-02-01", "draft_served": "2026-01-01"}),
        "placement.dates.draft_served",
        "date-order",
    ),
    (
        placement(dates={"review_meeting": str(TOMORROW)}),
        "placement.dates.review_meeting",
        "date-in-future",
    ),
]


@pytest.mark.parametrize(("given", "field", "code"), ONE_FAULT, ids=[f"{c}-{f}" for _, f, c in ONE_FAULT])
def test_a_planted_defect_is_named_and_nothing_else(given: Any, field: str, code: str) -> None:
    assert faults(given) == {(field, code)}


def test_a_sound_form_passes() -> None:
    assert isinstance(checked(form()), ReferralSubmission)


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"null", b'"form"', b"\xff\xfe", b"NaN", b'{"urn": "\xed\xa0\x80"}']
)
def test_what_is_no_json_object_is_one_fault(text: Any) -> None:
    answer = check(text, About(book().register, TODAY))
    assert isinstance(answer, list)
    assert [(each.field, each.code) for each in answer] == [("", "not-json")]


@pytest.mark.parametrize("value", ["9" * 4000, "1e400", "-Infinity", "[" * 90 + "]" * 90, '"\\ud83d\\ude00"'])
def test_oddities_of_json_are_faults_of_their_field(value: str) -> None:
    text = body(form()).replace(b'"asks_for": "advice"', b'"asks_for": ' + value.encode())
    answer = check(text, About(book().register, TODAY))
    assert isinstance(answer, list)
    assert {each.field for each in answer} == {"asks_for"}


def test_every_fault_is_named_at_once_although_other_fields_are_malformed() -> None:
    given = form(
        urn="999999",
        child__born="yesterday",
        child__upn="Q207000016049",
        child__sen_provision="E",
        child__primary_need="NSA",
        adults__0__email="nowhere",
        adults__0__relation="aunt",
        agreement={"agreed": True, "on": "soon"},
        tried__0__reviewed="2020-01-01",
        narrative=17,
        asks_for="placement",
    )
    assert faults(given) == {
        ("urn", "urn-unknown"),
        ("child.born", "not-a-date"),
        ("child.upn", "upn-invalid"),
        ("child.primary_need", "nsa-only-with-k"),
        ("adults.0.email", "email-invalid"),
        ("adults.0.relation", "not-in-list"),
        ("agreement.by", "agreement-by-missing"),
        ("agreement.on", "not-a-date"),
        ("tried.0.reviewed", "date-order"),
        ("narrative", "wrong-type"),
        ("placement", "placement-missing"),
    }


def test_a_birth_in_the_future_is_one_fault_and_not_an_age() -> None:
    given = form(child__born=TOMORROW, agreement__on=TODAY, tried=[])
    assert faults(given) == {("child.born", "date-in-future")}


def test_a_statutory_referral_needs_the_date_of_its_trigger() -> None:
    draft = placement(trigger="draft-plan")
    review = placement(trigger="annual-review")
    assert faults(draft, statutory=True) == {("placement.dates.draft_served", "draft-served-missing")}
    assert faults(review, statutory=True) == {("placement.dates.review_meeting", "review-meeting-missing")}
    assert faults(draft) == faults(review) == set()


def test_a_statutory_referral_asks_for_a_placement() -> None:
    assert faults(form(), statutory=True) == {("asks_for", "statutory-needs-placement")}


def test_a_sender_may_refer_only_for_its_own_establishments() -> None:
    answer = check(body(form()), About(book().register, TODAY, urns=frozenset({"900002"})))
    assert isinstance(answer, list)
    assert [(each.field, each.code) for each in answer] == [("urn", "urn-not-yours")]


@pytest.mark.parametrize(
    "number",
    ["B801200005001", "A919400023001", "W919212324017", "Z91940002301A", "z919 4000 2301a", upn_of(77)],
)
def test_permanent_and_temporary_upns_pass_however_they_are_written(number: str) -> None:
    form_ = sound(form(child__upn=number))
    assert form_.child.upn == number.replace(" ", "").upper()


def test_upns_of_authorities_younger_than_the_library_pass() -> None:
    from stdnum.gb import upn

    tail = "943400026001"  # Westmorland and Furness, since 2023
    assert faults(form(child__upn=upn.calc_check_digit(tail) + tail)) == set()
    assert faults(form(child__upn="X" + tail)) == {("child.upn", "upn-invalid")}


@given(st.integers(0, 999), st.integers(1, 12), st.sampled_from("0123456789"))
def test_any_single_wrong_digit_of_a_upn_is_noticed(serial: int, place: int, digit: str) -> None:
    number = upn_of(serial)
    wrong = number[:place] + digit + number[place + 1 :]
    assert (faults(form(child__upn=wrong)) == set()) == (wrong == number)


@pytest.mark.parametrize("number", ["07700 900456", "+44 7700 900456", "01992 555555", "+33 1 42 68 53 00"])
def test_british_international_and_fictitious_telephone_numbers_pass(number: str) -> None:
    assert faults(form(adults__0__phone=number)) == set()


def test_somebody_whose_permission_is_not_recorded_needs_no_contact() -> None:
    given = form(adults__0__may_be_told=..., adults__0__email=..., adults__0__phone=...)
    assert faults(given) == set()


def test_a_family_that_disagrees_is_recorded_with_its_words() -> None:
    assert (
        faults(form(agreement={"agreed": False, "disagreement": "They want to wait. We meet again."}))
        == set()
    )


def test_past_compulsory_school_age_either_an_own_contact_or_an_adult_who_may_be_told_is_enough() -> None:
    assert faults(form(**YOUNG)) == set()
    assert faults(form(**YOUNG, child__email="wilf@example.org", adults=[])) == set()
    assert faults(form(**YOUNG, adults=[])) == {("child.email", "own-contact-missing")}


def test_line_breaks_are_welcome_in_the_longer_texts() -> None:
    assert faults(form(narrative="One.\r\n\tTwo.", tried__0__changed="A\nB")) == set()


def test_ages_run_from_birth_to_the_day_before_26() -> None:
    twenty_five = {"child__email": "w@example.org"}
    assert faults(form(child__born="2000-03-05", **twenty_five)) == set()
    assert faults(form(child__born=TODAY, agreement__on=TODAY, tried=[])) == set()


def test_the_codes_are_a_closed_list_each_with_a_sentence() -> None:
    assert set(SENTENCES) == set(CODES)
    readme = (book.__wrapped__.__globals__["HERE"] / "README.md").read_text("utf-8")
    assert [code for code in CODES if f"`{code}`" not in readme] == []


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
paths = st.sampled_from(
    ["urn", "asks_for", "adults", "tried", "placement", "agreement", "child", "referrer"]
    + [f"child__{name}" for name in ("born", "upn", "no_upn_reason", "other_needs", "sen_provision", "phone")]
    + ["adults__0", "adults__0__relation", "adults__0__may_be_told", "tried__0__started", "agreement__on"]
)


@given(st.lists(st.tuples(paths, anything), min_size=1, max_size=3, unique_by=lambda each: each[0]))
def test_whatever_stands_in_a_field_the_check_answers_with_known_codes(changes: Any) -> None:
    made = form()
    for path, value in sorted(changes, reverse=True):  # inner ones first: an outer one may replace them
        made = _put(made, path.split("__"), value)
    answer = check(json.dumps(made).encode(), About(book().register, TODAY))
    if isinstance(answer, list):
        assert answer
        assert {each.code for each in answer} <= set(CODES)


def _put(made: dict[str, Any], way: list[str], value: Any) -> dict[str, Any]:
    place: Any = made
    for step in way[:-1]:
        place = place[int(step) if step.isdecimal() else step]
    last = way[-1]
    place[int(last) if last.isdecimal() else last] = value
    return made


CANARY = "Quetzalcoatl"


@pytest.mark.parametrize("kind", [CANARY, f"{CANARY}@@x", [CANARY], {CANARY: CANARY}, 1])
@pytest.mark.parametrize(
    "place", ["urn", "child__born", "child__upn", "child__primary_need", "adults__0__email"]
)
def test_no_answer_repeats_what_was_sent(place: str, kind: Any) -> None:
    answer = checked(_put(form(), [CANARY], CANARY) | form(**{place: kind}) | {CANARY: 1})
    assert isinstance(answer, list)
    assert CANARY not in str(answer)


def test_the_form_that_the_readme_and_demo_build_on_is_quick_to_check() -> None:
    about, given = About(book().register, TODAY), body(FORM)
    import timeit

    best = min(timeit.repeat(lambda: check(given, about), number=50, repeat=5)) / 50
    assert best < 0.001, f"{best * 1e6:.0f} µs"


def test_the_last_friday_of_june_decides_from_when_the_young_person_is_written_to() -> None:
    given = form(child__born="2009-09-01", adults=[], child__upn=..., child__no_upn_reason="home-educated")
    friday = date(2026, 6, 26)
    assert faults(given, today=friday) == {("adults", "adult-missing")}
    assert faults(given, today=friday + timedelta(days=1)) == {("child.email", "own-contact-missing")}


LOCAL_PART = st.from_regex(re.compile(r"\w+([.+-]\w+)*", re.ASCII), fullmatch=True) | st.text(
    "aZ9_+-.'é ", max_size=70
)
LABEL = st.text("aZ9-_é", max_size=8) | st.sampled_from(
    ["xn--a", "test", "local", "com", "a--b", "localhost"]
)


@tries(max_examples=300, deadline=None)
@given(LOCAL_PART, st.lists(LABEL, max_size=4).map(".".join))
def test_an_address_is_taken_where_the_library_takes_it(local: str, domain: str) -> None:
    address = f"{local}@{domain}"
    assert is_email(address) == _library_takes(address)


@pytest.mark.parametrize("length", [63, 64, 65, 185, 186, 187, 250])
def test_an_address_that_is_too_long_is_too_long_for_both(length: int) -> None:
    for address in (f"{'a' * length}@example.org", f"a@{'b' * 60}.{'c' * 60}.{'d' * (length - 60)}.org"):
        assert is_email(address) == _library_takes(address)


def _library_takes(address: str) -> bool:
    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True
