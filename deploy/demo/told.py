"""What families were told, by which way, and what waits for a person: counted by those who carried it."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from rich.console import Group

from deploy.demo.ledger import Told
from deploy.demo.outcome import Outcome
from deploy.demo.tables import new_table
from schemas.told import MESSAGES

_WHY = {
    "nobody-may-be-told": "since nobody's permission to be told is recorded",
    "no-contact": "since no way leads to the person",
    "permanent-failure": "since the number is wrong and there is no other way",
}


def as_figures(outcome: Outcome) -> dict[str, Any]:
    """The same for programs. Only what is held, and why, is known to the database alone."""
    by_mail, by_text = outcome.told_by_mail, outcome.told_by_text
    return {
        "messages": {
            fact: {"told": told, "otherwise": otherwise, "held": held}
            for fact, told, otherwise, held in _messages(outcome)
        },
        "told": (by_mail + by_text).total(),
        "told_by_mail": by_mail.total(),
        "told_by_text": by_text.total(),
        "told_otherwise": outcome.told_otherwise.total(),
        "texts_came_back": sum(not text.arrived for text in outcome.texts),
        "receipts": dict(outcome.receipts),
        "held": outcome.books.held.total(),
        "held_because": dict(outcome.books.why.most_common()),
    }


def table(outcome: Outcome) -> Group:
    """What families were told, how often by another way than the first, and what waits for a person and why."""
    known = as_figures(outcome)
    table = new_table(
        "Messages to families", "what they say", "told once", "of them by fallback", "held for a person"
    )
    for fact, told, otherwise, held in _messages(outcome):
        table.add_row(MESSAGES.get(fact, fact), f"{told:,}", str(otherwise or "·"), str(held or "·"))
    table.add_section()
    table.add_row("all", f"{known['told']:,}", str(known["told_otherwise"]), str(known["held"]))
    why = ", ".join(f"{count} {_WHY.get(why, why)}" for why, count in known["held_because"].items())
    how = ", ".join(f"{count} {when}" for when, count in known["receipts"].items())
    return Group(
        table,
        f"{known['told_by_mail']:,} by e-mail and {known['told_by_text']} by text or letter, counted by the mail "
        f"server and by GOV.UK Notify's stand-in. What became of a text it said {how}; {known['texts_came_back']} "
        "came back.",
        f"Held: {why or 'none'}.",
    )


def _messages(outcome: Outcome) -> Iterator[tuple[str, int, int, int]]:
    """By fact: how often it was told, how often of these by another way, and how often it waits for a person."""
    told, otherwise = outcome.told_by_mail + outcome.told_by_text, outcome.told_otherwise
    counted = [_by_fact(each) for each in (told, otherwise, outcome.books.held)]
    known = [fact for each in counted for fact in each]
    for fact in [*MESSAGES, *sorted(set(known) - set(MESSAGES))]:
        if fact in known:
            yield fact, counted[0][fact], counted[1][fact], counted[2][fact]


def _by_fact(messages: Counter[Told]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for (_, fact, _), count in messages.items():
        counted[fact] += count
    return counted
