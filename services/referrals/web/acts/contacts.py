"""Contacts, agreement and views as the school changes them after sending, one form for all."""

from collections.abc import Mapping
from datetime import date
from typing import Any, get_args

from chassis.web.fields import LINE, Fields
from schemas.codes import Language
from schemas.personal_v1 import PersonDetails, SaidViews
from schemas.submissions_v1 import Adult, Agreement, Views
from services.referrals.domain import commands
from services.referrals.domain.asking.choices import CHANNELS, LANGUAGES, RELATIONS
from services.referrals.domain.queues import stage
from services.referrals.domain.referral import Papers
from services.referrals.domain.work import contacting
from services.referrals.web.acts.act import Act, Target

_YES_NO = {"yes": "Yes", "no": "No"}
_ROLES = [each.value for each in RELATIONS]
_CHANNELS = [each.value for each in CHANNELS]
_MOST_ADULTS = 8


def _reads(fields: Fields, target: Target) -> object:
    sent = target.referral
    contacts = commands.Contacts(_own(fields), tuple(_adults(fields, len(sent.adults))))
    changes = commands.Amendment(
        agreement=_agreement(fields), views=_views(fields, target.papers), contacts=contacts
    )
    return commands.AmendReferral(
        **target.about,
        child_id=sent.child_id,
        changes=changes,
        reason=fields.words("reason", "Write why you change it."),
        adult_ids=contacting.adult_ids(sent, contacts),
    )


def _own(fields: Fields) -> commands.OwnContacts:
    return commands.OwnContacts(
        email=fields.optional("child.email", LINE),
        phone=fields.optional("child.phone", LINE),
        address=fields.optional("child.address", LINE),
        language=_language(fields, "child.language"),
    )


def _adults(fields: Fields, known: int) -> list[Adult]:
    """Every adult that was known, and one more where a name was written."""
    found = []
    for n in range(_MOST_ADULTS):
        at = f"adults.{n}"
        if n >= known and not any(fields.typed.get(f"{at}.{name}") for name in ("given_name", "family_name")):
            break
        told = fields.choice(f"{at}.may_be_told", _YES_NO, "Choose whether they may be told.")
        relation = fields.choice(f"{at}.relation", _ROLES, "Choose who they are to the child.")
        given = fields.words(f"{at}.given_name", "Write the given name.", LINE)
        family = fields.words(f"{at}.family_name", "Write the family name.", LINE)
        if relation in _ROLES and given and family:
            found.append(
                Adult.model_construct(
                    given_name=given,
                    family_name=family,
                    relation=relation,
                    email=fields.optional(f"{at}.email", LINE),
                    phone=fields.optional(f"{at}.phone", LINE),
                    address=fields.optional(f"{at}.address", LINE),
                    may_be_told=told == "yes",
                    channel=_channel(fields, f"{at}.channel"),
                    language=_language(fields, f"{at}.language"),
                )
            )
    return found


def _language(fields: Fields, name: str) -> Any:
    chosen = fields.typed.get(name)
    return chosen if chosen in get_args(Language) else None


def _channel(fields: Fields, name: str) -> Any:
    chosen = fields.typed.get(name)
    return chosen if chosen in _CHANNELS else None


def _agreement(fields: Fields) -> Agreement:
    agreed = fields.choice("agreement.agreed", _YES_NO, "Choose whether the parents agree.") == "yes"
    on: date | None = None
    if fields.has_day("agreement.on"):
        on = fields.day("agreement.on", "", last=fields.today)
    return Agreement(
        agreed=agreed,
        by=fields.optional("agreement.by", LINE),
        on=on,
        disagreement=fields.optional("agreement.disagreement"),
    )


def _views(fields: Fields, papers: Papers | None) -> Views | None:
    """What they say, if anything is written or was; whether a young person was asked stays as it was."""
    before = papers.papers.views if papers else None
    parents, child = fields.optional("views.parents_say"), fields.optional("views.child_says")
    if before is None and parents is None and child is None:
        return None
    asked = before.young_person_asked if before else None
    return Views(parents_say=parents, child_says=child, young_person_asked=asked)


def _offers(target: Target) -> Mapping[str, Any]:
    papers = target.papers
    child, adults = (target.persons[0], target.persons[1:]) if target.persons else (None, ())
    return {
        "now": _now(child, adults, papers),
        "adult_rows": range(min(_MOST_ADULTS, len(target.referral.adults) + 1)),
        "known_adults": len(target.referral.adults),
        "relations": [{"value": o.value, "text": o.text} for o in RELATIONS],
        "channels": [{"value": o.value, "text": o.text} for o in CHANNELS],
        "languages": [{"value": o.value, "text": o.text} for o in LANGUAGES],
        "agreed_on": papers.agreement.on if papers else None,
        "yes_no": [{"value": code, "text": text} for code, text in _YES_NO.items()],
    }


def _now(
    child: PersonDetails | None, adults: tuple[PersonDetails, ...], papers: Papers | None
) -> dict[str, str]:
    """What every field holds before anything is typed."""
    now: dict[str, Any] = {}
    if child:
        now |= {f"child.{name}": getattr(child, name) for name in ("email", "phone", "address", "language")}
    for n, each in enumerate(adults):
        names = ("given_name", "family_name", "email", "phone", "address", "channel", "language")
        now |= {f"adults.{n}.{name}": getattr(each, name) for name in names}
        now[f"adults.{n}.relation"] = each.who
        if each.letters:
            now[f"adults.{n}.channel"] = "letter"
        now[f"adults.{n}.may_be_told"] = "yes" if each.may_be_told else "no"
    if papers:
        views, agreed = papers.papers.views or SaidViews(), papers.agreement
        now |= {"views.parents_say": views.parents_say, "views.child_says": views.child_says}
        now |= {"agreement.agreed": "yes" if agreed.agreed else "no", "agreement.by": agreed.by}
        now["agreement.disagreement"] = agreed.disagreement
    return {name: str(value) if value is not None else "" for name, value in now.items()}


CONTACTS = Act(
    "contacts", "Change contacts, agreement or views", "Send the change", ("referral:change",),
    lambda r: stage(r) != "ended", _reads,
    "The change has been sent. Contacts of a child whose own school is another wait for that school's yes.",
    offers=_offers,
)  # fmt: skip
