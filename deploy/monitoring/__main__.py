"""``python -m deploy.monitoring``: write Grafana's dashboards from `dashboards.py`; ``--check`` only compares."""

import sys

from deploy.monitoring.dashboards import FOLDER, written


def main(arguments: list[str]) -> int:
    """Writes the files, or says which are out of date."""
    wanted = written()
    stale = [name for name, text in wanted.items() if _present(name) != text]
    if "--check" in arguments:
        for name in stale:
            print(f"{name} is out of date: run `python -m deploy.monitoring`")
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for name in stale:
        (FOLDER / name).write_text(wanted[name], encoding="utf-8")
        print(f"wrote {name}")
    return 0


def _present(name: str) -> str | None:
    path = FOLDER / name
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
