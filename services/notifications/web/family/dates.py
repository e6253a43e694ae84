"""The days to come as a file for a calendar (iCalendar, RFC 5545). Nothing of the child is in it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from fastapi import APIRouter, Request, Response
from icalendar import Calendar, Event

from chassis.storage import Connection
from services.notifications import storage
from services.notifications.domain.dates import Coming
from services.notifications.web.family.page import page_of
from services.notifications.web.family.proof import Proofs
from services.notifications.web.family.showing import PRIVATE, Showing

_NAMESPACE = UUID("1f3a9d52-7c44-4b0e-9a61-5d2e8f0b7c93")
OPEN_PATHS = ("/f/{code}/dates.ics",)


def add(routes: APIRouter, showing: Showing, proofs: Proofs) -> None:
    """Adds the file."""

    @routes.api_route("/f/{code}/dates.ics", methods=["GET", "HEAD"])
    async def dates(code: str, request: Request) -> Response:
        """The days to come that stand on the page: for whoever holds the link alone, none that tells a decision."""

        async def make(conn: Connection) -> Response:
            seen = await showing.visit(conn, code)
            proved = await proofs.holds(conn, request, seen)
            shown = await page_of(conn, seen, proved, showing.today)
            if request.method == "GET":
                await storage.record_view(conn, seen, "dates", proved)
            coming = [replace(each, words=showing.speech(seen).words(each.words)) for each in shown.dates]
            content = calendar(seen.story.referral_id, shown.reference, coming, showing.running.clock.now())
            headers = {**PRIVATE, "Content-Disposition": 'attachment; filename="dates.ics"'}
            return Response(content, 200, headers, "text/calendar; charset=utf-8")

        return await showing.answer(request, make)


def calendar(referral_id: str, reference: str, coming: Sequence[Coming], stamp: datetime) -> bytes:
    """The file. A day keeps its identity when it is moved, so that it moves in the family's calendar as well."""
    made = Calendar()
    made.add("prodid", "-//Fingerpost//Families//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    for each in coming:
        event = Event()
        event.add("uid", f"{uuid5(_NAMESPACE, f'{referral_id} {each.field}')}@fingerpost")
        event.add("dtstamp", stamp.astimezone(UTC))
        event.add("dtstart", each.on)
        event.add("dtend", each.on + timedelta(days=1))
        event.add("summary", f"{each.words}: {reference}")
        event.add("transp", "TRANSPARENT")
        made.add_component(event)
    text: bytes = made.to_ical()
    return text
