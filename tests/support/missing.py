"""What a test needs and this machine has not: said in one line, and a failure where nothing may be missing."""

import os
from typing import NoReturn

import pytest


def not_tried(why: str) -> NoReturn:
    """Ends the test: skipped with this line, or failed where CI=true, since there all is to be tried."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{why} (CI=true lets nothing go untried.)")
    pytest.skip(why)
