"""The metrics of all processes of a service that share an address: whoever is asked asks the others, too.

Each series says which process it is of. Of one that does not answer, or is cut off, there is nothing: its series end.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from chassis import metrics
from chassis.processes import Place

_SECONDS = 1.0
#: The last line of what one tells, which nobody else has: whoever ends meanwhile is cut off before it.
_WHOLE = b"# this is all\n"


class Siblings:
    """The processes that share an address, as one of them knows them."""

    def __init__(self, place: Place) -> None:
        self._place = place

    async def answer(self, stopping: asyncio.Event) -> None:
        """Tells the others this process's metrics until ``stopping``; sets it when the parent is gone."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._place.parent, stopping.set)
        async with await asyncio.start_unix_server(_tell, sock=self._place.asked):
            await stopping.wait()
        loop.remove_reader(self._place.parent)

    async def exposition(self) -> bytes:
        """The metrics of all processes, each series with the label ``process``."""
        others = [number for number in self._place.everybody if number != self._place.number]
        told = dict(zip(others, await asyncio.gather(*map(self._text, others)), strict=True))
        whole = {number: text for number, text in told.items() if text.endswith(_WHOLE)}
        metrics.SIBLINGS_LEFT_OUT.inc(len(told) - len(whole))
        return _joined(sorted({**whole, self._place.number: metrics.exposition()}.items()))

    async def _text(self, number: int) -> bytes:
        with suppress(OSError):  # a timeout is one
            async with asyncio.timeout(_SECONDS):
                reader, writer = await asyncio.open_unix_connection(self._place.everybody[number])
                try:
                    return await reader.read()
                finally:
                    writer.close()
        return b""


async def _tell(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(metrics.exposition() + _WHOLE)
    with suppress(OSError):
        await writer.drain()
    writer.close()


class _All(CollectorRegistry):
    """The families of several processes as one registry."""

    def __init__(self, families: Iterable[Metric]) -> None:
        super().__init__()
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _joined(texts: Iterable[tuple[int, bytes]]) -> bytes:
    families: dict[str, Metric] = {}
    for number, text in texts:
        for family in text_string_to_metric_families(text.decode()):
            joined = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            for sample in family.samples:
                labels = {**sample.labels, "process": str(number)}
                joined.add_sample(sample.name, labels, sample.value)
    return generate_latest(_All(families.values()))
