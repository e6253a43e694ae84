"""What stands in the cells of a list is understood as people write it; what is not, is said by its column."""

import json

import pytest

from tests.referrals.builders import form
from tests.referrals.lists import as_csv, as_lines, cells, child, looked, names


def test_a_number_longer_than_any_is_a_fault_of_its_column() -> None:
    (found,) = looked(as_csv([{**cells(child(1)), "Year group": "9" * 5000}], names()))
    assert [each.column for each in found.faults] == ["Year group"]


def test_dates_as_one_writes_them_and_yes_and_no_are_understood() -> None:
    row = {**cells(child(1)), "Date of birth": "17/05/2016", "Agreed": "Y", "Agreed on": "1.3.2026"}
    (found,) = looked(as_csv([row], names()))
    assert found.faults == ()
    assert str(found.checked.child.born) == "2016-05-17"


@pytest.mark.parametrize(
    ("written", "born", "year"),
    [
        ("Year 5", "2016-05-17", 5),
        ("year  5", "2016-05-17", 5),
        ("Y5", "2016-05-17", 5),
        ("yr. 5", "2016-05-17", 5),
        ("5", "2016-05-17", 5),
        ("Reception", "2021-05-17", 0),
        ("R", "2021-05-17", 0),
        ("Year R", "2021-05-17", 0),
        ("Nursery", "2022-05-17", -1),
        ("N2", "2022-05-17", -1),
    ],
)
def test_a_year_group_is_understood_as_schools_write_it(written: str, born: str, year: int) -> None:
    row = {**cells(child(1, child__born=born)), "Year group": written}
    (found,) = looked(as_csv([row], names()))
    assert [each for each in found.faults if each.column == "Year group"] == []
    assert json.loads(found.body)["child"]["year_group"] == year


@pytest.mark.parametrize("written", ["Year 5/6", "5 or 6", "Year", "fifth", "Y", "KS2"])
def test_a_year_group_that_may_be_several_is_asked_for_in_words(written: str) -> None:
    (found,) = looked(as_csv([{**cells(child(1)), "Year group": written}], names()))
    (fault,) = found.faults
    assert (fault.column, fault.message.split(";")[0]) == (
        "Year group",
        "Write one year, such as Year 5 or 5, Reception, or Nursery",
    )


def test_a_code_may_be_written_as_its_words() -> None:
    row = {**cells(child(1)), "Primary need": "autism", "SEN provision": "SEN support"}
    row |= {"Adult 1 language": "Polish", "Asks for": "Advice"}
    (found,) = looked(as_csv([row], names()))
    assert found.faults == ()
    assert (found.checked.child.primary_need, found.checked.child.sen_provision) == ("ASD", "K")
    assert found.checked.adults[0].language == "pl"


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ("Down syndrome", ["DS"]),
        ("speech, language and communication", ["SLCN"]),
        ("Down syndrome; Hearing", ["DS", "HI"]),
        ("ds, Hearing", ["DS", "HI"]),
        ("DS HI", ["DS", "HI"]),
    ],
)
def test_several_codes_may_be_written_as_their_words(written: str, codes: list[str]) -> None:
    row = {**cells(child(1)), "Other needs": written}
    (found,) = looked(as_csv([row], names()))
    assert found.faults == ()
    assert list(found.checked.child.other_needs) == codes


def test_a_fault_of_a_coded_column_says_which_codes_there_are_in_words() -> None:
    row = {**cells(child(1)), "Primary need": "XYZ", "SEN provision": "S", "Other needs": "ASD, ?"}
    row |= {"Looked after": "perhaps", "Agreed on": "31/02/2026"}
    (found,) = looked(as_csv([row], names()))
    said = {each.column: each.message for each in found.faults}
    for column in ("Primary need", "Other needs"):
        assert "ASD (Autism), DS (Down syndrome)" in said[column]
    assert said["SEN provision"] == (
        "Write one of these codes: K (SEN support), E (Education, health and care plan (EHCP)), "
        "N (No special educational provision yet)."
    )
    assert said["Looked after"] == "Write yes or no."
    assert said["Agreed on"] == "Write a real date, such as 31/01/2026 or 2026-01-31."


def test_of_a_line_of_json_it_is_said_in_the_words_of_the_form() -> None:
    (found,) = looked(as_lines([form(agreement__agreed="yes")]))
    (fault,) = found.faults
    assert fault.column == "Agreed"
    assert "true or false" in fault.message, "yes is what a cell holds"


def test_every_fault_is_named_by_its_column() -> None:
    row = {**cells(child(1)), "UPN": "Q207000016049", "Adult 1 e-mail": "nobody", "Date of birth": "soon"}
    (found,) = looked(as_csv([row], names()))
    assert {each.column for each in found.faults} == {"UPN", "Adult 1 e-mail", "Date of birth"}


def test_a_fault_of_the_second_adult_is_the_second_adults_where_there_is_no_first() -> None:
    row = cells(child(1))
    moved = {name.replace("Adult 1", "Adult 2"): text for name, text in row.items()}
    (found,) = looked(as_csv([{**moved, "Adult 2 e-mail": "nobody"}], names()))
    assert [each.column for each in found.faults] == ["Adult 2 e-mail"]
