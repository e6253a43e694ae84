"""What a template says of its fact besides the words, and what is refused before any family is written to."""

from pathlib import Path

import pytest

from schemas.envelope import REGISTRY
from services.notifications import samples
from services.notifications.domain.segments import segments
from services.notifications.front_matter import APPEAL_BY
from services.notifications.templates import BadTemplate, Templates
from tests.notifications.test_templates import HEAD, a_folder

TEXT = "It is here: {{ link }}\n"


def with_front(line: str) -> str:
    return HEAD.replace("subject", f"{line}\nsubject")


def test_every_fact_may_go_by_every_channel_for_as_long_as_it_helps() -> None:
    told = {one.code: one for one in Templates().tellings}
    assert {one.channels for one in told.values()} == {("email", "text", "letter")}
    assert told["visit.moved"].urgent
    assert told["visit.moved"].useful_days < told["decision.issued"].useful_days
    assert told["referral.waiting"].digest
    assert not told["decision.issued"].digest


def test_what_is_not_said_is_e_mail_for_a_month_by_day(tmp_path: Path) -> None:
    (one,) = Templates(a_folder(tmp_path, HEAD + "x")).tellings
    assert (one.channels, one.useful_days, one.urgent, one.digest) == (("email",), 30, False, False)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('audience = "everyone"', "audience must be one of family"),
        ('channels = "email"', "channels is a list of email, text, letter"),
        ('channels = ["email", "pigeon"]', "channels is a list of email, text, letter"),
        ("channels = []", "channels is a list"),
        ("useful_days = 0", "useful_days is a number of days"),
        ("useful_days = true", "useful_days is a number of days"),
        ('urgent = "yes"', "urgent is true or false"),
        ("urgent = true\ndigest = true", "cannot wait for a digest"),
        ('lapses = "yes"', "lapses is true or false"),
        ("digest = true", "a small step has a line"),
        ('line = "It waits."', "only a small step has a line"),
        ('digest = true\nline = "{{ teem }}"', "has no field 'teem'"),
        ('digest = true\nline = """a\nb"""', "line must be one line"),
        ('rights = "some"', 'rights is "none" or "appeal"'),
        ('rights = "appeal"', "referral.routed.v1 carries no right of appeal"),
        ('status = "awaiting translator"', "knows no 'status'"),
        ('channels = ["email", "text"]', "add referral.routed.en.txt"),
    ],
)
def test_wrong_front_matter_is_answered_by_a_sentence(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(BadTemplate) as error:
        Templates(a_folder(tmp_path, with_front(line) + "x"))
    assert complaint in str(error.value)


REMINDER = with_front('remind = { field = "answer_by", days = 2 }').replace(
    'code = "referral.routed"', 'code = "reminder.answer"'
)


@pytest.mark.parametrize(
    ("was", "line", "complaint"),
    [
        ("days = 2", "days = 0", "remind: days is a number of days, 1 to 366"),
        ("answer_by", "answr_by", "referral.routed.v1 has no date called answr_by"),
        ("answer_by", "destination", "referral.routed.v1 has no date called destination"),
        ('"answer_by"', '["answer_by", "routed_at"]', "remind has one field"),
        ('field = "answer_by", ', "", "remind has days, field, and nothing else"),
        ("remind =", "waits =", 'waits stands alone, in a file whose code begins with "update."'),
        ("remind =", "missed = { days = 1 }\nremind =", "remind stands alone"),
        ("subject", 'also = ["referral.routd.v1"]\nsubject', "also is a list of events"),
        (
            "subject",
            'also = ["referral.closed.v1"]\nsubject',
            "referral.closed.v1 has no date called answer_by",
        ),
        ("subject", "again_days = 0\nsubject", "again_days is a number of days, 1 to 366"),
        ('remind = { field = "answer_by", days = 2 }', "", "missed, remind, waits: one of them belongs here"),
    ],
)
def test_wrong_words_about_time_are_answered_by_a_sentence(
    tmp_path: Path, was: str, line: str, complaint: str
) -> None:
    with pytest.raises(BadTemplate) as error:
        Templates(a_folder(tmp_path, REMINDER.replace(was, line, 1) + "x", "reminder.answer.en.md"))
    assert complaint in str(error.value)


def test_a_reminder_has_the_day_that_it_is_about_and_no_other(tmp_path: Path) -> None:
    a_folder(tmp_path, REMINDER + "By {{ answer_by }}.", "reminder.answer.en.md")
    assert Templates(tmp_path).tellings[0].timed is not None
    a_folder(tmp_path, REMINDER + "At {{ routed_at }}.", "reminder.answer.en.md")
    with pytest.raises(BadTemplate, match="'routed_at'"):
        Templates(tmp_path)


@pytest.mark.parametrize("words", ["You may appeal.", "Ask for mediation.", "Write to the Tribunal."])
def test_words_about_rights_are_refused_where_no_right_is_carried(tmp_path: Path, words: str) -> None:
    with pytest.raises(BadTemplate, match="belongs only to a decision with a right of appeal"):
        Templates(a_folder(tmp_path, HEAD + words))


def test_no_fact_that_families_are_told_carries_a_right_of_appeal_today() -> None:
    assert {one.on for one in Templates().tellings if APPEAL_BY in REGISTRY[one.on].model_fields} == set()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("It is here.", "ends with {{ link }}"),
        ("{{ holder }}: {{ link }}", "'holder' is not for messages"),
        ("{{ teem }}: {{ link }}", "has no field 'teem'"),
        ("a" * 300 + " {{ link }}", "sent in 3 parts, at most 2"),
        ("ł" * 90 + " {{ link }}", "sent in 3 parts, at most 2"),
    ],
)
def test_a_wrong_text_message_stops_the_service(tmp_path: Path, text: str, complaint: str) -> None:
    a_folder(tmp_path, with_front('channels = ["email", "text"]') + "x")
    a_folder(tmp_path, text, "referral.routed.en.txt")
    with pytest.raises(BadTemplate) as error:
        Templates(tmp_path)
    assert complaint in str(error.value)


