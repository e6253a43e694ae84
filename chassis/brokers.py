"""Where Kafka is and how it is reached: in clear on a network of one's own, else over TLS under a certificate."""

import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import chassis.connections  # noqa: F401  # of every client


class BadCertificate(ValueError):
    """A file of certificates or keys cannot be used; the text says which."""


@dataclass(frozen=True, slots=True)
class Brokers:
    """The brokers' addresses ("host:port"), and the TLS context where they are to be reached through TLS."""

    addresses: tuple[str, ...]
    tls: ssl.SSLContext | None = None

    @classmethod
    def in_clear(cls, addresses: Iterable[str]) -> "Brokers":
        """Brokers on a network that nobody else can listen to."""
        return cls(tuple(addresses))

    @property
    def client(self) -> dict[str, Any]:
        """What every client of aiokafka is told of them."""
        known: dict[str, Any] = {"bootstrap_servers": list(self.addresses)}
        return known if self.tls is None else {**known, "security_protocol": "SSL", "ssl_context": self.tls}


def tls_context(ca: Path, certificate: Path | None, key: Path | None) -> ssl.SSLContext:
    """A context that knows the brokers by ``ca``, and is known to them by ``certificate`` (PEM files).

    Raises BadCertificate.
    """
    try:
        context = ssl.create_default_context(cafile=str(ca))
    except (OSError, ssl.SSLError):
        raise BadCertificate(f"{ca.name} holds no certificates in PEM that can be read") from None
    if certificate is not None:
        try:
            context.load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError):
            raise BadCertificate(
                f"{certificate.name} and {key.name if key else 'its key'} are no certificate with its key in PEM"
            ) from None
    return context
