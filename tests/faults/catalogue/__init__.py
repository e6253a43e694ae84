"""The faults, each module a kind; importing this package fills `tests.faults.fault.FAULTS`."""

from tests.faults.catalogue import (
    history,
    kills,
    notify,
    postgres,
    provider,
    records,
    servers,
    wires,
    workers,
)

MODULES = (kills, workers, servers, wires, provider, notify, postgres, records, history)
