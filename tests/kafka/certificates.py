"""A certificate authority for one test: it vouches for a broker and for a client."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files for TLS in both directions.

    Attributes:
        authority: the certificate that both sides trust.
        broker: the brokers' key and certificate, for localhost and 127.0.0.1.
        certificate: the client's certificate.
        key: its key.
    """

    authority: Path
    broker: Path
    certificate: Path
    key: Path


def make_certificates(directory: Path) -> Certificates:
    """A new authority and what it signs."""
    directory.mkdir(parents=True, exist_ok=True)
    authority, authority_key = directory / "authority.pem", directory / "authority.key"
    _openssl(authority, authority_key, "/CN=authority", "basicConstraints=critical,CA:true")

    signed = ("-CA", str(authority), "-CAkey", str(authority_key))
    broker, broker_key = directory / "broker.crt", directory / "broker.key"
    _openssl(broker, broker_key, "/CN=broker", "subjectAltName=DNS:localhost,IP:127.0.0.1", *signed)
    certificate, key = directory / "client.pem", directory / "client.key"
    _openssl(certificate, key, "/CN=client", "extendedKeyUsage=clientAuth", *signed)

    both = directory / "broker.pem"
    both.write_bytes(broker_key.read_bytes() + broker.read_bytes())
    return Certificates(authority, both, certificate, key)


def _openssl(certificate: Path, key: Path, name: str, extension: str, *signed: str) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "2"),
            *("-subj", name, "-addext", extension),
            *("-out", str(certificate), "-keyout", str(key), *signed),
        ],
        check=True,
        capture_output=True,
    )
