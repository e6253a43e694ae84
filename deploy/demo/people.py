"""Invented children and families, with numbers that are valid and addresses that reach nobody."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from stdnum.gb import upn

from deploy.demo.names import ADULT_NAMES, FAMILY_NAMES, GIVEN_NAMES, STREETS
from services.referrals.domain.children.ages import is_young_person, year_group
from services.referrals.domain.register.places import Setting

#: Reserved for examples by RFC 2606, so that no family can be written to by mistake.
MAIL_DOMAIN = "example.org"
NO_ONE = "nobody"
_LOCAL_AUTHORITY = "919"
#: No post town has this area code.
_POST_TOWN = "Hertford, ZZ1 1ZZ"
_YOUNGEST_DAYS = 420
#: Of adults who may be told, in a thousand: those who would rather have texts than e-mails.
RATHER_TEXTS = 120
#: Of families: one parent who may be told, both, only by telephone, none (permission was not recorded).
_FAMILIES = ("one", "two", "telephone", "unrecorded")
_FAMILY_WEIGHTS = (55, 37, 3, 5)


@dataclass(frozen=True)
class Recipient:
    """Somebody who has to be told, with every way that leads to them; NOBODY where nobody may be told.

    ``phone`` is as it is dialled: +447…. ``texts``: they would rather have texts. ``post`` is an envelope, its lines
    one below the other.
    """

    email: str | None = None
    phone: str | None = None
    texts: bool = False
    post: str | None = None

    @property
    def name(self) -> str:
        """What the ledger calls them."""
        return self.email or (f"tel:{self.phone}" if self.phone else NO_ONE)

    @property
    def texted(self) -> str | None:
        """The number to which texts go before anything else; None where the first way is another."""
        return self.phone if self.texts or not self.email else None


NOBODY = Recipient()


@dataclass(frozen=True)
class Family:
    """A child and the adults around it, as parts of a form; ``recipients`` are those who have to be told."""

    child: dict[str, Any]
    adults: list[dict[str, Any]]
    recipients: tuple[Recipient, ...]


@dataclass
class Families:
    """Makes families, no two with the same address or pupil number, nor soon with the same telephone number."""

    random: Random
    _count: int = 0
    _phones: int = 0
    _numbers: set[str] = field(default_factory=set)

    def make(self, age: int, setting: Setting, today: date) -> Family:
        """A family whose child has this age on ``today`` and is at this setting; 20 stands for 20 to 24."""
        self._count += 1
        born = self._born(age, today)
        family_name = self.random.choice(FAMILY_NAMES)
        child: dict[str, Any] = {
            "given_name": self.random.choice(GIVEN_NAMES),
            "family_name": family_name,
            "born": born.isoformat(),
            "address": f"{self.random.randint(1, 140)} {self.random.choice(STREETS)}, {setting.town}",
            **self._number(born, setting, today),
        }
        adults = self._adults(family_name)
        told = [recipient(adult) for adult in adults if adult.get("may_be_told")]
        if is_young_person(born, today) and self.random.random() < 0.8:
            child["email"] = f"{child['given_name']}.{family_name}.{self._count}@{MAIL_DOMAIN}".lower()
            told.append(Recipient(child["email"]))
        elif is_young_person(born, today) and not told:
            adults = [{**adults[0], "may_be_told": True, "email": self._address(adults[0])}]
            told = [recipient(adults[0])]
        return Family(child, adults, tuple(told) or (NOBODY,))

    def _born(self, age: int, today: date) -> date:
        years = self.random.randint(20, 24) if age == 20 else age
        if age == 2:
            years = self.random.randint(1, 2)
        oldest = _years_before(today, years + 1) + timedelta(days=1)
        born = oldest + timedelta(days=self.random.randrange(365))
        return min(born, _years_before(today, years), today - timedelta(days=_YOUNGEST_DAYS))

    def _number(self, born: date, setting: Setting, today: date) -> dict[str, str]:
        if year_group(born, today) < 0:
            return {"no_upn_reason": "early-years"}
        if self.random.random() < 0.02:
            return {"no_upn_reason": self.random.choice(["from-abroad", "not-yet-assigned"])}
        entered, serial = (born.year + 4) % 100, self._count
        while (number := make_upn(setting.urn, entered, serial % 1000)) in self._numbers:
            serial += 1
        self._numbers.add(number)
        return {"upn": number}

    def _adults(self, family_name: str) -> list[dict[str, Any]]:
        kind = self.random.choices(_FAMILIES, _FAMILY_WEIGHTS)[0]
        first = self._adult("mother", family_name)
        if kind == "telephone":
            del first["email"]
            first.pop("channel", None)
            if self._count % 2:
                first["address"] = (
                    f"{self.random.randint(1, 140)} {self.random.choice(STREETS)}, {_POST_TOWN}"
                )
        if kind == "unrecorded":
            del first["may_be_told"]
        return [first, self._adult("father", family_name)] if kind == "two" else [first]

    def _adult(self, relation: str, family_name: str) -> dict[str, Any]:
        rather_texts = self.random.randrange(1000) < RATHER_TEXTS
        self._phones += 1
        adult: dict[str, Any] = {
            "given_name": self.random.choice(ADULT_NAMES),
            "family_name": family_name,
            "relation": relation,
            "phone": f"07700 900{self._phones % 1000:03}",  # Ofcom keeps these for drama
            "may_be_told": True,
        }
        wish = {"channel": "text"} if rather_texts else {}
        return {**adult, "email": self._address(adult), **wish}

    def _address(self, adult: dict[str, Any]) -> str:
        name = f"{adult['given_name']}.{adult['family_name']}"
        return f"{name}.{self._count}.{adult['relation'][0]}@{MAIL_DOMAIN}".lower()


def recipient(adult: dict[str, Any]) -> Recipient:
    """How this adult is reached."""
    lines = adult["address"].split(", ") if "address" in adult else []
    post = "\n".join([f"{adult['given_name']} {adult['family_name']}", *lines]) if lines else None
    return Recipient(adult.get("email"), dialled(adult["phone"]), adult.get("channel") == "text", post)


def dialled(number: str) -> str:
    """A mobile number as it is dialled from anywhere: +447…."""
    return f"+44{number.replace(' ', '').removeprefix('0')}"


def make_upn(urn: str, year: int, serial: int) -> str:
    """A valid pupil number: check letter, authority, establishment (the URN's last digits), year, serial."""
    digits = "".join(character for character in urn if character.isdigit())[-4:]
    body = f"{_LOCAL_AUTHORITY}{digits:0>4}{year:02}{serial:03}"
    return f"{upn.calc_check_digit(body)}{body}"


def setting_for(age: int, settings: Sequence[Setting], random: Random) -> Setting:
    """A setting that a child of this age goes to."""
    kinds = ("early-years", "nursery") if age < 4 else ("primary",)
    if age == 4:
        kinds = random.choice((("early-years", "nursery"), ("primary",)))
    elif 11 <= age <= 15:
        kinds = ("secondary", "all-through")
    elif age >= 16:
        kinds = ("post-16",)
    return random.choice([setting for setting in settings if setting.kind in kinds])


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
