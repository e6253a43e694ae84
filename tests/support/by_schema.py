"""Schemathesis over a service that listens: requests made of its OpenAPI document, the sound and the wrong ones."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

_HOOKS = Path(__file__).with_name("by_token.py")
#: A seed, so that the same document is asked the same; nothing is kept between runs.
_ALWAYS = """
seed = 20260304
continue-on-failure = true
request-timeout = 60
warnings = false
[cache]
enabled = false
[generation]
database = "none"
no-shrink = true
max-examples = {examples}
"""


async def assert_as_described(
    url: str,
    token: str,
    folder: Path,
    *,
    phases: Sequence[str] = ("examples", "coverage", "fuzzing", "stateful"),
    examples: int = 3,
    config: str = "",
    others: Sequence[str] = (),
    others_phases: Sequence[str] = ("fuzzing",),
    others_examples: int = 1,
) -> None:
    """Asserts that Schemathesis finds nothing wrong with the service at ``url``.

    All of its checks are on, but for those that ``config`` (TOML) turns off; ``folder`` is where it may write.
    In ``others_phases`` the first ``others_examples`` requests of each operation and kind, the sound and the wrong,
    are made with the tokens ``others`` too.
    """
    settings = folder / "schemathesis.toml"
    settings.write_text(f"hooks = {json.dumps(str(_HOOKS))}\n{_ALWAYS.format(examples=examples)}{config}")
    also = {"tokens": others, "phases": others_phases, "examples": others_examples}
    command = ["--config-file", str(settings), "run", f"{url}/openapi.json", "--phases", ",".join(phases)]
    run = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "schemathesis.cli",
        *command,
        "--header",
        f"Authorization: Bearer {token}",
        cwd=folder,
        env={**os.environ, "FINGERPOST_OTHERS": json.dumps(also)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await run.communicate()
    finally:
        if run.returncode is None:
            run.kill()
            await run.wait()
    assert run.returncode == 0, said.decode()
