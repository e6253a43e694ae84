"""``notify check``: whether the council's account at GOV.UK Notify has the templates that messages pass through."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from typing import Any

import typer
from notifications_python_client.errors import APIError

from chassis.settings import load
from schemas.notifications_v1 import Way
from services.notifications.notify import KINDS, PLACEHOLDERS, NotifyChannel
from services.notifications.settings import Settings

# ((name)), or ((name??shown only if yes)).
_PLACEHOLDER = re.compile(r"\(\(([^()?]+)(?:\?\?[^()]*)?\)\)")


def check() -> None:
    """Says whether each way's template is there and holds the right placeholders. Raises typer.Exit where not."""
    settings = load(Settings)
    if "notify" not in settings.ways.values():
        typer.echo("Nothing goes by Notify: see NOTIFICATIONS_EMAIL_BY, _TEXT_BY and _LETTER_BY.")
        return
    try:
        found = asyncio.run(_templates(settings))
    except APIError as error:
        typer.echo(
            f"Notify answers {error.status_code}: look at NOTIFICATIONS_NOTIFY_KEY and _URL.", err=True
        )
        raise typer.Exit(2) from None
    troubles = list(faults(settings, found))
    for trouble in troubles:
        typer.echo(trouble, err=True)
    if troubles:
        raise typer.Exit(1)
    typer.echo("The account has what messages pass through.")


async def _templates(settings: Settings) -> dict[str, dict[str, Any]]:
    channel = NotifyChannel(settings)
    try:
        return await channel.templates()
    finally:
        await channel.close()


def faults(settings: Settings, found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A sentence for each way whose template, among those ``found`` by id, would not do."""
    for way, by in settings.ways.items():
        if by == "notify":
            yield from _of(way, found.get(settings.notify_template(way) or ""))


def _of(way: Way, template: Mapping[str, Any] | None) -> Iterator[str]:
    setting = f"NOTIFICATIONS_NOTIFY_{way.upper()}_TEMPLATE"
    if template is None:
        yield f"{setting}: the account has no template of this id. Make one, or write another id."
        return
    if template["type"] != KINDS[way]:
        yield f"{setting}: that template is for {template['type']}, and {KINDS[way]} is needed."
        return
    held = _PLACEHOLDER.findall(f"{template.get('subject') or ''} {template['body']}")
    wanted = PLACEHOLDERS[way]
    if missing := sorted(wanted - set(held)):
        yield f"{setting}: write {_named(missing)} into the template: else those words reach nobody."
    if strange := sorted(set(held) - wanted):
        yield f"{setting}: take {_named(strange)} out of the template: nothing is sent for it, and Notify refuses."


def _named(names: list[str]) -> str:
    return " and ".join(f"(({name}))" for name in names)
