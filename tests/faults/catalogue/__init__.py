"""The faults, each module a kind; importing this package fills `tests.faults.fault.FAULTS`."""

from tests.faults.catalogue import (
    clocks,
    copies,
    history,
    kills,
    limits,
    logs,
    notify,
    postgres,
    provider,
    records,
    servers,
    together,
    uploads,
    wires,
    workers,
    zombies,
)

MODULES = (
    kills,
    workers,
    zombies,
    copies,
    together,
    servers,
    wires,
    provider,
    notify,
    uploads,
    postgres,
    limits,
    records,
    history,
    logs,
    clocks,
)
