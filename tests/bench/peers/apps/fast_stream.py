"""FastStream as its first page shows it: a record at a time, published after the commit.

`python -m tests.bench.peers.apps.fast_stream prepare|web|panels|notifications`
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import uvicorn
from fastapi import FastAPI
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker

from tests.bench.peers.apps import common

RECEIVED, DECIDED = f"{common.PREFIX}received.v1", f"{common.PREFIX}decided.v1"
#: In the safest setting each worker is a consumer of its group, so more than a topic's partitions would idle.
PARTITIONS = 12

safely = {"acks": "all", "enable_idempotence": True} if common.SAFE else {}
broker = KafkaBroker(common.KAFKA, **safely)
provider = common.Provider()
pool: asyncpg.Pool


@asynccontextmanager
async def connected(*_: Any) -> AsyncIterator[None]:
    global pool
    async with asyncpg.create_pool(common.DSN, min_size=4, max_size=20) as pool:
        yield


# -- referrals -------------------------------------------------------------------------------------------


@asynccontextmanager
async def publishing(_: FastAPI) -> AsyncIterator[None]:
    async with connected():
        await broker.start()
        yield


web = FastAPI(lifespan=publishing)


@web.post("/api/referrals", status_code=202)
async def submit(form: dict[str, Any]) -> dict[str, str]:
    id = str(uuid4())
    text = json.dumps(form)
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("INSERT INTO referral VALUES ($1, $2)", id, text)
        await conn.execute(
            "INSERT INTO event (kind, referral_id, payload) VALUES ('received', $1, $2)", id, text
        )
    await broker.publish({"id": id, "form": form}, RECEIVED, key=id.encode())
    return {"reference": id}


# -- panels ----------------------------------------------------------------------------------------------


async def decide(body: dict[str, Any]) -> dict[str, Any]:
    id, said = body["id"], common.decision(body["form"])
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("INSERT INTO panel_case VALUES ($1, $2) ON CONFLICT DO NOTHING", id, said)
        await conn.execute(
            "INSERT INTO event (kind, referral_id, payload) VALUES ('decided', $1, $2)", id, said
        )
    return {"id": id}


# -- notifications ---------------------------------------------------------------------------------------


async def tell(body: dict[str, Any]) -> None:
    id = body["id"]
    await pool.execute("INSERT INTO message VALUES ($1, 'pending') ON CONFLICT DO NOTHING", id)
    if await pool.fetchval("SELECT state FROM message WHERE id = $1", id) == "sent":
        return
    await provider.send(id)
    await pool.execute("UPDATE message SET state = 'sent', sent_at = clock_timestamp() WHERE id = $1", id)


def subscriber(topic: str, group: str, workers: int) -> Any:
    if not common.SAFE:
        return broker.subscriber(topic, group_id=common.PREFIX + group, max_workers=workers)
    return broker.subscriber(
        topic,
        group_id=common.PREFIX + group,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.NACK_ON_ERROR,
        max_workers=PARTITIONS,
    )


async def prepare() -> None:
    conn = await asyncpg.connect(common.DSN)
    await conn.execute(common.SCHEMA)
    await conn.close()


def main(role: str) -> None:
    if role == "prepare":
        asyncio.run(prepare())
        return
    if role == "web":
        uvicorn.run(web, host="127.0.0.1", port=common.PORT, access_log=False, log_level="warning")
        return
    if role == "panels":
        subscriber(RECEIVED, "panels", workers=1)(broker.publisher(DECIDED)(decide))
    else:
        subscriber(DECIDED, "notifications", workers=common.AT_ONCE)(tell)
    asyncio.run(FastStream(broker, lifespan=connected, after_startup=[say_ready]).run(log_level=30))


async def say_ready() -> None:
    print("ready", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
