"""What families read, all of it in one list, tried with sample values, and whether it is plain."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import typer

from schemas.envelope import REGISTRY, Event
from services.notifications import languages, notes, samples
from services.notifications.domain.fact import Fact, is_date
from services.notifications.domain.plain_words import Finding, findings
from services.notifications.domain.sentences import HAPPENED, STANDING
from services.notifications.templates import Templates, Words

_HERE = Path(__file__).parent
_TEAM = "the panel"
_PLACES = re.compile(r"{\w+}")
_STATEMENTS = re.compile(r"{%.*?%}|{#.*?#}", re.DOTALL)
_TAGS = re.compile(r"<(?!/?(?:a|b|strong|em|bdi|time)\b)[^>]*>")


@dataclass(frozen=True, slots=True)
class Style:
    """The plain word for each piece of jargon, and the sentences that stay although a rule would find them."""

    jargon: dict[str, str]
    stays: dict[str, str]


@cache
def style() -> Style:
    """What ``plain_words.toml`` says. Raises ValueError for a sentence that stays without a reason."""
    known = tomllib.loads((_HERE / "plain_words.toml").read_text(encoding="utf-8"))
    stays = {one["sentence"]: str(one.get("reason", "")).strip() for one in known.get("stays", [])}
    for sentence, reason in stays.items():
        if not reason:
            raise ValueError(f"plain_words.toml: say why this sentence stays: {sentence}")
    return Style(known["jargon"], stays)


def of_template(words: Words, templates: Templates) -> Iterator[tuple[str, str]]:
    """Place and text of everything that a template says, with sample values."""
    code, language = words.telling.code, words.language
    given = samples.fields(words.head.event, language)
    subject, body = templates.write(code, language, given)
    yield f"{code}.{language}.md, subject", subject
    yield f"{code}.{language}.md", body.replace(samples.LINK, "")
    if words.line is not None:
        yield f"{code}.{language}.md, line", words.line.render(given)
    if words.text is not None:
        yield f"{code}.{language}.txt", words.text.render(given).replace(samples.LINK, "")


def of_sentences() -> Iterator[tuple[str, str]]:
    """Place and text of every sentence of the family's page, for every code that it is said of."""
    for kind, happened in HAPPENED.items():
        for fact in _facts(REGISTRY[kind]):
            yield f"page: {kind}", str(happened(fact, _TEAM))
            if kind in STANDING:
                standing = STANDING[kind](fact, _TEAM)
                yield f"page: {kind}, then", f"{standing.holder}\n\n{standing.next}"


def of_notes() -> Iterator[tuple[str, str]]:
    """Place and text of what goes to a family without following a fact."""
    for note in notes.SAMPLES:
        yield from of_note(note)


def of_note(note: str) -> Iterator[tuple[str, str]]:
    """Place and text of one of them."""
    sample = notes.SAMPLES[note]
    said = notes.write(note, sample)
    words = "\n\n".join(filter(None, (said.subject, said.body, said.text)))
    yield f"notes/{note}", words.replace(sample.get("link", "://"), "")


def of_pages() -> Iterator[tuple[str, str]]:
    """Place and text of what stands in the family's pages themselves, and of what they are translated by."""
    for path in sorted((_HERE / "pages").glob("family/*.html")):
        source = path.read_text(encoding="utf-8")
        yield f"pages/{path.name}", _PLACES.sub("X", "\n\n".join(in_templates(source)))
        text = _STATEMENTS.sub("\n\n", source)
        yield (
            f"pages/{path.name}",
            re.sub(r"{{.*?}}|</?\w[^>]*>", "X", _TAGS.sub("\n\n", text)).replace("X", ""),
        )


def in_templates(source: str) -> list[str]:
    """The words that a template asks the reader's language for: ``t("…")``."""
    return re.findall(r'\bt\("([^"]+)"', source)


def everything(templates: Templates) -> Iterator[tuple[str, str]]:
    """Place and text of all that families read in English."""
    for words in templates.all:
        if words.language == languages.ENGLISH:
            yield from of_template(words, templates)
    yield from of_sentences()
    yield from of_pages()
    yield from of_notes()


def looked_through(texts: Iterator[tuple[str, str]]) -> list[Finding]:
    """What is not plain about these texts, each sentence once."""
    known = style()
    found = {
        (one.sentence, one.advice): one
        for place, text in texts
        for one in findings(place, text, known.jargon, frozenset(known.stays))
    }
    return list(found.values())


def check() -> None:
    """Check that everything families read is plain English."""
    found = looked_through(everything(Templates()))
    for one in found:
        typer.echo(f"{one.place}: {one.sentence}\n    {one.advice}")
    if found:
        typer.echo(
            "Change the sentences, or name one with a reason in services/notifications/plain_words.toml."
        )
        raise typer.Exit(1)
    typer.echo("What families read is plain.")


def _facts(event: type[Event]) -> list[Fact]:
    """A fact without codes, and one for each value of each field that holds a code, with every date given."""
    dates = {name: str(samples.DAY) for name in event.model_fields if is_date(name)}
    dates = {name: f"{day}T12:00:00Z" if name.endswith("_at") else day for name, day in dates.items()}
    given: list[dict[str, Any]] = [{}, dates]
    for name, field in event.model_fields.items():
        given += [
            dates | {name: [value]} for value in _values(field.annotation) if _is_list(field.annotation)
        ]
        given += [
            dates | {name: value} for value in _values(field.annotation) if not _is_list(field.annotation)
        ]
    return [Fact(type=event.type, at=samples.NOW, stream="s", business_id="s:1", data=data) for data in given]


def _values(kind: Any) -> tuple[Any, ...]:
    if get_origin(kind) is Literal:
        return get_args(kind)
    if kind is bool:
        return (True, False)
    return tuple(value for inner in get_args(kind) for value in _values(inner))


def _is_list(kind: Any) -> bool:
    inner = [one for one in get_args(kind) if one is not type(None)] if _is_union(kind) else [kind]
    return any(get_origin(one) in (tuple, list) for one in inner)


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, UnionType)
