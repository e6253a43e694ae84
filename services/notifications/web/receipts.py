"""Receipts: what GOV.UK Notify calls to say what became of a message."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from chassis.service import Running
from chassis.web.auth import Caller, require
from schemas.notifications_v1 import Way
from services.notifications import storage
from services.notifications.asking import receipt
from services.notifications.channels import Told
from services.notifications.domain.receipts import REPORTS

Provider = Annotated[Caller, Depends(require("notifications:receipts"))]
_WAYS: dict[str, Way] = {"email": "email", "sms": "text", "letter": "letter"}


class NotifyReceipt(BaseModel):
    """As Notify writes it. The recipient's address stands in it too, and is not looked at."""

    model_config = ConfigDict(extra="ignore")

    id: str = Field(max_length=64)
    reference: str | None = Field(None, max_length=1000)
    status: str = Field(max_length=64)
    notification_type: Literal["email", "sms", "letter"]


def api(running: Running) -> APIRouter:
    """The calls for providers."""
    routes = APIRouter()

    @routes.post("/api/receipts/notify", status_code=204)
    async def notify(body: NotifyReceipt, _: Provider) -> Response:
        """What became of one message. Said twice it counts once; of what is not ours nothing is kept."""
        settings: Any = running.settings
        async with running.pool.acquire() as conn:
            found = await storage.with_clock(conn, body.reference or "")
        if found is not None:
            message, at = found
            told = Told(body.id, REPORTS.get(body.status, "accepted"), body.status)
            way = _WAYS[body.notification_type]
            await running.runner.command(
                receipt(message, told, way, at, tuple(settings.ways), settings.ask_after)
            )
        return Response(status_code=204)

    return routes
