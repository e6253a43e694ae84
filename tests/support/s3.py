"""A server of S3 on this machine: moto's, which keeps everything in memory and asks nobody for a right signature."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

BUCKET = "evidence"


@contextmanager
def s3_server() -> Iterator[dict[str, str]]:
    """It runs, with a bucket, until the block ends; answers the variables with which a service finds it."""
    from moto.server import ThreadedMotoServer  # here, since it takes its time

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    try:
        assert httpx2.put(f"{address}/{BUCKET}", timeout=60).status_code == 200
        yield {
            "AWS_ENDPOINT": address,
            "AWS_REGION": "eu-west-2",
            "AWS_ACCESS_KEY_ID": "a-test",
            "AWS_SECRET_ACCESS_KEY": "a-test",
            "AWS_ALLOW_HTTP": "true",
        }
    finally:
        server.stop()


def unfinished(variables: dict[str, str]) -> int:
    """How many uploads in parts were begun and neither ended nor given up: their parts would lie there for ever."""
    listed = httpx2.get(f"{variables['AWS_ENDPOINT']}/{BUCKET}?uploads", timeout=60)
    return listed.text.count("<UploadId>")
