"""Several processes run the tests on one stack: the first says where it is, the others take it from there."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.local import Stack, StackError
from tests.support.together import (
    SharedStack,
    pytest_collection_modifyitems,
    stack_of_the_run,
    unit_of,
)


@pytest.fixture
def given(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """The environment names the servers, so that none is started for these tests."""
    monkeypatch.setenv("FINGERPOST_KAFKA", ",".join(stack.bootstrap))
    monkeypatch.setenv("FINGERPOST_POSTGRES", stack.postgres)
    return stack


def worker(folder: Path) -> Any:
    return SimpleNamespace(workerinput={"folder": str(folder)})


def test_a_process_finds_the_servers_that_the_first_one_started(
    given: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = SharedStack()
    try:
        shared._starting.result()
        monkeypatch.setenv("FINGERPOST_KAFKA", "127.0.0.1:1")  # nobody is there
        with stack_of_the_run(worker(shared.folder)) as found:
            assert (found.bootstrap, found.postgres) == (given.bootstrap, given.postgres)
    finally:
        shared.close()
    assert not shared.folder.exists()


def test_what_kept_the_servers_from_starting_is_said_in_every_process(tmp_path: Path) -> None:
    told = {"failed": "There is no Java here: install one."}
    (tmp_path / "addresses.json").write_text(json.dumps(told))
    with pytest.raises(StackError, match="no Java here"), stack_of_the_run(worker(tmp_path)):
        raise AssertionError


def an_item(file: str, *marks: str) -> Any:
    return SimpleNamespace(path=Path(file), get_closest_marker=lambda name: name in marks or None)


def test_files_with_slow_tests_take_turns_with_the_others_each_in_its_own_order() -> None:
    quick = [an_item("a.py"), an_item("c.py"), an_item("e.py")]
    b = [an_item("b.py"), an_item("b.py", "slow")]
    d = [an_item("d.py"), an_item("d.py", "slow")]
    items = [quick[0], b[0], quick[1], d[0], d[1], b[1], quick[2]]
    pytest_collection_modifyitems(worker(Path()), items)
    assert items == [*d, quick[0], *b, quick[1], quick[2]]


def test_of_the_others_the_file_with_most_tests_comes_first() -> None:
    few, most = [an_item("a.py"), an_item("a.py")], [an_item("b.py") for _ in range(3)]
    also_few = [an_item("c.py"), an_item("c.py")]
    items = [*few, *most, *also_few]
    pytest_collection_modifyitems(worker(Path()), items)
    assert items == [*most, *few, *also_few]


def test_alone_nothing_changes_its_place() -> None:
    items = [an_item("a.py"), an_item("b.py", "slow")]
    pytest_collection_modifyitems(SimpleNamespace(), items)  # type: ignore[arg-type]
    assert [item.path.name for item in items] == ["a.py", "b.py"]


def test_a_file_stays_with_one_process_and_so_do_those_that_break_the_same_servers() -> None:
    assert unit_of("tests/panels/test_web.py::test_a[b::c]") == "tests/panels/test_web.py"
    together = {unit_of(f"tests/local/{name}.py::test_a") for name in ("test_faults", "test_stack")}
    assert len(together) == 1
