"""The committed files are what the models give, and the command says so in one line each."""

import json
from pathlib import Path

import pytest

from schemas import generate
from schemas.contracts import contracts
from schemas.services import SERVICES

pytestmark = pytest.mark.slow


def test_the_committed_files_are_what_the_models_give() -> None:
    assert list(generate.drift()) == []


def test_every_contract_is_published_as_it_is() -> None:
    assert list(generate.unpublished()) == []


def test_an_example_that_was_changed_and_is_not_kept_is_said_before_somebody_elses_publishing_writes_it(
    tmp_path: Path,
) -> None:
    generate.publish(tmp_path)
    assert list(generate.unpublished(tmp_path)) == []
    kept = tmp_path / "messages" / "case.heard.v1.001.json"
    kept.write_text(kept.read_text().replace("case_id", "former_id"))
    assert list(generate.unpublished(tmp_path)) == [
        "the example of case.heard.v1 is not kept: run `python -m schemas.generate --publish`"
    ]
    generate.publish(tmp_path)
    assert list(generate.unpublished(tmp_path)) == []
    written = {path.name for path in (tmp_path / "messages").iterdir()}
    assert len(written) == len(contracts()) + 1, "and nothing else was written"


def test_there_is_a_schema_for_each_contract_and_a_document_for_each_service() -> None:
    wanted = {path.name for path in generate.generated()}
    assert {f"{each.ce_type}.json" for each in contracts()} <= wanted
    assert {f"{name}.json" for name in SERVICES} <= wanted
    assert "event-catalogue.md" in wanted


def test_a_file_that_was_edited_by_hand_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    path = generate.CATALOGUE
    monkeypatch.setattr(generate, "generated", lambda: {path: "something else"})
    assert next(generate.drift()) == (
        "docs/event-catalogue.md differs from the models: run `python -m schemas.generate`"
    )


def test_a_file_whose_model_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = {path: text for path, text in generate.generated().items() if path.stem != "case.heard.v1"}
    monkeypatch.setattr(generate, "generated", lambda: rest)
    gone = "schemas/json/case.heard.v1.json belongs to no contract: run `python -m schemas.generate`"
    assert gone in list(generate.drift())


def test_check_fails_with_a_reason_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "generated", lambda: {generate.CATALOGUE: "something else"})
    assert generate.main(["--check"]) == 1
    assert "docs/event-catalogue.md differs" in capsys.readouterr().err


def test_publishing_writes_each_contract_and_keeps_its_example_once(tmp_path: Path) -> None:
    assert generate.publish(tmp_path) == []
    assert generate.publish(tmp_path) == []
    assert {path.stem for path in tmp_path.glob("*.json")} == {each.ce_type for each in contracts()}
    assert len(list((tmp_path / "messages").iterdir())) == len(contracts())


def test_an_example_that_changed_is_kept_beside_the_old_one(tmp_path: Path) -> None:
    generate.publish(tmp_path)
    old = tmp_path / "messages" / "case.heard.v1.001.json"
    old.write_text(old.read_text().replace("2024", "2023"))
    generate.publish(tmp_path)
    assert {path.name for path in (tmp_path / "messages").glob("case.heard.v1.*")} == {
        "case.heard.v1.001.json",
        "case.heard.v1.002.json",
    }


def test_publishing_refuses_a_breach_and_writes_nothing(tmp_path: Path) -> None:
    generate.publish(tmp_path)
    path = tmp_path / "case.heard.v1.json"
    published = json.loads(path.read_text())
    published["properties"]["room"] = {"type": "string"}
    path.write_text(json.dumps(published))
    grown = tmp_path / "case.listed.v1.json"
    grown.unlink()

    assert [reason.partition(". ")[0] for reason in generate.publish(tmp_path)] == [
        "case.heard.v1: the field room: it is gone, and with it what its readers learnt from it"
    ]
    assert not grown.exists()


def test_a_published_contract_may_not_lose_its_model(tmp_path: Path) -> None:
    generate.publish(tmp_path)
    (tmp_path / "case.forgotten.v1.json").write_text("{}")
    assert [reason.partition(":")[0] for reason in generate.broken(tmp_path)] == [
        "case.forgotten.v1 is published and has no model any more"
    ]


def test_a_better_wording_need_not_be_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate.publish(tmp_path)
    monkeypatch.setattr("schemas.panels_v1.CaseHeard.__doc__", "The panel has spoken.")
    assert list(generate.unpublished(tmp_path)) == []


def test_a_new_optional_field_must_be_published(tmp_path: Path) -> None:
    generate.publish(tmp_path)
    path = tmp_path / "case.opened.v1.json"
    published = json.loads(path.read_text())
    del published["properties"]["complete"]
    path.write_text(json.dumps(published))
    assert list(generate.unpublished(tmp_path)) == [
        "case.opened.v1 is not published as it is now: run `python -m schemas.generate --publish`"
    ]
