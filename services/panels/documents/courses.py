"""The courses of cases, for figures: codes and days from the database, without reading whole cases."""

import json
from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from chassis.calendar import london_date
from chassis.storage import Connection
from services.panels.reporting.course import Course, Period
from services.panels.reporting.helped import Review

# The state is read once a row. A case touches a period that came before its end and did not end before it began.
_TOUCHING = """
SELECT c.panel, s.* FROM placement_case c, json_to_record(c.state) AS s(
    area text, phase text, need text, provision text, urgent boolean, opened_at timestamptz, complete_at timestamptz,
    due_on date, recommendation json, decision json, withdrawal json, deferrals json,
    corrections json)
WHERE s.opened_at < $2::date + 1 AND ($3::text[] IS NULL OR c.panel = ANY ($3))
  AND COALESCE(s.decision ->> 'decided_at', s.withdrawal ->> 'at', 'z') >= $1::date::text
"""
# A review that was held, or whose day has come while nobody noted one.
_REVIEWED = """
SELECT s.area, s.need, r.on AS on_day, r.helped FROM placement p,
    json_to_record(p.state) AS s(area text, need text, reviews json, review_on date, ended json),
    LATERAL (
        SELECT (each ->> 'on')::date AS on, each ->> 'helped' AS helped FROM json_array_elements(s.reviews) AS each
        UNION ALL
        SELECT s.review_on, NULL WHERE coalesce(json_array_length(s.reviews), 0) = 0
            AND coalesce((s.ended ->> 'ended_on')::date >= s.review_on, true)
    ) r
WHERE p.short AND r.on BETWEEN $1 AND $2 AND ($3::text[] IS NULL OR p.panel = ANY ($3))
"""
_AT_ONCE = 1000


async def courses(conn: Connection, period: Period, panels: Collection[str] | None = None) -> list[Course]:
    """Of these panels, or of all, the courses of the cases that touch a period; read in a transaction."""
    asked = (period.first, period.last, list(panels) if panels is not None else None)
    return [_course(row) async for row in conn.cursor(_TOUCHING, *asked, prefetch=_AT_ONCE)]


async def reviews(conn: Connection, period: Period, panels: Collection[str] | None = None) -> list[Review]:
    """The reviews of short placements in a period; of these panels and Centres, or of all."""
    rows = await conn.fetch(
        _REVIEWED, period.first, period.last, list(panels) if panels is not None else None
    )
    return [Review(row["area"], row["need"], row["on_day"], row["helped"]) for row in rows]


def _course(row: Any) -> Course:
    heard, decided, withdrawn = (
        json.loads(row[name] or "null") or {} for name in ("recommendation", "decision", "withdrawal")
    )
    settled = _as_corrected(decided, json.loads(row["corrections"] or "null") or [])
    return Course(
        panel=row["panel"],
        area=row["area"],
        phase=row["phase"],
        need=row["need"],
        asked=row["provision"],
        urgent=bool(row["urgent"]),
        opened_on=london_date(row["opened_at"]),
        complete_on=london_date(row["complete_at"]) if row["complete_at"] else None,
        due_on=row["due_on"],
        heard_on=_day(heard.get("heard_at")) if heard.get("sitting_id") else None,
        decided_on=_day(decided.get("decided_at")),
        outcome=settled.get("outcome"),
        provision=settled.get("provision"),
        withdrawn_on=_day(withdrawn.get("at")),
        deferred_on=tuple(_days(row["deferrals"])),
    )


def _as_corrected(decided: dict[str, Any], corrections: list[dict[str, Any]]) -> dict[str, Any]:
    """What was decided, as it was put right last."""
    mended = [each["after"] for each in corrections if each["of"] == "decision"]
    return mended[-1] if decided and mended else decided


def _days(deferrals: str | None) -> list[date]:
    days = (_day(each["deferred_at"]) for each in json.loads(deferrals or "null") or [])
    return [day for day in days if day is not None]


def _day(moment: str | None) -> date | None:
    return london_date(datetime.fromisoformat(moment)) if moment else None
