"""DBOS: one durable workflow a referral, its steps recorded in PostgreSQL with the rows that they write.

`python -m tests.bench.peers.apps.dbos_app prepare|web|panels|notifications`; the last two are two equal workers.
"""

import json
import sys
import threading
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
import uvicorn
from dbos import DBOS, DBOSClient, SQLAlchemyDatasource
from fastapi import FastAPI

from tests.bench.peers.apps import common

URL = common.DSN.replace("postgresql://", "postgresql+psycopg://")
QUEUE = "referrals"
#: Threads of a worker, and workflows that it has in hand.
IN_HAND = common.AT_ONCE // 2

INSERT_REFERRAL = sa.text("INSERT INTO referral VALUES (:id, :form)")
INSERT_EVENT = sa.text("INSERT INTO event (kind, referral_id, payload) VALUES (:kind, :id, :payload)")
INSERT_CASE = sa.text("INSERT INTO panel_case VALUES (:id, :said)")
INSERT_MESSAGE = sa.text("INSERT INTO message VALUES (:id, 'pending')")
SETTLE = sa.text("UPDATE message SET state = 'sent', sent_at = clock_timestamp() WHERE id = :id")


def serve() -> None:
    """The web process: the rows and the enqueued workflow are one transaction."""
    web = FastAPI()
    engine = sa.create_engine(URL, pool_size=20)
    client = DBOSClient(system_database_url=URL)

    @web.post("/api/referrals", status_code=202)
    def submit(form: dict[str, Any]) -> dict[str, str]:
        id, text = str(uuid4()), json.dumps(form)
        options: Any = {"workflow_name": "referral", "queue_name": QUEUE, "workflow_id": id}
        with engine.begin() as conn:
            conn.execute(INSERT_REFERRAL, {"id": id, "form": text})
            conn.execute(INSERT_EVENT, {"kind": "received", "id": id, "payload": text})
            client.enqueue_in_transaction(conn, options, id, form)
        return {"reference": id}

    uvicorn.run(web, host="127.0.0.1", port=common.PORT, access_log=False, log_level="warning")


def launched(executor: str) -> None:
    """A worker. Its executor's id is kept over restarts, so that it takes up its own workflows again."""
    DBOS(
        config={
            "name": "peers",
            "system_database_url": URL,
            "sys_db_pool_size": 20,
            "max_executor_threads": IN_HAND + 20,
            "executor_id": executor,
            "application_version": "1",
            "log_level": "WARNING",
        }
    )
    database = SQLAlchemyDatasource.create(URL, engine_kwargs={"pool_size": 20})

    @database.transaction()
    def decide(id: str, form: dict[str, Any]) -> None:
        said = common.decision(form)
        database.sql_session().execute(INSERT_CASE, {"id": id, "said": said})
        database.sql_session().execute(INSERT_EVENT, {"kind": "decided", "id": id, "payload": said})
        database.sql_session().execute(INSERT_MESSAGE, {"id": id})

    @DBOS.step()
    def tell(id: str) -> None:
        common.send(id)

    @database.transaction()
    def settle(id: str) -> None:
        database.sql_session().execute(SETTLE, {"id": id})

    @DBOS.workflow(name="referral")
    def referral(id: str, form: dict[str, Any]) -> None:
        decide(id, form)
        tell(id)
        settle(id)

    DBOS.launch()
    DBOS.register_queue(QUEUE, worker_concurrency=IN_HAND, polling_interval_sec=0.1)


def main(role: str) -> None:
    if role == "web":
        serve()
        return
    if role == "prepare":
        with sa.create_engine(URL).begin() as conn:
            conn.execute(sa.text(common.SCHEMA))
    launched(role)
    print("ready", flush=True)
    if role == "prepare":
        DBOS.destroy()
    else:
        threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1])
