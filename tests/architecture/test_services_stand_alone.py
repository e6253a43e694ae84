"""Each service runs with only the chassis, the schemas and itself present, as in its image.

import-linter reads the text; an import by a computed name escapes it, but not this.
"""

import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture import source

#: Imports all modules of a service but ``__main__``, then says what was loaded of ours.
IMPORT_ALL = """
import importlib, pkgutil, sys
name = sys.argv[1]
package = importlib.import_module(f"services.{name}")
for module in pkgutil.walk_packages(package.__path__, f"services.{name}."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(*sorted(m for m in sys.modules if m.partition(".")[0] in ("schemas", "chassis", "services", "deploy", "tests")))
"""


def alone(folder: Path, service: str) -> Path:
    """A folder with what the service's image holds."""
    source.copy(folder, "schemas", "chassis", "services/__init__.py", f"services/{service}")
    return folder


@pytest.mark.parametrize("service", source.SERVICE_NAMES)
def test_a_service_imports_with_only_itself_present(service: str, tmp_path: Path) -> None:
    answer = source.python(alone(tmp_path, service), "-c", IMPORT_ALL, service)
    assert answer.returncode == 0, answer.stderr
    loaded = answer.stdout.split()
    assert f"services.{service}.app" in loaded
    assert {
        name.partition(".")[2] for name in loaded if name.count(".") == 1 and name.startswith("services.")
    } == {service}
    assert not [name for name in loaded if name.startswith(("deploy", "tests"))]


@pytest.mark.parametrize("service", source.SERVICE_NAMES)
def test_a_service_answers_to_its_command_line_with_only_itself_present(service: str, tmp_path: Path) -> None:
    answer = source.python(alone(tmp_path, service), "-m", f"services.{service}", "--help")
    assert answer.returncode == 0, answer.stderr
    assert all(command in answer.stdout for command in ("serve", "migrate", "dead-letters"))


@pytest.mark.parametrize("service", source.SERVICE_NAMES)
def test_a_service_without_settings_says_which_to_write(service: str, tmp_path: Path) -> None:
    answer = source.python(alone(tmp_path, service), "-m", f"services.{service}", "serve")
    assert answer.returncode == 2, answer.stderr
    assert f"{service.upper()}_DATABASE is missing: write " in answer.stderr
    assert "Traceback" not in answer.stderr


def test_an_import_by_a_computed_name_is_found(tmp_path: Path) -> None:
    handlers = alone(tmp_path, "referrals") / "services/referrals/handlers.py"
    hidden = 'import importlib\n\nimportlib.import_module("services." + "panels")\n'
    handlers.write_text(f"{handlers.read_text(encoding='utf-8')}\n\n{hidden}", encoding="utf-8")
    answer = source.python(tmp_path, "-c", IMPORT_ALL, "referrals")
    assert answer.returncode != 0
    assert "No module named 'services.panels'" in answer.stderr


def test_the_images_install_every_package_that_is_imported() -> None:
    lock = (source.ROOT / "requirements.lock").read_text(encoding="utf-8")
    installed = {line.split("==")[0].lower() for line in lock.splitlines() if "==" in line[:60]}
    provided_by = packages_distributions()
    imported = {
        name.partition(".")[0]
        for path in source.modules(*source.PRODUCT)
        for name in source.imports(source.tree(path))
    }
    foreign = imported - sys.stdlib_module_names - set(source.PRODUCT)
    missing = {
        name
        for name in foreign
        if not installed & {found.lower().replace("_", "-") for found in provided_by.get(name, ())}
    }
    assert missing == set(), "add them to the dependencies in pyproject.toml, then `make lock`"
