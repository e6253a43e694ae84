"""Shares of a processor for chosen processes, by Linux' control groups (either version) where they are ours to make."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

_V1, _V2 = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")
_PERIOD_US = 50_000

CANNOT = (
    "Shares of a processor need control groups that this user may make (root, or a delegated group), on Linux: "
    "here they cannot be measured."
)


class CapsUnavailable(Exception):
    """No control group for the processor can be made here."""


class Cap:
    """A control group for one process each; ends with the block, and the processes go on uncapped."""

    def __init__(self) -> None:
        """Raises CapsUnavailable where control groups are not to be had."""
        self._first = (_V1 / "cpu.cfs_quota_us").exists() or (_V1 / "cgroup.procs").exists()
        self._home = _V1 if self._first else _V2
        self._groups: list[Path] = []
        try:
            if not self._first:
                (_V2 / "cgroup.subtree_control").write_text("+cpu")
            self._probe()
        except OSError as error:
            raise CapsUnavailable(CANNOT) from error

    def _probe(self) -> None:
        probe = self._home / f"fingerpost-{os.getpid()}-probe"
        probe.mkdir()
        try:
            self._limit(probe, 0.5)
        finally:
            probe.rmdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for group in self._groups:
            for pid in (group / "cgroup.procs").read_text().split():
                with suppress(OSError):
                    (self._home / "cgroup.procs").write_text(pid)
            with suppress(OSError):
                group.rmdir()

    def hold(self, pids: Iterable[int], share: float) -> None:
        """Give each of these processes ``share`` of one processor, in a group of its own."""
        for pid in pids:
            group = self._home / f"fingerpost-{os.getpid()}-{pid}"
            if group not in self._groups:
                group.mkdir()
                self._groups.append(group)
            self._limit(group, share)
            (group / "cgroup.procs").write_text(str(pid))

    def _limit(self, group: Path, share: float) -> None:
        quota = max(1000, int(share * _PERIOD_US))
        if self._first:
            (group / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (group / "cpu.max").write_text(f"{quota} {_PERIOD_US}")
