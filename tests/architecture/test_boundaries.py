"""Who may import whom: the contracts in pyproject.toml hold, and each of them can fail."""

import re
from pathlib import Path

import pytest

from tests.architecture import source

#: What is wrong, where it is planted, the contract that must break.
PLANTED = [
    (
        "from services.panels import storage",
        "services/referrals/handlers.py",
        "Services know nothing of each other",
    ),
    (
        "import services.notifications.domain",
        "chassis/outbox.py",
        "Services stand on the chassis, the chassis on the schemas",
    ),
    (
        "from chassis import clock",
        "schemas/envelope.py",
        "Services stand on the chassis, the chassis on the schemas",
    ),
    (
        "from services.referrals import web",
        "services/referrals/storage/referrals.py",
        "Inside referrals: app, web, handlers, storage, domain",
    ),
    (
        "def late():\n    from services.panels import storage",
        "services/panels/domain/cases/case.py",
        "Inside panels: app, web, handlers, storage, domain",
    ),
    (
        "nothing = None",
        "services/notifications/stray.py",
        "Inside notifications: app, web, handlers, storage, domain",
    ),
    (
        "import random",
        "services/panels/domain/legal/clocks.py",
        "Domains reach nothing outside themselves, not even through others",
    ),
    (
        "import structlog",
        "chassis/decision.py",
        "Domains reach nothing outside themselves, not even through others",
    ),
    (
        "from services.panels.domain.cases import queue",
        "services/panels/domain/legal/school_age.py",
        "No two parts of a domain need each other",
    ),
    ("import faststream.kafka", "chassis/relay.py", "Only the consumer knows FastStream"),
    (
        "from deploy.kafka import apply_topics",
        "chassis/service.py",
        "What runs in production knows nothing of its deployment and its tests",
    ),
]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is checked, to do harm to."""
    folder = tmp_path_factory.mktemp("boundaries")
    source.copy(
        folder, "pyproject.toml", "schemas", "chassis", "services", "deploy/__init__.py", "deploy/kafka"
    )
    return folder


def broken_contracts(folder: Path) -> tuple[int, list[str]]:
    """Run import-linter; return its exit status and the contracts that it calls broken."""
    answer = source.run(folder, source.tool("lint-imports"))
    return answer.returncode, re.findall(r"^(.+) BROKEN\b", answer.stdout, re.MULTILINE)


def test_every_contract_is_kept(repository: Path) -> None:
    status, broken = broken_contracts(repository)
    assert broken == []
    assert status == 0


@pytest.mark.parametrize(("wrong", "where", "contract"), PLANTED, ids=[where for _, where, _ in PLANTED])
def test_a_forbidden_import_breaks_its_contract(
    repository: Path, wrong: str, where: str, contract: str
) -> None:
    file = repository / where
    before = file.read_text(encoding="utf-8") if file.exists() else None
    file.write_text(f"{before or ''}\n\n{wrong}\n", encoding="utf-8")
    try:
        status, broken = broken_contracts(repository)
    finally:
        file.unlink() if before is None else file.write_text(before, encoding="utf-8")
    assert contract in broken
    assert status != 0


def test_every_contract_was_seen_to_break() -> None:
    named = [
        line for line in (source.ROOT / "pyproject.toml").read_text().splitlines() if line[:6] == "name ="
    ]
    assert {f'name = "{contract}"' for _, _, contract in PLANTED} == {
        line for line in named if line != 'name = "fingerpost"'
    }
