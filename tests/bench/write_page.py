"""`python -m tests.bench.write_page RESULTS`: the tables of docs/performance.md, its charts, and docs/capacity.md.

No measured figure of those pages is typed by hand; the words around them are.
"""

import argparse
import json
from pathlib import Path

from tests.bench import capacity, charts, results
from tests.bench.page import TABLES, filled_in

PAGE = results.ROOT / "docs" / "performance.md"
CAPACITY = results.ROOT / "docs" / "capacity.md"


def main() -> None:
    """Fills in the pages, draws the charts, and keeps the peers' results with the others if they are given."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.write_page", description=__doc__)
    parser.add_argument("results", type=Path, help="the file that --results of the benchmark wrote")
    parser.add_argument(
        "--peers", type=Path, help="what the peers' script wrote, to be taken into the results"
    )
    arguments = parser.parse_args()
    found = results.load(arguments.results)
    if arguments.peers:
        found["peers"] = json.loads(arguments.peers.read_text(encoding="utf-8"))["peers"]
        results.write(arguments.results, found)
    for page, tables in ((PAGE, TABLES), (CAPACITY, capacity.TABLES)):
        page.write_text(filled_in(page.read_text(encoding="utf-8"), found, tables), encoding="utf-8")
    for path in (PAGE, CAPACITY, *charts.write(found)):
        print(path)


if __name__ == "__main__":
    main()
