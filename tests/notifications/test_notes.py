"""The words of what a family asked for itself: checked at the start, plain, and the code by text in one part."""

from pathlib import Path

import pytest

from services.notifications import notes
from services.notifications.domain.segments import segments
from services.notifications.front_matter import BadTemplate


def in_folder(folder: Path, words: str, subject: str = 'subject = "Hello"') -> Path:
    for note in notes.SAMPLES:
        (folder / f"{note}.en.md").write_text(f"+++\n{subject}\n+++\n{words}\n", encoding="utf-8")
    return folder


def test_each_is_there_and_says_all_that_it_was_given() -> None:
    notes.check()
    for note, sample in notes.SAMPLES.items():
        body = notes.write(note, sample).body
        assert all(value in body for value in sample.values())


def test_small_steps_by_text_are_one_part_in_english_and_a_draft_is_sent_only_where_that_is_allowed() -> None:
    sample = notes.SAMPLES["messages.together"]
    assert [
        segments(notes.write("messages.together", sample, one).text or "").number for one in ("en", "pl")
    ] == [1, 1]
    assert notes.language("messages.together", "pl", drafts=False) == "en"
    assert notes.language("messages.together", "pl", drafts=True) == "pl"
    assert notes.language("messages.together", "ur", drafts=True) == "en"


def test_a_code_by_text_is_one_part() -> None:
    text = notes.write("page.code", notes.SAMPLES["page.code"]).text
    assert text is not None
    assert segments(text).number == 1
    assert text.startswith("123456 ")


def test_a_link_stands_on_a_line_of_its_own() -> None:
    sample = notes.SAMPLES["page.link"]
    assert sample["link"] in notes.write("page.link", sample).body.splitlines()


@pytest.mark.parametrize(
    ("words", "subject", "complaint"),
    [
        ("{{ coed }}", 'subject = "x"', "'coed' is undefined"),
        ("{% if %}", 'subject = "x"', "page.code.en.md"),
        ("Hello", 'subjekt = "x"', "begin with"),
        ("Hello", "", "begin with"),
    ],
)
def test_a_wrong_one_stops_the_service_with_a_sentence(
    tmp_path: Path, words: str, subject: str, complaint: str
) -> None:
    with pytest.raises(BadTemplate) as error:
        notes.check(in_folder(tmp_path, words, subject))
    assert complaint in str(error.value)


def test_a_missing_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadTemplate, match=r"page\.code\.en\.md is missing"):
        notes.check(tmp_path)


def test_each_is_there_in_polish_as_a_draft_and_goes_out_only_where_drafts_do() -> None:
    for note, sample in notes.SAMPLES.items():
        assert notes.translated(note) == ["pl"]
        polish = notes.write(note, sample, "pl", drafts=True)
        assert polish.language == "pl"
        assert all(value in polish.body for value in sample.values())
        english = notes.write(note, sample, "pl", drafts=False)
        assert english == notes.write(note, sample)
        assert notes.write(note, sample, "xx") == english


def test_a_code_by_text_in_polish_is_one_part_too() -> None:
    text = notes.write("page.code", notes.SAMPLES["page.code"], "pl").text
    assert text is not None
    assert segments(text).number == 1


def test_a_status_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    folder = in_folder(tmp_path, "Hello", 'subject = "x"\nstatus = "nearly"')
    with pytest.raises(BadTemplate, match="awaiting translator"):
        notes.check(folder)
