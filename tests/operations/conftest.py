"""A small town with a little history, shared by the tests of what operators do to it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local import Stack
from deploy.local.services import Town, start_services
from tests.faults.load import Load, Pace
from tests.faults.oracle import drain
from tests.support.ledger import Ledger
from tests.support.mail import MailSink

FAMILIES = 12


@pytest.fixture(scope="module")
def sink() -> Iterator[MailSink]:
    with MailSink() as running:
        yield running


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture(scope="module")
def town(stack: Stack, sink: MailSink, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("town")
    with start_services(stack, prefix=f"ops{uuid4().hex[:6]}.", smtp=sink.address, folder=folder) as running:
        yield running


@pytest.fixture(scope="module")
def load(town: Town, ledger: Ledger) -> Load:
    """The town's load, after its first families have been told everything."""
    made = Load(town, ledger)
    made.run(Pace(FAMILIES), lambda: True)
    drain(town, 120)
    return made


@pytest.fixture
def empty_database(stack: Stack) -> Callable[[], str]:
    """Makes an empty database; answers its address."""

    def make() -> str:
        name = f"empty_{uuid4().hex[:10]}"
        return stack.create_database(name, name, uuid4().hex)

    return make
