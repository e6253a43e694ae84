"""`python -m deploy.compose.env` (`make env`): an .env with fresh secrets for docker-compose.yml.

The bearer tokens themselves are printed once and kept nowhere: .env holds their digests.
"""

import os
import secrets
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from deploy.local.credentials import Credentials, make_credentials
from schemas.services import SERVICES

ENV = Path(__file__).parents[2] / ".env"

_HEAD = """\
# Secrets and settings for docker-compose.yml; .env.example explains each. Keep this file to yourself.
# What stands empty is yours to fill in: nothing starts before.
"""
#: What only the people who run it can know; empty, so that compose stops and says what to write.
_YOURS = (
    "FINGERPOST_AUTHORITY",
    "NOTIFICATIONS_PUBLIC_URL",
    "NOTIFICATIONS_SMTP_HOST",
    "NOTIFICATIONS_SENDER",
)
_OPTIONAL = (
    "NOTIFICATIONS_SMTP_USER",
    "NOTIFICATIONS_SMTP_PASSWORD",
    "FINGERPOST_SIGN_IN_ISSUER",
    *(f"{name.upper()}_SIGN_IN_CLIENT_{part}" for name in SERVICES for part in ("ID", "SECRET")),
)


def main() -> int:
    """Write .env unless there is one; print the tokens; return the exit status."""
    made = make_credentials((), {})
    try:
        write(ENV, fresh(made))
    except FileExistsError:
        print(f"{ENV} is there already and was left alone: move it away for a new one.", file=sys.stderr)
        return 1
    print(f"Written to {ENV}. Fill in what stands empty there. Hand out these tokens; they are kept nowhere:")
    for caller, token in made.tokens.items():
        if caller != "driver":
            print(f"  {caller:13} {token}")
    return 0


def fresh(made: Credentials, password: Callable[[], str] = lambda: secrets.token_hex(24)) -> dict[str, str]:
    """The variables of docker-compose.yml in order, with these secrets; empty where a person must decide."""
    databases = ("POSTGRES_PASSWORD", *(f"{name.upper()}_DATABASE_PASSWORD" for name in SERVICES))
    return {
        **dict.fromkeys(_YOURS, ""),
        **dict.fromkeys(_OPTIONAL, ""),
        **{variable: password() for variable in databases},
        "REFERRALS_IDENTITY_SECRET": made.identity_secret,
        "REFERRALS_SUBMISSION_KEYS": made.submission_keys(),
        **{f"{name.upper()}_TOKENS": made.tokens_of(name) for name in SERVICES},
        **{f"{name.upper()}_KEYRINGS": made.rings_of(name) for name in SERVICES},
    }


def write(path: Path, variables: Mapping[str, str]) -> None:
    """Write them for the owner's eyes alone. Raises FileExistsError rather than replace a file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(_HEAD + "".join(lines(variables.items())))


def lines(variables: Iterable[tuple[str, str]]) -> Iterable[str]:
    """Each as a line that compose takes literally: in single quotes, which none of the values contains."""
    for name, value in variables:
        if "'" in value or "\n" in value:
            raise ValueError(f"{name} holds a quote or a line's end, which an .env cannot carry")
        yield f"{name}='{value}'\n"


if __name__ == "__main__":
    sys.exit(main())