def test_a_text_message_that_no_channel_asks_for_is_refused(tmp_path: Path) -> None:
    a_folder(tmp_path, HEAD + "x")
    a_folder(tmp_path, TEXT, "referral.routed.en.txt")
    with pytest.raises(BadTemplate, match='has no "text" among its channels'):
        Templates(tmp_path)


def test_every_english_text_message_is_one_part_and_every_other_two_at_most() -> None:
    templates = Templates(drafts=True)
    for words in templates.all:
        given = samples.fields(words.head.event, words.language)
        text = templates.text(words.telling.code, words.language, given)
        assert text is not None
        assert segments(text).number <= (1 if words.language == "en" else 2), text
        assert text.endswith(samples.LINK)


def test_a_fact_without_a_text_message_has_none(tmp_path: Path) -> None:
    assert Templates(a_folder(tmp_path, HEAD + "x")).text("referral.routed", "en", {}) is None


def test_a_translation_says_only_its_own_and_a_draft_is_sent_only_where_that_is_allowed(
    tmp_path: Path,
) -> None:
    a_folder(tmp_path, with_front("urgent = true") + "Good day\n")
    draft = with_front('status = "awaiting translator"') + "Dzień dobry\n"
    a_folder(tmp_path, draft, "referral.routed.pl.md")
    assert Templates(tmp_path).language("referral.routed", "pl") == "en"
    assert Templates(tmp_path).write("referral.routed", "pl", {})[1] == "Good day\n"
    assert Templates(tmp_path, drafts=True).write("referral.routed", "pl", {})[1] == "Dzień dobry\n"
    a_folder(tmp_path, with_front('line = "Czeka."') + "Dzień dobry\n", "referral.routed.pl.md")
    with pytest.raises(BadTemplate, match=r"referral\.routed\.pl\.md: only a small step has a line"):
        Templates(tmp_path)
    a_folder(tmp_path, with_front("urgent = true") + "Dzień dobry\n", "referral.routed.pl.md")
    with pytest.raises(BadTemplate, match=r"knows no 'urgent'.*stands in the English file"):
        Templates(tmp_path)
