"""What the HTTP side shows, as plain data."""

from datetime import date
from typing import Any

from pydantic import BaseModel

from chassis.calendar import london_date
from chassis.english import capital
from services.referrals.domain.book import Book
from services.referrals.domain.referral import CLOCK, PANEL, RULES, Left, Papers, Referral, Step
from services.referrals.domain.story import Story, story
from services.referrals.domain.work.saying import what_happened
from services.referrals.storage import Queue


def brief(referral: Referral, book: Book, today: date) -> dict[str, Any]:
    """A referral as one line of a list: ids, codes, dates and its story."""
    return {
        "reference": referral.reference,
        "referral_id": referral.id,
        "status": referral.status,
        "urn": referral.urn,
        "school": _school(referral, book),
        "area": referral.area,
        "asks_for": referral.asks_for,
        "primary_need": referral.primary_need,
        "destination": referral.destination,
        "received_at": referral.received_at.isoformat(),
        "answer_by": referral.answer_by.isoformat(),
        "version": referral.version,
        "assigned_to": referral.assigned_to,
        "school_answers_by": _day(referral.school_answers_by),
        "school_overdue": referral.school_overdue,
        "withdrawal_asked": referral.withdrawal is not None and referral.withdrawal.declined is None,
        "story": _story(story(referral, book.destinations, today)),
    }


def as_it_was(before: Left, book: Book) -> dict[str, Any]:
    """What a school goes on seeing of the referral of a child who has left it: no file, and nothing that came after."""
    then = london_date(before.at)
    shown = full(before.referral, before.words, book, then)
    evidence = [{**each, "id": None} for each in shown["evidence"]]
    return {**shown, "evidence": evidence, "left_on": then.isoformat()}


def full(referral: Referral, papers: Papers | None, book: Book, today: date) -> dict[str, Any]:
    """Everything that the school is shown of its referral."""
    return {
        **brief(referral, book, today),
        "left_on": None,
        "destination": _destination(referral, book),
        "officer": book.register.areas[referral.area].officer,
        "reason": referral.reason,
        "grounds": referral.grounds,
        "advice": papers and papers.papers.advice,
        "told": [each.model_dump(mode="json") for each in referral.told],
        **_work(referral, papers),
        "history": [_step(each, papers) for each in referral.history],
    }


def _work(referral: Referral, papers: Papers | None) -> dict[str, Any]:
    """What was arranged and agreed, the team's clock, and the referrals before and after."""
    clock = referral.clock
    return {
        "next_step_by": _day(referral.next_step_by),
        "clock": {
            "promise": referral.promise.isoformat(),
            "stopped_on": _day(clock.stopped_on),
            "stopped_working_days": clock.stopped_days,
        },
        "visits": [each.model_dump(mode="json") for each in referral.visits],
        "actions": [each.model_dump(mode="json") for each in papers.papers.actions] if papers else [],
        "review_on": _day(referral.review_on),
        "review_due": referral.review_due,
        "withdrawal": referral.withdrawal and referral.withdrawal.model_dump(mode="json"),
        "helped": referral.helped,
        "follows": referral.follows,
        "next_reference": referral.next_reference,
        "evidence": [
            each.model_dump(mode="json", include={"id", "kind", "title", "dated", "state", "lost"})
            for each in papers.papers.evidence
        ]
        if papers
        else [],
    }


def _step(step: Step, papers: Papers | None) -> dict[str, Any]:
    """One entry of the history, with what was written at it."""
    said = papers.papers.said if papers and step.by not in (CLOCK, PANEL, RULES) else ()
    words = [{"about": each.about, "words": each.words} for each in said if each.version == step.version]
    return {**step.model_dump(mode="json"), "sentence": capital(what_happened(step)) + ".", "said": words}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _story(told: Story) -> dict[str, Any]:
    return {
        "happened": told.happened,
        "holder": told.holder,
        "next_step": told.next_step,
        "by": told.by and told.by.isoformat(),
    }


def _school(referral: Referral, book: Book) -> str | None:
    setting = book.register.find(referral.urn)
    return setting.name if setting else None


def _destination(referral: Referral, book: Book) -> dict[str, Any]:
    known = book.destinations.get(referral.destination)
    shown = ("name", "does", "advice_line", "opening_hours", "expected_wait_days", "meanwhile")
    return {
        "code": referral.destination,
        "kind": referral.destination_kind,
        **{name: getattr(known, name, None) for name in shown},
    }


def queue(found: Queue, book: Book) -> dict[str, Any]:
    """One destination's queue."""
    known = book.destinations.get(found.destination)
    return {
        "destination": found.destination,
        "name": known and known.name,
        "kind": known and known.kind,
        "waiting": found.waiting,
        "under_way": found.under_way,
        "ended": found.ended,
        "overdue": found.overdue,
        "oldest": found.oldest and found.oldest.isoformat(),
    }


def inlined(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a model without references, as it can stand anywhere in an OpenAPI document."""
    schema = model.model_json_schema()
    parts = schema.pop("$defs", {})

    def put(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return put(parts[node["$ref"].rsplit("/", 1)[-1]])
            return {name: put(value) for name, value in node.items()}
        return [put(value) for value in node] if isinstance(node, list) else node

    result: dict[str, Any] = put(schema)
    return result
