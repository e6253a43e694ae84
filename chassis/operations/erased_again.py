"""A database that was made anew, or restored from a backup, erases again whoever was erased since.

It goes first: what is read back after it is then passed over, wherever it stands.
"""

from chassis.erasing import ERASURES, alone
from chassis.erasure import ordered
from chassis.operations.restoring import in_turn, read_fact
from chassis.reading import TopicReader
from chassis.service import Running
from chassis.storage import Stored
from schemas.erasure_v1 import PersonErased
from schemas.topics import REFERRALS


async def erase_again(running: Running, reader: TopicReader) -> int:
    """Does every erasure that was ever published and is not known here; answers how many that were.

    Nothing is published: the service did so when it erased them first. One that it never answered it hears once more.
    """
    service, done = running.service, 0
    if REFERRALS not in (*service.hears, *service.says):
        return 0
    async for records in in_turn(reader, [REFERRALS]):
        facts = [read_fact(running, REFERRALS, dated) for dated in records]
        for fact in facts:
            if fact is not None and isinstance(fact.event, PersonErased):
                done += await _erased(running, fact.event)
    return done


async def _erased(running: Running, fact: PersonErased) -> int:
    async with running.pool.acquire() as conn, conn.transaction():
        await alone(conn)
        if await ERASURES.load(conn, [fact.erasure_id], lock=True):
            return 0
        erasure = ordered(fact)
        await ERASURES.insert(conn, [Stored(fact.erasure_id, 1, 0, erasure)])
        await running.eraser.erase(conn, fact.erasure_id, erasure, tell=False)
        return 1
