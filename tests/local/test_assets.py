"""What is built for the pages: a council's look, nothing of the government's, each file named by its content."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from deploy.assets import AssetsFailed, build, modules
from deploy.assets.building import LOOK

BUILT = LOOK / "built"


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    build()


def names() -> dict[str, str]:
    found: dict[str, str] = json.loads((BUILT / "manifest.json").read_text(encoding="utf-8"))
    return found


def text(name: str) -> str:
    return (BUILT / names()[name]).read_text(encoding="utf-8")


def test_each_file_is_named_by_its_content() -> None:
    for served in names().values():
        assert hashlib.sha256((BUILT / served).read_bytes()).hexdigest()[:12] == served.split(".")[-2]


def test_a_script_imports_what_is_served() -> None:
    imported = set(re.findall(r'from "\./([^"]+)"', text("look.js")))
    assert len(imported) == 5
    assert imported <= set(names().values())


def test_a_style_sheet_loads_only_what_is_served() -> None:
    loaded = set(re.findall(r"url\(([^)]+)\)", text("look.css")))
    assert loaded
    assert loaded <= set(names().values())


def test_neither_the_governments_font_nor_its_crest_is_there() -> None:
    css = text("look.css")
    assert "@font-face" not in css
    assert "GDS Transport" not in css
    assert "crest" not in css
    assert not [name for name in names() if "crown" in name or "crest" in name]


def test_what_has_not_changed_is_not_built_again(capsys: pytest.CaptureFixture[str]) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in BUILT.iterdir()}
    build()
    assert {path.name: path.stat().st_mtime_ns for path in BUILT.iterdir()} == before
    assert capsys.readouterr().out == ""


def test_axe_is_there_for_the_tests_and_not_on_any_page() -> None:
    assert (modules() / "axe-core/axe.min.js").exists()
    assert not [name for name in names() if "axe" in name]


def test_packages_that_cannot_be_had_are_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look = tmp_path / "look"
    look.mkdir()
    (look / "package.json").write_text('{"name": "x", "version": "0", "dependencies": {"a": "1.0.0"}}')
    (look / "package-lock.json").write_text('{"name": "x", "lockfileVersion": 3, "packages": {}}')
    (look / ".npmrc").write_text("")
    monkeypatch.setattr("deploy.assets.building.LOOK", look)
    with pytest.raises(AssetsFailed, match="could not be built: see above"):
        build(tmp_path / "work")
