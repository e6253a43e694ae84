"""Sealing."""

import base64
import binascii

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator


class RingKey(BaseModel):
    """One symmetric key of a ring: its id, and 32 bytes in base64url."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kid: str = Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")
    k: SecretStr

    @field_validator("k")
    @classmethod
    def _thirty_two_bytes(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        try:
            size = len(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except (ValueError, binascii.Error):
            size = 0
        if size != 32:
            raise ValueError("is not a key of 32 bytes")
        return value
