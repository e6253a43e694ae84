"""The languages that messages are written in: dates and numbers as they are said there, and from which side it is read.

Babel knows them all; the few words that stand in many messages are in ``templates/words.<language>.toml``, those of the
families' page in ``templates/page.<language>.po``, by the English ones.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from schemas.codes import Language
from services.notifications.domain.naming import with_article

FOLDER = Path(__file__).parent / "templates"
ENGLISH = "en"
#: What each language is called by those who speak it, so that whoever reads no English finds it. As Babel has it, which
#: would hold more than a megabyte for each language that it is asked about: too much for a list of names.
OWN_NAMES: Mapping[Language, str] = {
    "en": "English",
    "ar": "العربية",
    "bg": "български",
    "bn": "বাংলা",
    "cy": "Cymraeg",
    "es": "español",
    "fa": "فارسی",
    "fr": "français",
    "gu": "ગુજરાતી",
    "hi": "हिन्दी",
    "hu": "magyar",
    "it": "italiano",
    "lt": "lietuvių",
    "pa": "ਪੰਜਾਬੀ",
    "pl": "polski",
    "pt": "português",
    "ro": "română",
    "ru": "русский",
    "so": "Soomaali",
    "ta": "தமிழ்",
    "tr": "Türkçe",
    "uk": "українська",
    "ur": "اردو",
    "zh": "中文",
}


def known(language: str) -> bool:
    """Whether this code of two letters is a language that dates can be written in."""
    try:
        return bool(_locale(language))
    except (UnknownLocaleError, ValueError):
        return False


@lru_cache(1024)
def day(on: date, language: str = ENGLISH) -> str:
    """A date as people say it: 5 March 2026, 5 marca 2026."""
    return format_date(on, "long", _locale(language))


def number(count: int, language: str = ENGLISH) -> str:
    """A number as it is written there: 1,200 in English."""
    return format_decimal(count, locale=_locale(language))


def direction(language: str) -> str:
    """``ltr`` or ``rtl``: from which side the language is read."""
    return str(_locale(language).text_direction)


def isolated(words: str | None, language: str) -> str | None:
    """A telephone number or English words as they are read, where a text from right to left would turn them round."""
    return f"\u2066{words}\u2069" if words and direction(language) == "rtl" else words


def name(language: str) -> str:
    """What the language is called in English."""
    return str(_locale(language).get_display_name(ENGLISH)).partition(" (")[0]


def holder(kind: str | None, language: str = ENGLISH) -> str:
    """Who has a referral, by the kind of its team: a team's own name would say what a child needs."""
    holders = _words(language)["holder"]
    return holders.get(kind or "", holders["other"])


@dataclass(frozen=True, slots=True)
class Spoken:
    """How the families' page speaks: its sentences, days and kinds of teams, in one language."""

    language: str = ENGLISH

    def words(self, english: str) -> str:
        """The same in this language; in English where nobody has translated it."""
        return (
            english if self.language == ENGLISH else _catalogue(self.language).words.get(english) or english
        )

    def day(self, on: date) -> str:
        """A date as people say it."""
        return day(on, self.language)

    def team(self, name: str) -> str:
        """A team by its name, which stays English: with an article where the sentence is English, too."""
        return with_article(name) if self.language == ENGLISH else isolated(name, self.language) or name

    def holder(self, kind: str | None) -> str:
        """Who has a referral, by the kind of its team."""
        return holder(kind, self.language)


def spoken(asked: Sequence[str], drafts: bool) -> Spoken:
    """The first of the languages ``asked`` for in which there is a page; English where there is none.

    ``drafts``: whether a translation will do that no translator has read yet.
    """
    there = {ENGLISH: True, **{each: drafts or not _catalogue(each).draft for each in translated()}}
    return Spoken(next((each for each in asked if there.get(each)), ENGLISH))


def translated() -> tuple[str, ...]:
    """The languages besides English that the families' page is there in, as drafts too."""
    return tuple(sorted(path.suffixes[-2][1:] for path in FOLDER.glob("page.*.po")))


@dataclass(frozen=True, slots=True)
class _Catalogue:
    """``draft``: its head is marked as fuzzy, as gettext's tools do, until a translator has read it."""

    words: Mapping[str, str]
    draft: bool


@cache
def _catalogue(language: str) -> _Catalogue:
    with (FOLDER / f"page.{language}.po").open("rb") as file:
        read = read_po(file)
    words = {str(each.id): str(each.string) for each in read if each.id and each.string}
    return _Catalogue(words, read.fuzzy)


@cache
def _locale(language: str) -> Locale:
    return Locale.parse("en_GB" if language == ENGLISH else language)


@cache
def _words(language: str) -> Mapping[str, Mapping[str, str]]:
    """In English where the language has no such file."""
    path = FOLDER / f"words.{language}.toml"
    if language != ENGLISH and not path.exists():
        return _words(ENGLISH)
    return tomllib.loads(path.read_text(encoding="utf-8"))
