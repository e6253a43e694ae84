"""What all tables of a panel's file have in common."""

from pydantic import BaseModel, ConfigDict

#: How a code is written: small letters and figures, in words with a hyphen between them.
CODE = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class Part(BaseModel):
    """A table of a panel's file: a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
