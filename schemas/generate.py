"""Writes what is generated from the contracts: ``python -m schemas.generate [--check | --publish]``.

* without an option: writes schemas/json/, schemas/asyncapi/ and docs/event-catalogue.md afresh;
* ``--check``: writes nothing; says which of these files differ from the models, or break what is published;
* ``--publish``: makes today's contracts the published ones (schemas/published/), unless one of them breaks
  its published form; then nothing is written. The examples are kept as messages that must parse for ever.

Exit status 1 means that something differs or breaks; each reason is a line on standard error.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from schemas.asyncapi_documents import documents
from schemas.compatibility import breaches, next_version
from schemas.contracts import EXAMPLES, HERE, Contract, contracts
from schemas.event_catalogue import page

ROOT = HERE.parent
JSON, ASYNCAPI, PUBLISHED = HERE / "json", HERE / "asyncapi", HERE / "published"
MESSAGES = PUBLISHED / "messages"
CATALOGUE = ROOT / "docs" / "event-catalogue.md"


def generated() -> dict[Path, str]:
    """Every generated file with its text."""
    files = {JSON / f"{each.ce_type}.json": as_text(each.json_schema()) for each in contracts()}
    files |= {ASYNCAPI / f"{name}.json": as_text(document) for name, document in documents().items()}
    files[CATALOGUE] = page()
    return files


def missing_examples() -> Iterator[str]:
    """A sentence for each contract that has no example, and for each example that has no contract."""
    known = {f"{each.ce_type}.json" for each in contracts()}
    found = {each.name for each in EXAMPLES.glob("*.json")}
    for name in sorted(known - found):
        yield f'schemas/examples/{name} is missing: write {{"headers": …, "data": …}} like its neighbours'
    for name in sorted(found - known):
        yield f"schemas/examples/{name} belongs to no contract: delete it, or restore its model"


def drift() -> Iterator[str]:
    """A sentence for each committed file that is not what the models give."""
    wanted = generated()
    for path, text in wanted.items():
        if not path.exists() or path.read_text() != text:
            yield f"{path.relative_to(ROOT)} differs from the models: run `python -m schemas.generate`"
    for folder in (JSON, ASYNCAPI):
        for path in sorted(set(folder.glob("*.json")) - set(wanted)):
            yield f"{path.relative_to(ROOT)} belongs to no contract: run `python -m schemas.generate`"


def broken(published: Path = PUBLISHED) -> Iterator[str]:
    """A sentence for each change that breaks what is published."""
    current = {each.ce_type: each for each in contracts()}
    for path in sorted(published.glob("*.json")):
        ce_type = path.stem
        if ce_type not in current:
            yield (
                f"{ce_type} is published and has no model any more: its messages are kept for good. "
                f"Restore its class, beside {next_version(ce_type)} if there is one"
            )
            continue
        yield from map(str, breaches(json.loads(path.read_text()), current[ce_type].json_schema()))


def unpublished(published: Path = PUBLISHED) -> Iterator[str]:
    """A sentence for each contract that has grown since it was published, or never was, or whose example is not kept.

    So ``--publish`` writes nothing that ``--check`` has not said: what one change leaves out would else turn up in the
    next person's.
    """
    for each in contracts():
        path = published / f"{each.ce_type}.json"
        if not path.exists() or json.loads(path.read_text()) != each.promise():
            yield f"{each.ce_type} is not published as it is now: run `python -m schemas.generate --publish`"
        elif _message(each) not in _kept(each, published / "messages").values():
            yield f"the example of {each.ce_type} is not kept: run `python -m schemas.generate --publish`"


def publish(published: Path = PUBLISHED) -> list[str]:
    """Make today's contracts the published ones; the reasons why not, and nothing written, if one breaks."""
    reasons = list(broken(published))
    if reasons:
        return reasons
    for each in contracts():
        _write({published / f"{each.ce_type}.json": as_text(each.promise())})
        _keep_message(each, published / "messages")
    return []


def _keep_message(contract: Contract, folder: Path) -> None:
    """Keep the example for ever, as the next of its type, unless the very same is there."""
    text, kept = _message(contract), _kept(contract, folder)
    if text not in kept.values():
        _write({folder / f"{contract.ce_type}.{len(kept) + 1:03}.json": text})


def _message(contract: Contract) -> str:
    return as_text(contract.example()["data"])


def _kept(contract: Contract, folder: Path) -> dict[Path, str]:
    """The messages of this type that are kept, each with its text."""
    return {path: path.read_text() for path in sorted(folder.glob(f"{contract.ce_type}.*.json"))}


def as_text(value: Any) -> str:
    """JSON as it is committed: two spaces, real characters, a newline at the end."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _write(files: Mapping[Path, str]) -> None:
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _write_afresh() -> None:
    wanted = generated()
    for folder in (JSON, ASYNCAPI):
        for path in set(folder.glob("*.json")) - set(wanted):
            path.unlink()
    _write(wanted)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; answers the exit status."""
    parser = argparse.ArgumentParser(prog="python -m schemas.generate", description=__doc__.splitlines()[0])
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="write nothing, only say what differs or breaks")
    choice.add_argument("--publish", action="store_true", help="make today's contracts the published ones")
    asked = parser.parse_args(arguments)
    reasons = list(missing_examples())
    if not reasons and asked.check:
        reasons = [*drift(), *broken(), *unpublished()]
    elif not reasons and asked.publish:
        reasons = publish()
        if not reasons:
            _write_afresh()
    elif not reasons:
        _write_afresh()
        reasons = list(broken())
    for reason in reasons:
        sys.stderr.write(f"{reason}\n")
    return 1 if reasons else 0


if __name__ == "__main__":
    sys.exit(main())
