"""What happens to files that are uploaded: the virus scanner is away, silent or hangs up, or their store is gone."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx2

from tests.faults.fault import fault, happened, wait_until
from tests.faults.load import URNS
from tests.faults.rig import Rig
from tests.support.clamd import EICAR
from tests.support.in_clear import IN_CLEAR
from tests.support.proxy import Wire

#: Seconds within which each file has its verdict once the scanner is back: a scan is given up after 120.
VERDICT_SECONDS = 180.0
_PDF = b"%PDF-1.7\n"
#: What happens on the way to the scanner.
_WEATHERS: dict[str, Callable[[Wire], None]] = {
    "refused": Wire.cut,
    "silent": Wire.silence,
    "unheard": lambda wire: wire.silence("to-server"),
    "unanswered": lambda wire: wire.silence("to-client"),
}


@dataclass
class Uploads:
    """Files of a school, by the address of each: what is in it, and whether that is infected."""

    rig: Rig
    chance: Random
    sent: dict[str, bytes] = field(default_factory=dict)

    def send(self, number: int) -> list[str]:
        """Uploads so many, one in three of them infected; answers the addresses of those that were taken."""
        return [address for _ in range(number) if (address := self._send())]

    def _send(self) -> str | None:
        content = _PDF + self.chance.randbytes(self.chance.choice((2_000, 200_000)))
        if self.chance.random() < 1 / 3:
            content += EICAR
        about = {"Content-Type": "application/octet-stream", "File-Name": "Report.pdf"}
        answer = self._ask("POST", f"/api/files?urn={URNS[0]}", content=content, headers=about)
        if answer.status_code >= 500:
            return None
        address = str(answer.raise_for_status().json()["content_url"])
        self.sent[address] = content
        return address

    def opened(self, address: str) -> int:
        """The status with which a file is given out. Raises RuntimeError where it may not be, or is another one."""
        answer, content = self._ask("GET", address), self.sent[address]
        if answer.status_code == 200 and (answer.content != content or EICAR in content):
            raise RuntimeError("a file was given out that is infected, or not what was uploaded")
        return answer.status_code

    def judged(self) -> bool:
        """Whether each can be opened, or never will be. Raises RuntimeError where a verdict is wrong."""
        for address, content in self.sent.items():
            status = self.opened(address)
            if status == 410 and EICAR not in content:
                raise RuntimeError("a clean file was taken for an infected one")
            if status not in (200, 410):
                return False
        return True

    def _ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, **given: bytes
    ) -> httpx2.Response:
        headers = {**(headers or {}), **self.rig.town.headers("school")}
        url = self.rig.town.services["referrals"].url + path
        return httpx2.request(method, url, headers=headers, timeout=60, verify=IN_CLEAR, **given)  # type: ignore[arg-type]


@fault(
    "scanner-away",
    "the virus scanner refuses connections, or falls silent with a file in its hands",
    cluster=False, holds=False,
)  # fmt: skip
def scanner_away(rig: Rig, chance: Random) -> str:
    """What is uploaded meanwhile waits. Nobody opens it before it was found clean, and an infected one never."""
    uploads, wire = Uploads(rig, chance), rig.wires.scanner
    uploads.send(chance.randint(1, 4))
    kind = chance.choice(sorted(_WEATHERS))
    felt = wire.felt.copy()
    _WEATHERS[kind](wire)
    time.sleep(2.0)  # long enough for a worker that has nothing to scan to ask for the scanner
    waiting = uploads.send(chance.randint(2, 6))
    time.sleep(chance.uniform(2, 12))
    wait_until(lambda: wire.felt != felt, f"the way to the scanner was {kind}")
    happened(waiting, "files were taken while the scanner was away")
    if {uploads.opened(address) for address in waiting} != {409}:
        raise RuntimeError("a file that nobody has scanned does not wait")
    wire.heal()
    wait_until(uploads.judged, "each file has its verdict", VERDICT_SECONDS)
    return f"{kind}, {len(waiting)} of {len(uploads.sent)} files waited"


@fault(
    "evidence-store-gone",
    "the folder of uploaded files is gone, or an empty one is in its place",
    cluster=False,
    holds=False,
)
def store_gone(rig: Rig, chance: Random) -> str:
    """No file that was taken is lost or misjudged, and none is taken that cannot be kept."""
    uploads, empty = Uploads(rig, chance), chance.random() < 0.5
    uploads.send(chance.randint(2, 5))
    with _gone(rig.town.folder / "referrals" / "evidence", empty):
        meanwhile = [uploads.send(1) for _ in range(chance.randint(2, 5))]
        time.sleep(chance.uniform(2, 12))
        for address in uploads.sent:
            uploads.opened(address)
    happened([] in meanwhile, "a file could not be kept")
    wait_until(uploads.judged, "each file has its verdict", VERDICT_SECONDS)
    return f"{'an empty one' if empty else 'none'} there, {meanwhile.count([])} of {len(meanwhile)} refused"


@contextmanager
def _gone(folder: Path, empty: bool) -> Iterator[None]:
    """Something that is no folder, or an empty one, stands in its place for as long as the block lasts."""
    aside = folder.with_name("evidence-aside")
    folder.rename(aside)
    (folder.mkdir if empty else folder.touch)()
    try:
        yield
    finally:
        for made in folder.iterdir() if empty else ():
            made.replace(aside / made.name)
        (folder.rmdir if empty else folder.unlink)()
        aside.rename(folder)
