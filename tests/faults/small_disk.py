"""A file system with little room, which somebody fills until there is none left."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.faults.fault import NotPossibleHere


class Ballast:
    """What somebody else writes onto the file system at ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "ballast"

    def fill(self) -> None:
        """Somebody else writes until there is no room left."""
        chunk = bytes(2**20)
        with suppress(OSError), self._file.open("wb", buffering=0) as file:
            while True:
                file.write(chunk)

    def empty(self) -> None:
        """What somebody else wrote is gone."""
        self._file.unlink(missing_ok=True)


@contextmanager
def mounted(size: int) -> Iterator[Path]:
    """A file system of so many bytes, in memory, that everybody may enter. Raises NotPossibleHere."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        raise NotPossibleHere("a small file system can be mounted by root only")
    folder = Path(tempfile.mkdtemp(prefix="fingerpost-small-disk-"))
    try:
        folder.chmod(0o755)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", str(folder)],
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise NotPossibleHere("this machine does not let root mount a small file system")
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)
    finally:
        folder.rmdir()
