"""The words of the messages: what is checked before a family is written to, and what they say."""

from pathlib import Path
from typing import Any

import pytest

from schemas.envelope import REGISTRY
from services.notifications.domain.fact import is_date
from services.notifications.domain.message import AT_ONCE
from services.notifications.letters import fields
from services.notifications.templates import COMMON, FOLDER, BadTemplate, Templates, available
from tests.notifications.builders import NOW, destination
from tests.notifications.conftest import settings
from tests.notifications.test_message import a_message

HEAD = '+++\non = "referral.routed.v1"\ncode = "referral.routed"\nsubject = "Hello"\n+++\n'


def a_folder(folder: Path, text: str, name: str = "referral.routed.en.md") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def entry() -> Any:
    from services.notifications.domain.background import DirectoryEntry

    return DirectoryEntry.model_validate(destination().model_dump())


def known(on: str = "referral.routed.v1", **given: Any) -> dict[str, object]:
    of_time = ("promised_by", "new_by", "again_by")
    dates = {name: "2026-03-23" for name in (*REGISTRY[on].model_fields, *of_time) if is_date(name)}
    message = a_message(dates=dates, ready_at=AT_ONCE, made_at=NOW)
    return fields(message, given.get("entry"), "https://send.council.example/f/abc", settings())


def test_how_long_a_first_answer_takes_is_told_only_until_there_is_one() -> None:
    of_a_team = entry().model_copy(update={"expected_wait_days": 12})

    def wait(*, answered: bool) -> object:
        message = a_message(answered=answered)
        return fields(message, of_a_team, "https://send.council.example/f/abc", settings())["wait_days"]

    assert (wait(answered=False), wait(answered=True)) == ("12", None)


def test_every_template_of_the_service_can_be_used() -> None:
    told = {telling.code for telling in Templates().tellings}
    assert told == {path.name.removesuffix(".en.md") for path in FOLDER.glob("*.en.md")}
    assert told >= {
        "referral.routed", "referral.accepted", "referral.returned", "referral.concluded", "referral.withdrawn",
        "case.listed", "case.moved", "case.deferred", "case.withdrawn", "decision.issued",
        "decision.corrected",
    }  # fmt: skip


@pytest.mark.parametrize("with_entry", [True, False])
def test_every_message_has_the_reference_and_the_link_and_nothing_unfilled(with_entry: bool) -> None:
    templates = Templates()
    for telling in templates.tellings:
        subject, body = templates.write(
            telling.code, "en", known(telling.on, entry=entry() if with_entry else None)
        )
        assert "ABCD-EFGH-JKM4" in subject
        assert "ABCD-EFGH-JKM4" in body
        assert body.count("https://send.council.example/f/abc") == 1
        assert "None" not in body
        assert "{" not in body
        assert "\n\n\n" not in body
        assert all(len(line) < 200 for line in body.splitlines())


def test_the_outcome_of_a_decision_is_not_in_the_message() -> None:
    assert not {"outcome", "provision", "reason"} & available(REGISTRY["decision.issued.v1"])


def test_the_fields_of_a_message_are_those_that_the_sender_gives() -> None:
    assert set(known()) >= COMMON


def test_a_language_without_a_text_falls_back_to_english(tmp_path: Path) -> None:
    a_folder(tmp_path, HEAD + "Good day\n")
    a_folder(tmp_path, HEAD + "Dzień dobry\n", "referral.routed.pl.md")
    templates = Templates(tmp_path)
    assert templates.write("referral.routed", "pl", {})[1] == "Dzień dobry\n"
    assert templates.write("referral.routed", "ur", {})[1] == "Good day\n"


def test_a_new_template_is_one_file_and_may_ask_for_values(tmp_path: Path) -> None:
    head = '+++\non = "case.heard.v1"\ncode = "case.heard"\nsubject = "x"\n'
    a_folder(tmp_path, head + "+++\nYou hear by {{ decision_by }}.\n", "case.heard.en.md")
    (telling,) = Templates(tmp_path).tellings
    assert (telling.code, telling.on) == ("case.heard", "case.heard.v1")


def test_no_message_names_the_team_or_its_advice_which_would_say_what_a_child_needs() -> None:
    deaf = entry().model_copy(
        update={
            "kind": "advisory-team",
            "name": "the Deaf and Hearing Impairment team",
            "does": "Teachers of deaf children",
            "meanwhile": "Seat the child where they can see faces.",
        }
    )
    templates = Templates(drafts=True)
    for words in templates.all:
        code, language = words.telling.code, words.language
        given = known(words.telling.on, entry=deaf)
        said = "\n".join(
            (*templates.write(code, language, given), templates.text(code, language, given) or "")
        )
        assert not {"deaf", "hearing", "faces"} & set(said.lower().replace(".", " ").split()), code
    assert known(entry=deaf)["holder"] == "The specialist teaching team"


def test_dates_and_who_has_it_are_said_in_the_language_of_the_message() -> None:
    message = a_message(dates={"answer_by": "2026-09-30"}, ready_at=AT_ONCE, made_at=NOW)
    polish = fields(message, entry(), "x", settings(), "pl")
    assert polish["answer_by"] == "30 września 2026"
    assert polish["holder"] == "Komisja"
    assert fields(message, None, "x", settings())["answer_by"] == "30 September 2026"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (HEAD + "{{ teem }}", "has no field 'teem'; it has advice_line, advice_on_page, answer_by"),
        (HEAD + "{{ primary_need }}", "'primary_need' is not for messages"),
        (HEAD + "{{ urn }}", "'urn' is not for messages"),
        (HEAD + "{{ reference.upper() }}", "plain values"),
        (HEAD + "{{ reference['x'] }}", "plain values"),
        (HEAD + "{% if %}", "referral.routed.en.md"),
        (HEAD + "  \n", "no text below"),
        (HEAD.replace("subject", "subjekt") + "x", "knows no 'subjekt'"),
        (HEAD.replace('"Hello"', '""') + "x", "subject must be one line"),
        (HEAD.replace('"Hello"', '"{{ teem }}"') + "x", "has no field 'teem'"),
        (HEAD.replace('code = "referral.routed"', 'code = "referral.rooted"') + "x", "as in the file's name"),
        (HEAD.replace("referral.routed.v1", "referral.rooted.v1") + "x", "on must be one of answer.due.v1"),
        (HEAD.replace("referral.routed.v1", "person.details.v1") + "x", "on must be one of"),
        (HEAD.replace("subject", "when = { colour = [\"red\"] }\nsubject") + "x", "has no field 'colour'"),
        (HEAD.replace("subject", "when = { rule = \"x\" }\nsubject") + "x", "a list of values"),
        ("no front matter", "begin with +++"),
        ("+++\non = \n+++\nx", "is not TOML"),
    ],
)  # fmt: skip
def test_a_wrong_template_stops_the_service_with_a_sentence(
    tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(BadTemplate) as error:
        Templates(a_folder(tmp_path, text))
    assert complaint in str(error.value)
    assert "referral.routed.en.md" in str(error.value)


def test_a_file_with_another_kind_of_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTemplate, match="call it <fact>"):
        Templates(a_folder(tmp_path, HEAD + "x", "Referral.md"))


def test_a_translation_without_english_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTemplate, match="has no English text"):
        Templates(a_folder(tmp_path, HEAD + "x", "referral.routed.pl.md"))
