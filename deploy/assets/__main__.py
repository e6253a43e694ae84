"""``python -m deploy.assets [--packages FOLDER]``: build the pages' style sheet and scripts, if anything changed.

``lock`` writes package-lock.json anew from package.json, without any address.
"""

import argparse
import sys
from pathlib import Path

from deploy.assets.building import WORK, AssetsFailed, build, lock


def main() -> int:
    """The command; answers its exit status."""
    parser = argparse.ArgumentParser(prog="python -m deploy.assets", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["build", "lock"], default="build")
    parser.add_argument("--packages", type=Path, default=WORK, help="the folder for Node's packages")
    given = parser.parse_args()
    try:
        (lock if given.what == "lock" else build)(given.packages)
    except AssetsFailed as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
