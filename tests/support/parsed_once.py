"""TOML that a process has parsed once: each test of referrals makes a service, which reads sixteen files as it is made.

To parse them was half of that. Whoever asks gets content of their own, so that nobody changes another's.
"""

import pickle
import tomllib
from functools import lru_cache
from typing import Any


def use() -> None:
    """From now on this process parses each text once."""
    parse = tomllib.loads

    @lru_cache(256)
    def parsed(text: str, /, **how: Any) -> bytes:
        return pickle.dumps(parse(text, **how))

    def loads(text: str, /, **how: Any) -> Any:
        return pickle.loads(parsed(text, **how))

    tomllib.loads = loads
