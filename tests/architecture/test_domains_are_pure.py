"""A domain is rules alone: what it is given goes in, what it decides comes out.

import-linter forbids what a domain must not reach; here is the short list of what it may import, and the calls
that would ask the world without an import.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture import source

#: Our own, and packages that only reckon.
ALLOWED = {
    "schemas",
    "chassis.actors",
    "chassis.decision",
    "chassis.calendar",
    "chassis.doubled",
    "chassis.english",
    "chassis.erasure",
    "chassis.ids",
    "chassis.postal",
    "chassis.readable",
    "chassis.telephone",
}
PACKAGES = {
    "dateutil",
    "email_validator",
    "gsm0338",
    "holidays",
    "phonenumbers",
    "pydantic",
    "pydantic_core",
    "stdnum",
}
#: Of the standard library: what asks nothing of the machine.
LIBRARY = {
    *(
        "bisect",
        "calendar",
        "collections",
        "dataclasses",
        "datetime",
        "difflib",
        "enum",
        "functools",
        "hashlib",
    ),
    *(
        "heapq",
        "hmac",
        "itertools",
        "json",
        "math",
        "operator",
        "re",
        "string",
        "typing",
        "unicodedata",
        "uuid",
    ),
    "zoneinfo",
}
#: These ask the clock, chance, the disk or the terminal.
ASKING = {
    *(
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "date.today",
        "uuid.uuid1",
        "uuid.uuid4",
        "ids.new_id",
    ),
    *("uuid1", "uuid4", "new_id", "open", "input", "print", "__import__", "exec", "eval", "import_module"),
}

DOMAINS = [path for path in source.modules("services") if path.parts[2:3] == ("domain",)]


def faults(module: ast.Module, service: str) -> Iterator[str]:
    """What in this module of a domain is not pure."""
    for name in source.imports(module):
        top = name.partition(".")[0]
        ours = any(
            name == one or name.startswith(f"{one}.") for one in (*ALLOWED, f"services.{service}.domain")
        )
        if not ours and top not in PACKAGES | LIBRARY:
            yield f"imports {name}"
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ASKING:
            yield f"line {node.lineno} calls {ast.unparse(node.func)}"


@pytest.mark.parametrize("path", DOMAINS, ids=str)
def test_a_domain_imports_only_what_reckons_and_asks_nothing_of_the_world(path: Path) -> None:
    assert list(faults(source.tree(path), path.parts[1])) == []


def test_every_service_has_a_domain() -> None:
    assert {path.parts[1] for path in DOMAINS} == set(source.SERVICE_NAMES)


@pytest.mark.parametrize(
    "wrong",
    [
        "import asyncpg",
        "from pathlib import Path",
        "from chassis.clock import SystemClock",
        "from services.panels import storage",
        "from services.referrals.domain import routing",
        "def rule():\n    return datetime.now(UTC)",
        "from uuid import uuid4\nvalue = uuid4()",
        "from chassis.ids import new_id\nvalue = new_id()",
        "text = open('letters.txt').read()",
    ],
)
def test_what_is_not_pure_is_found(wrong: str) -> None:
    assert list(faults(ast.parse(wrong), "panels")) != []


def test_the_standard_library_s_list_names_modules_that_exist() -> None:
    assert sys.stdlib_module_names >= LIBRARY
