"""What the page of one child shows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.calendar import london_date
from chassis.english import capital, in_words
from schemas.personal_v1 import PersonDetails
from schemas.words import NEEDS
from services.referrals.domain.asking.choices import RELATION_WORDS
from services.referrals.domain.children.ages import age_on
from services.referrals.domain.children.aliases import Alias
from services.referrals.domain.children.ladder import RUNG_WORDS, RUNGS, STANDING_WORDS, Ladder, ladder
from services.referrals.domain.children.persons import Person as Known
from services.referrals.domain.queues import stage
from services.referrals.domain.referral import ENDED, Referral
from services.referrals.domain.story import story
from services.referrals.domain.words import ASKS_WORDS, HELPED_WORDS, year_words
from services.referrals.web.desk import Desk
from services.referrals.web.rows import STAGE_WORDS

Facts = list[tuple[str, str]]
_ALIAS_WORDS = {"merged": "merged with", "unmerged": "separated again from", "kept-apart": "kept apart from"}


@dataclass(frozen=True, slots=True)
class Child:
    """A child as somebody may see it: all its records, the kept one first, and the referrals that are open to them.

    ``hidden`` says that there are more, which this person's roles leave out.
    """

    ids: Sequence[str]
    records: dict[str, Known]
    aliases: dict[str, Alias]
    referrals: list[Referral]
    hidden: bool

    @property
    def details(self) -> Any:
        """Who it is, by the record that is kept."""
        return self.records[self.ids[0]].details

    @property
    def open(self) -> list[Referral]:
        """Those that have not ended."""
        return [each for each in self.referrals if each.status not in ENDED]


def child_values(
    child: Child, people: Mapping[str, PersonDetails], staff: Mapping[str, str], desk: Desk
) -> dict[str, Any]:
    """The values of the page; ``people`` are the adults, ``staff`` names of colleagues, by id."""
    details, newest = child.details, child.referrals[0]
    stands = ladder(child.referrals)
    return {
        "id": child.ids[0],
        "name": f"{details.given_name} {details.family_name}",
        "facts": _facts(child, desk),
        "hidden": child.hidden,
        "rungs": list(_rungs(stands)),
        "now": RUNG_WORDS[stands.now],
        "way": list(_way(stands)),
        "referrals": [_referral(each, staff, desk) for each in child.referrals],
        "involved": list(_involved(child, staff, desk)),
        "reviews": list(_reviews(child, desk)),
        "schools": list(_schools(child, desk)),
        "contacts": list(_contacts(newest, people)),
        "records": list(_records(child, staff)),
    }


def _facts(child: Child, desk: Desk) -> Facts:
    details, newest = child.details, child.referrals[0]
    born = (
        f"{in_words(details.born)}, {age_on(details.born, desk.today)} years old"
        if details.born
        else "Not given"
    )
    return [
        ("Born", born),
        ("Unique Pupil Number", details.upn or "None yet"),
        ("School", _school(newest.urn, desk)),
        ("Year", capital(year_words(newest.year_group))),
        ("Main need", capital(NEEDS[newest.primary_need])),
        ("Looked after", "Yes: the Virtual School is involved" if newest.looked_after else "No"),
        ("Officer of the area", desk.book.register.areas[newest.area].officer),
    ]


def _school(urn: str, desk: Desk) -> str:
    setting = desk.book.register.find(urn)
    return setting.name if setting else urn


def _rungs(stands: Ladder) -> Iterator[dict[str, Any]]:
    """The rungs from the top down, as the picture draws them."""
    reached = {step.rung for step in stands.way if step.standing in ("given", "under-way")}
    for rung in reversed(RUNGS):
        state, words = "", ""
        if rung == stands.now:
            state, words = "now", "Now here"
        elif rung in stands.asked:
            state, words = "asked", "Asked for"
        elif rung in reached:
            state, words = "been", "Has been here"
        yield {"words": RUNG_WORDS[rung], "state": state, "note": words}


def _way(stands: Ladder) -> Iterator[dict[str, Any]]:
    for step in reversed(stands.way):
        moved = {"up": "Up", "down": "Down", None: ""}[step.direction]
        yield {
            "rung": RUNG_WORDS[step.rung],
            "direction": moved,
            "since": in_words(step.since),
            "until": in_words(step.until) if step.until else "",
            "standing": capital(STANDING_WORDS[step.standing]),
            "reference": step.reference,
        }


def _referral(referral: Referral, staff: Mapping[str, str], desk: Desk) -> dict[str, Any]:
    told = story(referral, desk.book.destinations, desk.today)
    turn, colour = STAGE_WORDS[stage(referral)]
    holder = staff.get(referral.assigned_to or "")
    return {
        "reference": referral.reference,
        "asks": capital(ASKS_WORDS[referral.asks_for]),
        "sent": in_words(london_date(referral.received_at)),
        "turn": turn,
        "colour": colour,
        "holder": capital(told.holder) + (f": {holder}" if holder else ""),
        "next": told.next_step,
        "by": in_words(told.by) if told.by else "No date is set",
    }


def _involved(child: Child, staff: Mapping[str, str], desk: Desk) -> Iterator[str]:
    """Everybody who has something open for this child, each once."""
    said = []
    for each in child.open:
        known = desk.book.destinations.get(each.destination)
        who = staff.get(each.assigned_to or "")
        said.append(capital(known.name if known else each.destination) + (f": {who}" if who else ""))
        said.append(_school(each.urn, desk))
    if any(each.looked_after for each in child.open):
        said.append("The Virtual School")
    yield from dict.fromkeys(said)


def _reviews(child: Child, desk: Desk) -> Iterator[str]:
    for each in child.referrals:
        if each.status == "concluded" and each.review_on:
            told = f": {HELPED_WORDS[each.helped]}" if each.helped else ""
            late = "" if told or each.review_on >= desk.today else ", which has passed"
            yield f"{each.reference}, {ASKS_WORDS[each.asks_for]}: {in_words(each.review_on)}{late}{told}"


def _schools(child: Child, desk: Desk) -> Iterator[str]:
    """The schools that it was at, the latest first, as far as referrals tell."""
    seen: list[str] = []
    for each in child.referrals:
        seen.append(
            f"{_school(each.urn, desk)}: now" if each is child.referrals[0] else _school(each.urn, desk)
        )
        seen += [f"{_school(was.urn, desk)}: until {in_words(was.until)}" for was in reversed(each.schools)]
    named = {line.split(":")[0] for line in seen if ":" in line}
    yield from dict.fromkeys(line for line in seen if ":" in line or line not in named)


def _contacts(newest: Referral, people: Mapping[str, PersonDetails]) -> Iterator[dict[str, Any]]:
    """The adults of the newest referral."""
    for id in newest.adults:
        if (details := people.get(id)) is None:
            continue
        facts = [
            ("Relation", RELATION_WORDS[details.who]),
            ("E-mail", details.email or "Not given"),
            ("Telephone", details.phone or "Not given"),
            ("May be told", "Yes" if id in newest.tell else "No: tell them nothing"),
        ]
        yield {"name": f"{details.given_name} {details.family_name}", "facts": facts}


def _records(child: Child, staff: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The other records that were merged with the one that is kept, each with what can be undone."""
    for id in child.ids[1:]:
        known, alias = child.records.get(id), child.aliases.get(id)
        details = known.details if known else None
        steps = alias.steps if alias else ()
        yield {
            "id": id,
            "into": alias.into if alias else None,
            "name": f"{details.given_name} {details.family_name}" if details else "Unknown",
            "upn": (details.upn if details else None) or "None",
            "steps": [
                f"{_ALIAS_WORDS[step.did].capitalize()} the other record by {staff.get(step.by, 'a colleague')} on "
                f"{in_words(london_date(step.at))}: {step.reason}"
                for step in steps
            ],
        }
