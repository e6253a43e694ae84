"""The faults, each module a kind; importing this package fills `tests.faults.fault.FAULTS`."""

from tests.faults.catalogue import kills, postgres, provider, servers, wires, workers

MODULES = (kills, workers, servers, wires, provider, postgres)
