"""Settings from the environment; each wrong one is answered by a sentence that says what to write instead."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from chassis.brokers import BadCertificate, Brokers, tls_context
from chassis.sealing import RingKey
from chassis.setting_values import Json, Neighbour, Url, brokers, dark, listed, postgres, services_named

Profile = Literal["production", "demo", "test"]
T = TypeVar("T", bound="ServiceSettings")


class TokenGrant(BaseModel):
    """What one bearer token may do. Only the token's SHA-256 is ever configured, never the token.

    ``owners`` limits the caller to what belongs to these; None is no limit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field(min_length=1, max_length=80)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    scopes: frozenset[str]
    owners: frozenset[str] | None = None


class ServiceSettings(BaseSettings):
    """What every service is told by its environment. A service subclasses it and sets ``env_prefix``.

    A field's description ends the sentence "…: write …" that answers a wrong value.
    """

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True, extra="ignore")

    profile: Profile = Field("production", description="production, demo or test")
    database: Annotated[SecretStr, BeforeValidator(postgres)] = Field(
        description="the database's address, postgresql://user:password@host:port/name"
    )
    kafka: Annotated[list[str], NoDecode, BeforeValidator(brokers)] = Field(
        min_length=1, description="the brokers as host:port, separated by commas"
    )
    kafka_ca: Path | None = Field(
        None,
        description="the path of the authority (PEM) that signed the brokers' certificates: TLS is used then",
    )
    kafka_certificate: Path | None = Field(
        None, description="the path of this service's own certificate (PEM), together with KAFKA_KEY"
    )
    kafka_key: Path | None = Field(None, description="the path of the key (PEM) of KAFKA_CERTIFICATE")
    topic_prefix: str = Field(
        "",
        pattern=r"^[A-Za-z0-9._-]{0,60}$",
        description="letters, digits, dots and dashes that go before every topic's name, or nothing",
    )
    authority: str = Field("919", pattern=r"^[0-9]{3}$", description="the authority's code of three digits")
    host: str = Field("127.0.0.1", min_length=1, description="the address to listen on, such as 0.0.0.0")
    port: int = Field(8000, ge=0, le=65535, description="a port from 1 to 65535, or 0 for any free one")
    council: str = Field(
        "Hertfordshire County Council",
        min_length=1,
        max_length=80,
        description="the council's name, as it stands at the top of every page",
    )
    service_title: str = Field(
        "Support for special educational needs",
        min_length=1,
        max_length=80,
        description="the service's name, as it stands at the top of every page",
    )
    contact: str = Field(
        "",
        max_length=200,
        description="whom people ask for help with this site, and how: a line with a phone number or an address",
    )
    brand_colour: Annotated[str, AfterValidator(dark)] = Field(
        "#17483b", description="the council's colour as # and six hex digits, dark enough for white words"
    )
    public_url: Url = Field(
        "", description="the address under which the outside reaches this service, https://…"
    )
    neighbours: Annotated[tuple[Neighbour, ...], NoDecode, BeforeValidator(services_named)] = Field(
        (),
        description="the other services for the menu, by commas: panels=https://…, notifications=https://…",
    )
    sign_in_issuer: Url = Field(
        "", description="the address of the provider that staff sign in with (OpenID Connect), https://…"
    )
    sign_in_client_id: str = Field(
        "", max_length=200, description="the name under which the provider knows this service"
    )
    sign_in_client_secret: SecretStr = Field(
        SecretStr(""), description="the secret that the provider gave for SIGN_IN_CLIENT_ID"
    )
    sign_in_claim: str = Field(
        "sub",
        pattern=r"^[A-Za-z0-9_]{1,60}$",
        description="the claim that staff records hold of each person, such as sub or oid",
    )
    session_idle_minutes: int = Field(60, ge=5, le=720, description="minutes from 5 to 720")
    session_hours: int = Field(12, ge=1, le=24, description="hours from 1 to 24")
    trusted_proxies: Annotated[tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(listed)] = Field(
        (), description="the networks of the proxies in front of this service, such as 10.0.0.0/8, by commas"
    )
    tokens: Annotated[tuple[TokenGrant, ...], NoDecode, Json] = Field(
        (),
        description='a JSON list of {"name", "sha256" (64 hex digits), "scopes": […], "owners": […] or null}',
    )
    tokens_file: Path | None = Field(None, description="the path of a readable file that holds the tokens")
    keyrings: Annotated[dict[str, tuple[RingKey, ...]], NoDecode, Json] = Field(
        {},
        description='a JSON object {topic: [{"kid", "k" (32 bytes in base64url)}]}; the first key seals',
    )
    keyrings_file: Path | None = Field(
        None, description="the path of a readable file that holds the key rings"
    )
    clock: Literal["system", "stepped"] = Field(
        "system", description="system (or stepped, in the profiles demo and test)"
    )
    clock_start: AwareDatetime | None = Field(
        None, description="where a stepped clock begins, such as 2026-11-02T07:00:00+00:00"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="DEBUG, INFO, WARNING or ERROR"
    )
    otlp_endpoint: Url | None = Field(
        None, description="the collector's address for traces, http://host:4318/v1/traces"
    )
    shutdown_seconds: float = Field(20, gt=0, le=300, description="seconds from 1 to 300")
    batch_records: int = Field(500, ge=1, le=10_000, description="a whole number from 1 to 10000")
    outbox_rows: int = Field(
        500_000, ge=1000, le=100_000_000, description="how many events may wait to be published, from 1000 on"
    )
    requests_at_once: int = Field(500, ge=1, le=10_000, description="a whole number from 1 to 10000")
    connections: int = Field(800, ge=10, le=50_000, description="a whole number from 10 to 50000")
    worker_id: str = Field(
        "",
        pattern=r"^[A-Za-z0-9._-]{0,100}$",
        description="a name that this worker alone has and keeps over restarts, or nothing",
    )
    pool_size: int = Field(8, ge=2, le=200, description="a whole number from 2 to 200")

    @property
    def source(self) -> str:
        """The authority's part of ``ce_source``; the service's name follows it."""
        return f"/{self.authority}"

    @property
    def brokers(self) -> Brokers:
        """Where Kafka is. Raises BadCertificate where a file has gone or changed since the start."""
        if self.kafka_ca is None:
            return Brokers.in_clear(self.kafka)
        return Brokers(tuple(self.kafka), tls_context(self.kafka_ca, self.kafka_certificate, self.kafka_key))

    @property
    def rehearsal(self) -> bool:
        """Whether this is a demo or a test, where a stepped clock is allowed."""
        return self.profile in ("demo", "test")

    @model_validator(mode="before")
    @classmethod
    def _read_files(cls, given: Any) -> Any:
        for field in ("tokens", "keyrings"):
            path = given.get(f"{field}_file")
            if not path:
                continue
            if given.get(field):
                raise ValueError(
                    f"{_variable(cls, field)} and {_variable(cls, field)}_FILE are both set: write one"
                )
            try:
                given = {**given, field: Path(path).read_text(encoding="utf-8")}
            except (OSError, ValueError):
                name = _variable(cls, f"{field}_file")
                raise ValueError(f"{name} cannot be read: write the path of a readable file") from None
        return given

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.clock == "stepped" and not self.rehearsal:
            raise ValueError(
                f"{_variable(type(self), 'clock')} is stepped, which only the profiles demo and test allow: "
                f"write system, or set {_variable(type(self), 'profile')}"
            )
        if (self.kafka_certificate is None) != (self.kafka_key is None):
            raise ValueError(
                f"{_variable(type(self), 'kafka_certificate')} and {_variable(type(self), 'kafka_key')} "
                "go together: write both, or neither"
            )
        if self.kafka_certificate is not None and self.kafka_ca is None:
            raise ValueError(
                f"{_variable(type(self), 'kafka_ca')} is missing: a certificate is shown over TLS only, "
                "so write the path of the authority that signed the brokers' certificates"
            )
        try:
            _ = self.brokers  # a file that cannot be used is named at the start, not at the first connection
        except BadCertificate as error:
            raise ValueError(
                f"{_variable(type(self), 'kafka')} cannot be reached over TLS: {error}"
            ) from None
        self._agree_on_sign_in()
        digests = [grant.sha256 for grant in self.tokens]
        if len(digests) != len(set(digests)):
            raise ValueError(
                f"{_variable(type(self), 'tokens')} holds one token twice: write one entry per token"
            )
        return self

    def _agree_on_sign_in(self) -> None:
        needed = ("sign_in_issuer", "sign_in_client_id", "sign_in_client_secret", "public_url")
        secret = self.sign_in_client_secret.get_secret_value()
        given = (self.sign_in_issuer, self.sign_in_client_id, secret, self.public_url)
        if not any(given[:3]):
            return
        if missing := [name for name, value in zip(needed, given, strict=True) if not value]:
            raise ValueError(
                f"{_variable(type(self), missing[0])} is missing: staff can sign in only with it; "
                "write all of SIGN_IN_ISSUER, SIGN_IN_CLIENT_ID, SIGN_IN_CLIENT_SECRET and PUBLIC_URL, or none of "
                "the first three"
            )
        for name, address in (needed[0], given[0]), (needed[3], given[3]):
            if not self.rehearsal and not address.startswith("https://"):
                raise ValueError(
                    f"{_variable(type(self), name)} is not secure: write an address with https://"
                )


def load(settings: type[T]) -> T:
    """The settings from the environment. Ends the process with status 2 and a sentence per wrong variable."""
    try:
        return settings()
    except ValidationError as error:
        complaints = explain(settings, error)
    for complaint in complaints:
        sys.stderr.write(f"{complaint}\n")
    raise SystemExit(2)


def explain(settings: type[BaseSettings], error: ValidationError) -> list[str]:
    """One sentence per wrong setting, with the variable's name and what to write; never the value."""
    return [_sentence(settings, detail) for detail in error.errors(include_input=False, include_url=False)]


def _sentence(settings: type[BaseSettings], detail: Mapping[str, Any]) -> str:
    text = str(detail["msg"]).removeprefix("Value error, ")
    if not detail["loc"]:
        return text
    field, *inner = detail["loc"]
    place = _variable(settings, str(field)) + "".join(f"[{part}]" for part in inner)
    known = settings.model_fields.get(str(field))
    problem = {"missing": "is missing", "value_error": text}.get(detail["type"], "cannot be used")
    return f"{place} {problem}: write {known.description if known and known.description else 'another value'}"


def _variable(settings: type[BaseSettings], field: str) -> str:
    return f"{settings.model_config.get('env_prefix', '')}{field}".upper()
