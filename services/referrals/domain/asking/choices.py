"""The answers to choose from: the contract's codes, in the words of a page."""

from collections.abc import Mapping
from typing import get_args

from chassis.english import capital
from schemas import words
from schemas.codes import AnyRelation, AsksFor, Need
from services.referrals.domain.asking.questions import Option
from services.referrals.domain.words import EVIDENCE_WORDS, WHY_NOW_WORDS

NEEDS = tuple(Option(code, capital(words.NEEDS[code])) for code in get_args(Need))
NO_UPN = (
    Option("", "There is a UPN"),  # nobody could take back an answer of radios otherwise
    Option("not-yet-assigned", "Not assigned yet"),
    Option("early-years", "In an early years setting"),
    Option("home-educated", "Educated at home"),
    Option("from-abroad", "Newly come from abroad"),
)
SEN_PROVISIONS = (
    Option("K", "SEN support"),
    Option("E", "Education, health and care plan (EHCP)"),
    Option("N", "No special educational provision yet"),
)
_ASKS_FOR_WORDS: dict[str, tuple[str, str]] = {
    "advice": ("Advice", "A specialist teacher works with you on this child's support."),
    "outreach": (
        "Outreach from a special school",
        "A colleague from a special school visits, or you visit theirs.",
    ),
    "ehc-needs-assessment": ("An EHC needs assessment", "The authority decides within six weeks."),
    "placement": ("A specialist placement", "A placement panel hears the case."),
    "short-placement": (
        "A short placement",
        "Some weeks at an Education Support Centre, with a planned return.",
    ),
    "top-up-funding": ("Top-up funding", "From the area's high needs funding."),
}
ASKS_FOR = tuple(
    Option(code, *_ASKS_FOR_WORDS.get(code, (capital(code.replace("-", " ")), "")))
    for code in get_args(AsksFor)
)
TRIGGERS = tuple(Option(code, capital(said)) for code, said in WHY_NOW_WORDS.items())
PROVISIONS = (
    Option("mainstream-with-support", "Mainstream school with support"),
    Option("specialist-resource-provision", "Specialist resource provision in a mainstream school"),
    Option("special-school", "Special school"),
    Option("other", "Something else"),
)
RELATION_WORDS: Mapping[AnyRelation, str] = {
    code: capital(said.removeprefix("the ")) for code, said in words.RELATIONS.items()
}
RELATIONS = tuple(Option(code, said) for code, said in RELATION_WORDS.items() if code != "child")
CHANNELS = (Option("email", "By e-mail"), Option("text", "By text message"), Option("letter", "By letter"))
LANGUAGES = (
    Option("en", "English"),
    Option("ar", "Arabic"),
    Option("bn", "Bengali"),
    Option("bg", "Bulgarian"),
    Option("zh", "Chinese"),
    Option("fr", "French"),
    Option("gu", "Gujarati"),
    Option("hi", "Hindi"),
    Option("hu", "Hungarian"),
    Option("it", "Italian"),
    Option("lt", "Lithuanian"),
    Option("pa", "Panjabi"),
    Option("fa", "Persian"),
    Option("pl", "Polish"),
    Option("pt", "Portuguese"),
    Option("ro", "Romanian"),
    Option("ru", "Russian"),
    Option("so", "Somali"),
    Option("es", "Spanish"),
    Option("ta", "Tamil"),
    Option("tr", "Turkish"),
    Option("uk", "Ukrainian"),
    Option("ur", "Urdu"),
    Option("cy", "Welsh"),
)
EVIDENCE_KINDS = tuple(Option(code, capital(said)) for code, said in EVIDENCE_WORDS.items())
