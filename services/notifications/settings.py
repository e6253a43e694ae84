"""What the notifications service is told by its environment."""

import re
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings
from schemas.notifications_v1 import Way
from services.notifications.domain.adviser import adviser
from services.notifications.domain.hours import FreeDays, QuietHours, is_night


def _address(value: object) -> object:
    try:
        return validate_email(str(value), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise ValueError("is not an e-mail address") from None


def _adviser(line: str) -> str:
    adviser(line)
    return line


_UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_KEY = re.compile(
    r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}-[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
)


class Settings(ServiceSettings):
    """The mail server, the sender, and how fast and how long messages are sent."""

    model_config = SettingsConfigDict(env_prefix="NOTIFICATIONS_", frozen=True, hide_input_in_errors=True)

    channel: Literal["smtp", "fake"] = Field("smtp", description="smtp (or fake, in the profile test)")
    fake_seconds: float = Field(
        0.02, ge=0, le=10, description="seconds that the fake provider takes, 0 to 10"
    )
    email_by: Literal["smtp", "notify"] = Field("smtp", description="smtp or notify: who carries e-mail")
    text_by: Literal["none", "notify"] = Field("none", description="none or notify: who carries texts")
    letter_by: Literal["none", "notify"] = Field("none", description="none or notify: who prints letters")
    notify_url: str = Field(
        "https://api.notifications.service.gov.uk",
        pattern=r"^https?://[^/]+$",
        description="where GOV.UK Notify is",
    )
    notify_key: SecretStr | None = Field(None, description="the account's API key, as Notify shows it once")
    notify_email_template: str | None = Field(
        None, pattern=_UUID, description="the id of the e-mail's template"
    )
    notify_text_template: str | None = Field(None, pattern=_UUID, description="the id of the text's template")
    notify_letter_template: str | None = Field(
        None, pattern=_UUID, description="the id of the letter's template"
    )
    notify_seconds: float = Field(
        15, gt=0, le=60, description="seconds to wait for Notify's answer, up to 60"
    )
    notify_ask_seconds: int = Field(
        360, ge=1, le=3600, description="seconds without a receipt before Notify is asked, 1 to 3600"
    )
    notify_at_once: int = Field(
        16, ge=1, le=100, description="how many requests Notify gets at once, 1 to 100"
    )
    smtp_host: str = Field("127.0.0.1", min_length=1, description="the mail server's host name")
    smtp_port: int = Field(587, ge=1, le=65535, description="the mail server's port, 1 to 65535")
    smtp_tls: Literal["starttls", "implicit", "off"] = Field(
        "starttls", description="starttls, implicit (TLS from the first byte) or off"
    )
    smtp_plain_allowed: bool = Field(
        False, description="true only if the way to the mail server is protected by other means"
    )
    smtp_ca_file: Path | None = Field(None, description="the certificates to trust besides the system's")
    smtp_user: str | None = Field(None, description="the user name at the mail server, or nothing")
    smtp_password: SecretStr | None = Field(None, description="the password at the mail server, or nothing")
    smtp_seconds: float = Field(20, gt=0, le=120, description="seconds to wait for each answer, up to 120")
    sender: Annotated[str, BeforeValidator(_address)] = Field(
        "send-service@council.example", description="the address that messages come from"
    )
    sender_name: str = Field(
        "SEND service", min_length=1, max_length=80, description="a name of 1 to 80 letters"
    )
    enquiries: str = Field(
        "Questions? Ask the school, or the SEND service.",
        description="a line for the foot of each message: whom to ask, and how",
    )
    sendiass: Annotated[str, AfterValidator(_adviser)] = Field(
        "Hertfordshire SENDIASS, 01632 960301",
        max_length=200,
        description="who advises families free and independently: a name, a telephone number and, if you like, an "
        "e-mail address and an https:// page, with commas between",
    )
    at_once: int = Field(
        40, ge=1, le=500, description="how many messages are sent at the same time, 1 to 500"
    )
    group: int = Field(20, ge=1, le=500, description="how many messages are claimed together, 1 to 500")
    lanes: int = Field(2, ge=1, le=16, description="how many groups are in flight, 1 to 16")
    lease_seconds: int = Field(180, ge=5, le=3600, description="seconds that a claim holds, 5 to 3600")
    link_days: int = Field(90, ge=1, le=366, description="days that a family's link works, 1 to 366")
    contact_days: int = Field(
        2, ge=0, le=30, description="days to wait for a person's details before asking a person, 0 to 30"
    )
    night_from: time = Field(
        time(21), description="the hour, in London, from which nobody is disturbed: 21:00"
    )
    night_until: time = Field(
        time(7), description="the hour until which; the same as NIGHT_FROM makes no night: 07:00"
    )
    free_days: FreeDays = Field(
        "christmas", description="days on which nothing is sent: none, christmas or bank-holidays"
    )
    digest_at: time = Field(
        time(17),
        description="the hour, in London, at which small steps go to those who hear of them together: 17:00",
    )

    @property
    def quiet(self) -> QuietHours:
        """When only urgent messages go."""
        return QuietHours(self.night_from, self.night_until, self.free_days)

    draft_translations: bool = Field(
        False, description="true only if translations may be sent that no translator has read yet"
    )

    @property
    def lease(self) -> timedelta:
        """How long a claim holds, in real time."""
        return timedelta(seconds=self.lease_seconds)

    @property
    def ask_after(self) -> timedelta:
        """How long a receipt may take before Notify is asked for the first time, in real time."""
        return timedelta(seconds=self.notify_ask_seconds)

    @property
    def ways(self) -> dict[Way, str]:
        """The ways by which this house tells people, and who carries each."""
        asked: dict[Way, str] = {"email": self.email_by, "text": self.text_by, "letter": self.letter_by}
        return {way: by for way, by in asked.items() if by != "none"}

    @property
    def longest_wait(self) -> float:
        """How long a provider of this house may take over an answer, in seconds."""
        waits = {"smtp": self.smtp_seconds, "notify": self.notify_seconds}
        return max(waits[by] for by in self.ways.values())

    def notify_template(self, way: Way) -> str | None:
        """The id of the one template by which messages of this way pass through the council's account."""
        templates: dict[Way, str | None] = {
            "email": self.notify_email_template,
            "text": self.notify_text_template,
            "letter": self.notify_letter_template,
        }
        return templates[way]

    @model_validator(mode="after")
    def _notify_is_known(self) -> Self:
        by_notify = [way for way, by in self.ways.items() if by == "notify"]
        if not by_notify:
            return self
        if self.notify_key is None or not _KEY.search(self.notify_key.get_secret_value()):
            raise ValueError(
                "NOTIFICATIONS_NOTIFY_KEY is missing or not whole: write the key as Notify showed it, "
                "name and all; it ends in two ids"
            )
        for way in by_notify:
            if self.notify_template(way) is None:
                raise ValueError(
                    f"NOTIFICATIONS_NOTIFY_{way.upper()}_TEMPLATE is missing: write the id of the template in your "
                    "account; `python -m services.notifications notify check` says what it must hold"
                )
        if self.profile == "production" and not self.notify_url.startswith("https://"):
            raise ValueError("NOTIFICATIONS_NOTIFY_URL is not https: write the address with https://")
        if self.lease_seconds < 3 * self.notify_seconds + 5:
            raise ValueError(
                "NOTIFICATIONS_LEASE_SECONDS is too short for Notify's time-outs: write at least "
                f"{int(3 * self.notify_seconds + 6)}"
            )
        return self

    @model_validator(mode="after")
    def _digests_are_sent_by_day(self) -> Self:
        if is_night(self.digest_at, self.quiet):
            raise ValueError(
                "NOTIFICATIONS_DIGEST_AT lies in the night, when nothing is sent: write an hour by day, such as 17:00"
            )
        return self

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.channel == "fake" and self.profile != "test":
            raise ValueError("NOTIFICATIONS_CHANNEL is fake, which only the profile test allows: write smtp")
        if self.profile == "production" and self.smtp_tls == "off" and not self.smtp_plain_allowed:
            raise ValueError(
                "NOTIFICATIONS_SMTP_TLS is off: write starttls or implicit, or set "
                "NOTIFICATIONS_SMTP_PLAIN_ALLOWED if the way to the mail server is protected by other means"
            )
        if self.profile == "production" and not self.public_url.startswith("https://"):
            raise ValueError(
                "NOTIFICATIONS_PUBLIC_URL is missing or not https: write the address of the families' pages"
            )
        if bool(self.smtp_user) != bool(self.smtp_password):
            raise ValueError(
                "NOTIFICATIONS_SMTP_USER and NOTIFICATIONS_SMTP_PASSWORD go together: write both or neither"
            )
        if self.lease_seconds < 3 * self.smtp_seconds + 5:
            raise ValueError(
                "NOTIFICATIONS_LEASE_SECONDS is too short for the mail server's time-outs: write at least "
                f"{int(3 * self.smtp_seconds + 6)}"
            )
        return self
