"""What keeps the code readable and the repository clean, held by a count instead of by good will."""

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture import source

MODULE_LINES = 300
TEST_MODULE_LINES = 500
FUNCTION_LINES = 40

FOLDERS = ("schemas", "chassis", "services", "deploy", "tests")
LOCKS = (
    "requirements.lock",
    "requirements-dev.lock",
    "deploy/kubernetes/requirements.lock",
    "tests/bench/peers/requirements.lock",
)
#: Another machine has no such folders.
PRIVATE_PATHS = re.compile(r"(?<![\w.])/(?:root|work|Users|home)/", re.ASCII)


def tracked() -> list[Path]:
    """All text files of the repository, as git knows them; all files where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=source.ROOT, capture_output=True, text=True, check=False
    )
    names = listed.stdout.split("\0") if listed.returncode == 0 else []
    return [source.ROOT / name for name in names if name and (source.ROOT / name).is_file()]


def functions(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Every function with the lines of its own: not its docstring, not the functions inside it."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, _span(node) - _docstring(node) - sum(map(_span, _inside(node)))


def _span(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return (node.end_lineno or node.lineno) - first + 1


def _inside(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
        else:
            yield from _inside(child)


def _docstring(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return _lines(node.body[0]) if ast.get_docstring(node) else 0


def _lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_module_is_short_enough_to_be_read_at_one_sitting(folder: str) -> None:
    most = TEST_MODULE_LINES if folder == "tests" else MODULE_LINES
    lengths = {path: len((source.ROOT / path).read_text().splitlines()) for path in source.modules(folder)}
    assert {str(path): length for path, length in lengths.items() if length > most} == {}


def test_a_function_fits_on_a_screen() -> None:
    long = {
        f"{path}: {name}": length
        for path in source.modules(*source.PRODUCT, "deploy")
        for name, length in functions(source.tree(path))
        if length > FUNCTION_LINES
    }
    assert long == {}


def test_a_long_function_is_found() -> None:
    body = "\n".join(f"    x = {n}" for n in range(FUNCTION_LINES))
    assert list(functions(ast.parse(f"def f():\n{body}\n"))) == [("f", FUNCTION_LINES + 1)]


def test_the_functions_inside_a_function_are_measured_each() -> None:
    text = "def routes():\n    '''Say.'''\n    def get():\n        return 1\n    return get\n"
    assert list(functions(ast.parse(text))) == [("routes", 2), ("get", 2)]


def pins(lock: str) -> set[str]:
    """What a lock file holds, each as ``name==version``."""
    lines = (source.ROOT / lock).read_text(encoding="utf-8").splitlines()
    return {line.split(" ")[0] for line in lines if "==" in line and not line.startswith(" ")}


def test_the_lock_of_the_pages_packages_names_no_address() -> None:
    text = (source.ROOT / "chassis/web/look/package-lock.json").read_text(encoding="utf-8")
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_names_versions_and_hashes_and_no_address(lock: str) -> None:
    lines = (source.ROOT / lock).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if "://" in line or line.startswith("-")] == []
    pins = [number for number, line in enumerate(lines) if "==" in line and not line.startswith(" ")]
    assert pins
    assert [lines[number] for number in pins if "--hash=sha256:" not in lines[number + 1]] == []


def test_the_images_packages_have_the_versions_that_are_tested() -> None:
    assert pins("requirements.lock") <= pins("requirements-dev.lock")


def test_the_locks_fulfil_what_pyproject_asks_for() -> None:
    project = tomllib.loads((source.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [
        each for group in project["dependency-groups"].values() for each in group if isinstance(each, str)
    ]
    asked = {"requirements.lock": project["project"]["dependencies"], "requirements-dev.lock": groups}
    locked = {lock: dict(pin.split("==") for pin in pins(lock)) for lock in asked}
    unfulfilled = [
        f"{lock}: {wanted}"
        for lock, requirements in asked.items()
        for wanted in map(Requirement, requirements)
        if not wanted.specifier.contains(
            locked[lock].get(canonicalize_name(wanted.name), "0"), prereleases=True
        )
    ]
    assert unfulfilled == [], "make lock"


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    found = {}
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if path != Path(__file__) and (match := PRIVATE_PATHS.search(text)):
            found[str(path.relative_to(source.ROOT))] = match[0]
    assert found == {}


WORK = "work"  # apart, so that this file holds no such path itself


@pytest.mark.parametrize("text", ["cd /root/x", f'"/{WORK}/x"', "(/home/me/x)", "/Users/me/x"])
def test_a_path_of_one_machine_is_found(text: str) -> None:
    assert PRIVATE_PATHS.search(text)


@pytest.mark.parametrize(
    "text", [f"/api/{WORK}/", "services/homework/", "postgres://x/root", "/homely/", "~/home", "/app/root/"]
)
def test_other_paths_are_left_alone(text: str) -> None:
    assert not PRIVATE_PATHS.search(text)


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX"])
def test_nothing_is_left_to_be_done_in_a_comment(word: str) -> None:
    marked = re.compile(rf"#.*\b{word}\b")
    assert [
        str(path) for path in source.modules(*FOLDERS) if marked.search((source.ROOT / path).read_text())
    ] == []


def test_no_test_is_skipped_for_good() -> None:
    skipping = re.compile(r"^\s*@pytest\.mark\.(skip|xfail)\b", re.MULTILINE)
    assert [
        str(path) for path in source.modules("tests") if skipping.search((source.ROOT / path).read_text())
    ] == []


def test_each_migration_has_a_number_of_its_own() -> None:
    numbers = [f"{path.parent}/{path.name[:4]}" for path in tracked() if path.parent.name == "migrations"]
    assert len(numbers) > 10
    assert sorted({each for each in numbers if numbers.count(each) > 1}) == [], (
        "give the later one another number"
    )
