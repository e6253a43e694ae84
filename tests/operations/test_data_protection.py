"""Every table and every topic stands in docs/data-protection.md: whoever adds one says what it holds and how long."""

import re
from collections.abc import Iterator
from pathlib import Path

from schemas.topics import ALL

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "data-protection.md").read_text(encoding="utf-8")
_MADE = re.compile(r"^CREATE TABLE (?:IF NOT EXISTS )?(\w+)", re.MULTILINE)
_FOLDERS = (
    "chassis/migrations",
    *(f"services/{name}/migrations" for name in ("referrals", "panels", "notifications")),
)
_HEADINGS = ("### In every service", "### referrals", "### panels", "### notifications")


def made(folder: str) -> Iterator[str]:
    """The tables that the migrations of a folder make."""
    for path in sorted((ROOT / folder).glob("*.sql")):
        up = path.read_text(encoding="utf-8").partition("-- migrate:down")[0]
        yield from _MADE.findall(up)


def section(heading: str) -> str:
    """The part of the page under a heading."""
    return re.split(r"^#", PAGE.partition(f"{heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def test_every_table_is_said_to_hold_something_for_some_time() -> None:
    missing = {
        f"{table} ({folder})"
        for folder, heading in zip(_FOLDERS, _HEADINGS, strict=True)
        for table in made(folder)
        if f"`{table}`" not in section(heading)
    }
    assert missing == set(), "say in docs/data-protection.md what these hold, and in holdings.py whose it is"


def test_every_topic_is_said_to_hold_something_for_some_time() -> None:
    travels = section("## What travels")
    assert [topic.name for topic in ALL if f"`{topic.name}`" not in travels] == []


def test_the_migrations_are_really_read() -> None:
    assert {"outbox", "dead_letter", "access_log"} <= set(made("chassis/migrations"))
    assert len(section("### referrals")) > 500
