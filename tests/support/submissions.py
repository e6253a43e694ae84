"""Speaking on topics as an outsider does: a school system's signed and sealed form, or any record at all."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from aiokafka import AIOKafkaProducer

from chassis.sealing import sign_and_seal
from deploy.local.services import Town
from schemas.envelope import Envelope, Headers
from schemas.submissions_v1 import SUBMISSION_TYPE
from schemas.topics import REFERRAL_SUBMISSIONS
from tests.support.forms import Form

#: Topic without prefix, key, value, headers.
Written = tuple[str, bytes | None, bytes | None, Headers]


def a_submission(town: Town, source: str, submission_id: str, form: Form, key: str | None = None) -> Written:
    """The record of a form that the school system ``source`` (one of the town's senders) submits.

    Its key is the URN, unless another one is given.
    """
    key = key or str(form["urn"])
    value = sign_and_seal(
        json.dumps(form).encode(), town.senders[source], town.recipient, f"{source} {submission_id}"
    )
    envelope = Envelope(
        id=submission_id,
        type=SUBMISSION_TYPE,
        source=source,
        time=datetime.now(UTC),
        key=key,
        content_type="application/jose",
    )
    return REFERRAL_SUBMISSIONS.name, key.encode(), value, envelope.headers()


def write(town: Town, records: Sequence[Written], seconds: float = 30.0) -> None:
    """Writes these records, in order, and waits until the cluster has them.

    Raises KafkaError or TimeoutError if that took longer: then some of them may have been written.
    """
    asyncio.run(_write(town, records, seconds))


async def _write(town: Town, records: Sequence[Written], seconds: float) -> None:
    milliseconds = int(seconds * 1000)
    producer = AIOKafkaProducer(
        bootstrap_servers=town.stack.bootstrap, acks="all", request_timeout_ms=milliseconds
    )
    async with asyncio.timeout(2 * seconds):
        try:
            await producer.start()
            for topic, key, value, headers in records:
                await producer.send_and_wait(town.topic(topic), value=value, key=key, headers=headers)
        finally:
            await producer.stop()
