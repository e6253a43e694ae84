"""The stand-in's log is read by its words: which fact, about which referral, and whether it arrived."""

import schemas.family_v1  # noqa: F401 - its events have templates, too
from deploy.demo.texts import read_texts
from deploy.local.notify import Kind, Notification
from schemas.envelope import REGISTRY
from services.notifications import samples
from services.notifications.templates import shipped

LINK = "https://send.council.example/f/" + "a" * 22


def sent(body: str, kind: Kind = "sms", status: str = "delivered", reference: str = "id-1") -> Notification:
    return Notification(kind, "+447700900001", reference, {"body": body}, "template", status=status)


def test_every_text_that_families_are_sent_is_known_by_its_words() -> None:
    templates = shipped()
    for telling in templates.tellings:
        said = samples.fields(REGISTRY[telling.on], "en") | {"reference": "CEXM-8MTB-53F9", "link": LINK}
        words = templates.text(telling.code, "en", said)
        if words is not None:
            [text] = read_texts([sent(words)])
            assert (text.fact, text.reference, text.link) == (telling.code, "CEXM-8MTB-53F9", LINK)


def test_words_that_no_template_has_are_about_nothing() -> None:
    [text] = read_texts([sent("Hello")])
    assert (text.fact, text.reference, text.link) == ("", "", None)


def test_a_letter_is_about_what_the_text_was_about_that_it_follows() -> None:
    words = f"Referral AAAA: the placement has ended. {LINK}"
    text, letter = read_texts(
        [sent(words, status="permanent-failure"), sent("Dear Kim", "letter", "received")]
    )
    assert (text.arrived, letter.arrived) == (False, True)
    assert (letter.fact, letter.reference) == ("placement.ended", "AAAA")
