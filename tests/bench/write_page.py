"""`python -m tests.bench.write_page RESULTS`: writes the tables and charts of docs/performance.md from a run's results.

No figure of that page is typed by hand; the words around them are.
"""

import argparse
import json
from pathlib import Path

from tests.bench import charts, results
from tests.bench.page import filled_in

PAGE = results.ROOT / "docs" / "performance.md"


def main() -> None:
    """Fills in the page, draws the charts, and keeps the peers' results with the others if they are given."""
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
    PAGE.write_text(filled_in(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")
    for path in (PAGE, *charts.write(found)):
        print(path)


if __name__ == "__main__":
    main()
