"""A British postal address as people type it, in one line or several: what stands on its envelope."""

import re

_POSTCODE = r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}"
_LAST = re.compile(rf"(?P<town>.*\S)\s+(?P<postcode>{_POSTCODE})", re.IGNORECASE)
_ALONE = re.compile(_POSTCODE, re.IGNORECASE)
#: Without the name. More than six do not fit into the window of an envelope.
_FEWEST, _MOST = 2, 6


def lines(address: str | None) -> tuple[str, ...]:
    """The lines without a name, the postcode last and alone; none where it is too short, too long, or has none."""
    found = [line.strip() for line in re.split(r"[\n,]", address or "") if line.strip()]
    if found and (last := _LAST.fullmatch(found[-1])):
        found[-1:] = last["town"], last["postcode"]
    if not found or not _ALONE.fullmatch(found[-1]):
        return ()
    return tuple(found) if _FEWEST <= len(found) <= _MOST else ()
