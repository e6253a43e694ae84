"""What the referrals service is told by its environment."""

from pathlib import Path
from typing import Annotated, Any, Self

from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import NoDecode, SettingsConfigDict

from chassis.setting_values import Json
from chassis.settings import ServiceSettings
from services.referrals.files import HERE
from services.referrals.vault import RING


def _ec_key(value: Any) -> ECKey:
    try:
        key = ECKey.import_key(value)
    except (JoseError, ValueError, TypeError, KeyError):
        raise ValueError("is not an EC key as a JWK") from None
    if key.curve_name != "P-256" or not key.kid:
        raise ValueError("is not a P-256 key with a kid")
    return key


class Sender(BaseModel):
    """A school system that may send referrals as events: its key, its ``ce_source`` and its schools."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field(min_length=1, max_length=80)
    source: str = Field(pattern=r"^[A-Za-z0-9._:/-]{1,100}$")
    urns: frozenset[str] = Field(min_length=1)
    key: dict[str, Any]

    @field_validator("key")
    @classmethod
    def _public(cls, value: dict[str, Any]) -> dict[str, Any]:
        if "d" in value:
            raise ValueError("is a private key: register the public one only")
        _ec_key(value)
        return value

    @property
    def public_key(self) -> ECKey:
        """The key that its signatures are checked with."""
        return _ec_key(self.key)


def _private(value: Any) -> Any:
    if isinstance(value, ECKey):
        return value
    key = _ec_key(value)
    if not key.is_private:
        raise ValueError("is a public key: the private one opens what senders sealed")
    return key


PrivateKey = Annotated[ECKey, BeforeValidator(_private)]


class Settings(ServiceSettings):
    """The data folder, the secret behind the children's ids, and who may send referrals as events."""

    model_config = SettingsConfigDict(
        env_prefix="REFERRALS_", frozen=True, hide_input_in_errors=True, arbitrary_types_allowed=True
    )

    data: Path = Field(
        HERE, description="the folder that holds areas.toml, closures.toml, register, teams and routing"
    )
    identity_secret: SecretStr = Field(
        min_length=32,
        description="32 or more random characters; the same for ever, or children would get new ids",
    )
    submission_keys: Annotated[tuple[PrivateKey, ...], NoDecode, Json] = Field(
        (), description="a JSON list of private P-256 JWKs, each with a kid, that open submissions"
    )
    senders: Annotated[tuple[Sender, ...], NoDecode, Json] = Field(
        (), description='a JSON list of {"name", "source", "urns": […], "key": a public P-256 JWK with a kid}'
    )

    sali_answers_within: int = Field(
        2, ge=1, le=20, description="working days within which Ask SALI promises to answer a question"
    )

    evidence_store: str = Field(
        "",
        pattern=r"^$|^file:///.+|^s3://.+",
        description="where uploaded files are kept, file:///a/folder or s3://bucket/folder; nothing takes none",
    )
    evidence_mb: int = Field(20, ge=1, le=200, description="the megabytes of the largest file, from 1 to 200")
    clamd: str = Field(
        "",
        pattern=r"^$|^[A-Za-z0-9._-]+:[0-9]{1,5}$",
        description="host:port of ClamAV's clamd; while it is not set nobody can open what was uploaded",
    )

    keep_child_years: int = Field(
        31,
        ge=25,
        le=100,
        description="years after the birth of a child until all that is held about it may go",
    )
    keep_enquiry_years: int = Field(
        6, ge=1, le=50, description="years after its last change until a school's question may go"
    )

    @model_validator(mode="after")
    def _files_have_keys(self) -> Self:
        if self.evidence_store and not self.keyrings.get(RING):
            raise ValueError(
                f'REFERRALS_KEYRINGS holds no ring "{RING}": write one, since REFERRALS_EVIDENCE_STORE is set'
            )
        return self

    @model_validator(mode="after")
    def _one_key_each(self) -> Self:
        kids = [sender.public_key.kid for sender in self.senders]
        if len(kids) != len(set(kids)):
            raise ValueError("REFERRALS_SENDERS holds one kid twice: give each sender's key its own kid")
        if self.senders and not self.submission_keys:
            raise ValueError(
                "REFERRALS_SUBMISSION_KEYS is missing: write the keys that open what senders seal"
            )
        return self
