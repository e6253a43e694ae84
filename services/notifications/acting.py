"""What a person does about a message is done to all that was told in the same words."""

from dataclasses import replace
from typing import Any

from chassis.runner import Once
from chassis.service import Running
from services.notifications import storage
from services.notifications.domain.by_hand import Release, SettleByHand
from services.notifications.domain.sending_again import SendAgain

Act = Release | SettleByHand | SendAgain


async def done(running: Running, command: Act, once: Once | None = None) -> Any:
    """Does it to the message that carries the one it names, and to all that it carries. Raises Refused."""
    async with running.pool.acquire() as conn:
        id, carried = await storage.whole(conn, command.message_id)
    return await running.runner.command(replace(command, message_id=id, carried=carried), once=once)
