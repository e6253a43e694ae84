"""procrastinate: jobs in PostgreSQL, deferred in the transaction that writes the rows.

`python -m tests.bench.peers.apps.procrastinate_app prepare|web|panels|notifications`
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import uvicorn
from fastapi import FastAPI
from procrastinate import App, JobContext, PsycopgConnector
from psycopg import AsyncConnection
from psycopg.types.json import Json
from psycopg_pool import AsyncConnectionPool

from tests.bench.peers.apps import common

app = App(connector=PsycopgConnector(conninfo=common.DSN, min_size=4, max_size=20))
pool: AsyncConnectionPool[Any] = AsyncConnectionPool(common.DSN, open=False, min_size=4, max_size=20)
provider = common.Provider()

EVENT = "INSERT INTO event (kind, referral_id, payload) VALUES (%s, %s, %s)"
SENT = "UPDATE message SET state = 'sent', sent_at = clock_timestamp() WHERE id = %s"


@asynccontextmanager
async def opened(*_: Any) -> AsyncIterator[None]:
    async with pool, app.open_async():
        yield


web = FastAPI(lifespan=opened)


@web.post("/api/referrals", status_code=202)
async def submit(form: dict[str, Any]) -> dict[str, str]:
    id = str(uuid4())
    async with pool.connection() as conn, conn.transaction():
        await conn.execute("INSERT INTO referral VALUES (%s, %s)", (id, Json(form)))
        await conn.execute(EVENT, ("received", id, Json(form)))
        await decide.configure(connection=conn).defer_async(id=id, form=form)
    return {"reference": id}


@app.task(queue="panels")
async def decide(id: str, form: dict[str, Any]) -> None:
    said = common.decision(form)
    async with pool.connection() as conn, conn.transaction():
        new = await conn.execute(
            "INSERT INTO panel_case VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING id", (id, said)
        )
        if await new.fetchone():
            await conn.execute(EVENT, ("decided", id, said))
            await conn.execute("INSERT INTO message VALUES (%s, 'pending')", (id,))
            await tell.configure(connection=conn).defer_async(id=id)


@app.task(queue="notifications")
async def tell(id: str) -> None:
    async with pool.connection() as conn:
        if await state(conn, id) == "sent":
            return
    await provider.send(id)
    async with pool.connection() as conn:
        await conn.execute(SENT, (id,))


async def state(conn: AsyncConnection[Any], id: str) -> str | None:
    found = await (await conn.execute("SELECT state FROM message WHERE id = %s", (id,))).fetchone()
    return found[0] if found else None


# As "Retry stalled jobs" shows it; every ten seconds, where that page has every ten minutes.
@app.periodic(cron="* * * * * */10")
@app.task(queueing_lock="retry_stalled_jobs", pass_context=True)
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.retry_job(job)


async def prepare() -> None:
    async with await AsyncConnection.connect(common.DSN) as conn:
        await conn.execute(common.SCHEMA)
    async with app.open_async():
        await app.schema_manager.apply_schema_async()


async def work(queue: str) -> None:
    async with opened():
        print("ready", flush=True)
        await app.run_worker_async(queues=[queue, "default"], name=queue, concurrency=common.AT_ONCE)


def main(role: str) -> None:
    if role == "prepare":
        asyncio.run(prepare())
    elif role == "web":
        uvicorn.run(web, host="127.0.0.1", port=common.PORT, access_log=False, log_level="warning")
    else:
        asyncio.run(work(role))


if __name__ == "__main__":
    main(sys.argv[1])
