"""What the HTTP side takes and shows, as plain data."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from schemas.submissions_v1 import Text
from services.referrals.domain.commands import Conclusion, ReturnReason, WithdrawalReason
from services.referrals.domain.intake import Book
from services.referrals.domain.referral import Papers, Referral
from services.referrals.domain.story import Story, story
from services.referrals.storage import Queue


def _text_only(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("write a day as year-month-day")
    return value


Day = Annotated[date, BeforeValidator(_text_only)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Accept(_Body):
    """The team takes a referral on."""

    next_step_by: Day | None = None


class GiveBack(_Body):
    """The team gives a referral back; the words are shown to the school."""

    reason: ReturnReason
    advice: Text


class Conclude(_Body):
    """The team has finished."""

    outcome: Conclusion
    review_on: Day
    advice: Text | None = None


class Withdraw(_Body):
    """The school takes a referral back."""

    reason: WithdrawalReason


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
        "withdrawal_asked": referral.withdrawal is not None,
        "story": _story(story(referral, book.destinations, today)),
    }


def full(referral: Referral, papers: Papers | None, book: Book, today: date) -> dict[str, Any]:
    """Everything that the school is shown of its referral."""
    return {
        **brief(referral, book, today),
        "destination": _destination(referral, book),
        "officer": book.register.areas[referral.area].officer,
        "reason": referral.reason,
        "advice": papers and papers.papers.advice,
        "told": [each.model_dump(mode="json") for each in referral.told],
    }


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
