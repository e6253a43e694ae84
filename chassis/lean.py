"""What makes a service's start cheaper."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_rich() -> Iterator[None]:
    """Imports within this block do not find the package rich.

    structlog takes it along wherever it is installed, to colour lines for people at a terminal. Ours are JSON for
    machines, and rich would cost each start a quarter of a second and each service six megabytes.
    """
    before = sys.modules.get("rich")
    sys.modules["rich"] = None  # type: ignore[assignment]  # Python's own way to say that there is none
    try:
        yield
    finally:
        del sys.modules["rich"]
        if before is not None:
            sys.modules["rich"] = before
