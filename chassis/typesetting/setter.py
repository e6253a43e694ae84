"""Sets one document, then ends: run by `chassis.typesetting` as a process of its own.

Reads ``{"template", "data", "made_at"}`` as JSON from its standard input, writes the PDF to its standard output. A
process of its own gives all its memory back (a full pack takes 80 MB, and the typesetter keeps what it has laid out),
and what goes wrong inside the typesetter, which may quote what somebody wrote, ends with it, unheard.
"""

import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

#: What templates have in common: ``#import "common.typ"``.
_COMMON = Path(__file__).parent / "common.typ"
_MEMORY = 2_000_000_000  # bytes of addresses: many times what the largest pack takes
_SECONDS = 30


def pdf(template: Path, data: Mapping[str, Any], made_at: datetime) -> bytes:
    """The tagged PDF (PDF/UA-1) of a template with this data. The same at the same instant gives the same bytes.

    The template sees ``common.typ`` and no other file.
    """
    import typst

    files: Any = {"main": template.read_bytes(), "common.typ": _COMMON.read_bytes()}  # unknown to its types
    made: object = typst.compile(
        files,
        sys_inputs={"data": json.dumps(data)},
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
        timestamp=made_at,
    )
    assert isinstance(made, bytes)
    return made


def _bounded() -> None:
    with suppress(ImportError, OSError, ValueError):  # no such limits on this system, or stricter ones
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))


def main() -> None:
    """Sets what it is given."""
    _bounded()
    asked = json.load(sys.stdin)
    made = pdf(Path(asked["template"]), asked["data"], datetime.fromisoformat(asked["made_at"]))
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main()
