"""`python -m chassis.probe`: asks a service for its health; for images, which have no curl.

Ends with status 0 if the service says it is well, with 1 if it says otherwise or does not answer within the
given seconds. Uses the standard library alone, because it is started every few seconds.
"""

import argparse
import http.client
import sys


def main(arguments: list[str] | None = None) -> int:
    """Ask once, print the answer's state in a few words, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m chassis.probe", description="Is the service well?")
    parser.add_argument("question", nargs="?", choices=("ready", "live"), default="ready")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--seconds", type=float, default=4.0, help="how long to wait for each step")
    asked = parser.parse_args(arguments)
    try:
        status = _status(asked.host, asked.port, f"/health/{asked.question}", asked.seconds)
    except (OSError, http.client.HTTPException) as error:
        print(f"{asked.question}: no answer at {asked.host}:{asked.port}: {error}")  # noqa: T201
        return 1
    print(f"{asked.question}: HTTP {status}")  # noqa: T201
    return 0 if status == 200 else 1


def _status(host: str, port: int, path: str, seconds: float) -> int:
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
