"""The key by which a request is done once, however often it is sent."""

from typing import Annotated

from fastapi import Header

#: Printable ASCII that neither begins nor ends with a blank: those would be lost on the way.
Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern="^[!-~]([ -~]*[!-~])?$"),
]
