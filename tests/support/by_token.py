"""For Schemathesis, which loads this file: what it asks with one token is asked with others too.

To make requests of a document costs far more than to send them, and is the same for every token.
"""

import json
import os
from collections import Counter
from typing import Any

import requests
import schemathesis

_OTHERS = json.loads(os.environ["FINGERPOST_OTHERS"])
_SESSION = requests.Session()
_SENT: Counter[tuple[str, str, str]] = Counter()


@schemathesis.check
def answers_every_token_as_described(context: Any, response: Any, case: Any) -> bool | None:
    """Sends the first so many requests of each operation, kind and phase with each of the other tokens.

    All checks look at each answer, and raise; answers True where there was nothing to send.
    """
    phase, kind = case.meta.phase.name.value, case.meta.generation.mode.value
    key = (case.operation.label, phase, kind)
    if phase not in _OTHERS["phases"] or _SENT[key] >= _OTHERS["examples"]:
        return True
    _SENT[key] += 1
    for token in _OTHERS["tokens"]:
        case.call_and_validate(
            session=_SESSION,
            headers={"Authorization": f"Bearer {token}"},
            excluded_checks=[answers_every_token_as_described],
            timeout=60,
        )
    return None
