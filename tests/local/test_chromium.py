"""Which browser the tests of pages get, of those that a machine has or may have."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.browser import chromium, installed_chromium, lighter


def test_the_one_without_windows_is_taken_before_the_whole_browser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("chromium", "chromium-headless-shell"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert chromium() == str(tmp_path / "chromium-headless-shell")


def test_the_one_that_was_named_is_taken_before_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/opt/chromium")
    assert chromium() == "/opt/chromium"


@pytest.mark.parametrize("there", ["chromium-headless-shell", "chromium", None])
def test_a_release_that_lacks_the_one_without_windows_gives_the_whole_one(
    there: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def install(package: str, names: Sequence[str], say: str) -> str | None:
        assert package in names
        return f"/usr/bin/{package}" if package == there else None

    monkeypatch.setattr("tests.support.browser.installed", install)
    assert installed_chromium() == (there and f"/usr/bin/{there}")


@pytest.fixture
def whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The path of a whole browser, on a machine that has no other."""
    (tmp_path / "chromium").touch(mode=0o755)
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return str(tmp_path / "chromium")


@pytest.mark.parametrize("to_be_had", [True, False])
def test_beside_the_whole_browser_the_other_is_installed_if_it_can_be_had(
    to_be_had: bool, whole: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def install(package: str, names: Sequence[str], say: str, *, needed: bool) -> str | None:
        assert (package, *names, needed) == ("chromium-headless-shell", "chromium-headless-shell", False)
        return "/usr/bin/chromium-headless-shell" if to_be_had else None

    monkeypatch.setattr("tests.support.browser.installed", install)
    assert lighter(whole) == ("/usr/bin/chromium-headless-shell" if to_be_had else whole)


def test_nothing_is_installed_beside_a_browser_that_was_named(
    whole: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def install(*_: object, **__: object) -> str | None:
        raise AssertionError

    monkeypatch.setattr("tests.support.browser.installed", install)
    assert lighter("/opt/chrome") == "/opt/chrome"
    monkeypatch.setenv("CHROMIUM", whole)
    assert lighter(whole) == whole
