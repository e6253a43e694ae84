"""Programs that no wheel brings: found on this machine, or installed by apt-get where we are root on Debian."""

import os
import shutil
import subprocess
from collections.abc import Sequence

_UPDATE_SECONDS, _INSTALL_SECONDS = 120, 400
#: Packages bring services with them: in run level 1 none of them is started. No question is asked.
_QUIETLY = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
#: Whoever else installs something just now is waited for: a run of tests has several processes.
_IN_TURN = ("-o", "DPkg::Lock::Timeout=120")
#: For what one can do without: a source that does not answer is not waited for.
_AT_ONCE = ("-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=5", "-o", "Acquire::https::Timeout=5")
#: Where programs of the system lie that are not in everybody's PATH.
_ALSO = ("/usr/sbin", "/usr/local/sbin")


def found(names: Sequence[str]) -> str | None:
    """The path of the first of these programs that this machine has, or None."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_ALSO])
    return next((where for name in names if (where := shutil.which(name, path=path))), None)


def may_install() -> bool:
    """Whether this is Debian (or made from it) and we are root."""
    return os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get") is not None


def installed(package: str, names: Sequence[str], say: str, *, needed: bool = True) -> str | None:
    """Installs a package for one of these programs, after printing ``say``; its path.

    None where we may not install (not root, not Debian), or where it failed. One that is not ``needed`` is tried
    for once, if its source answers.
    """
    if not may_install():
        return None
    print(say, flush=True)
    install = (*_IN_TURN, "install", "-y", "--no-install-recommends", package)
    if not needed:
        _apt(*_AT_ONCE, *install, seconds=_INSTALL_SECONDS)
    elif not _apt(*install, seconds=_INSTALL_SECONDS):
        _apt("update", seconds=_UPDATE_SECONDS)  # its lists may be missing, as in a fresh container, or old
        _apt(*install, seconds=_INSTALL_SECONDS)
    return found(names)


def _apt(*command: str, seconds: int) -> bool:
    try:
        done = subprocess.run(
            ["apt-get", "-q", *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            env={**os.environ, **_QUIETLY},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
