import ssl
import subprocess
from pathlib import Path

import pytest

from detectors.errors import ConfigError
from streams.kafka.oauth import AdminTokens, AiokafkaTokens
from streams.kafka.security import client_options
from streams.settings import Kafka
from tests.kafka.certificates import Certificates, make_certificates

PASSWORD = {"PROBEWATCH_KAFKA_PASSWORD": "hush"}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority, and a certificate of ours with its key."""
    return make_certificates(tmp_path_factory.mktemp("tls") / "certificates")


def encrypt(key: Path, encrypted: Path, password: str) -> None:
    """Write the key anew, so that only the password opens it."""
    command = ["openssl", "pkey", "-in", str(key), "-out", str(encrypted), "-aes256", "-passout"]
    subprocess.run([*command, f"pass:{password}"], check=True)


def test_plain_text_needs_no_more_than_addresses() -> None:
    """Both clients are given the servers and the protocol."""
    options = client_options(Kafka(bootstrap_servers="a:9092, b:9092"), {})

    assert options.for_aiokafka() == options.for_admin()
    assert options.for_admin() == {
        "bootstrap_servers": ["a:9092", "b:9092"],
        "security_protocol": "PLAINTEXT",
    }


def test_a_password_is_given_and_not_shown() -> None:
    """It is an argument of clients, and stands in nothing that is printed."""
    kafka = Kafka(
        security_protocol="SASL_PLAINTEXT", sasl_mechanism="SCRAM-SHA-512", sasl_username="me"
    )

    options = client_options(kafka, PASSWORD)

    assert options.for_aiokafka() == options.for_admin()
    assert options.for_admin() == {
        "bootstrap_servers": ["localhost:9092"],
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "me",
        "sasl_plain_password": "hush",
    }
    assert "hush" not in repr(options)


def test_without_the_password_nothing_begins() -> None:
    """It is told before a broker is asked."""
    kafka = Kafka(security_protocol="SASL_PLAINTEXT", sasl_mechanism="PLAIN", sasl_username="me")

    with pytest.raises(ConfigError, match="set PROBEWATCH_KAFKA_PASSWORD"):
        client_options(kafka, {})


def test_each_client_gets_tokens_in_its_own_way() -> None:
    """Both have the same tokens behind them."""
    kafka = Kafka(
        security_protocol="SASL_SSL",
        sasl_mechanism="OAUTHBEARER",
        oauth_token_url="https://id.example.org/token",  # noqa: S106 - no secret
        oauth_client_id="me",
    )

    options = client_options(kafka, {"PROBEWATCH_KAFKA_OAUTH_SECRET": "hush"})

    assert isinstance(options.for_aiokafka()["sasl_oauth_token_provider"], AiokafkaTokens)
    assert isinstance(options.for_admin()["sasl_oauth_token_provider"], AdminTokens)
    assert "sasl_plain_password" not in options.for_admin()
    with pytest.raises(ConfigError, match="set PROBEWATCH_KAFKA_OAUTH_SECRET"):
        client_options(kafka, {})


@pytest.mark.parametrize("check", [True, False])
def test_certificates_are_read_and_brokers_checked(
    certificates: Certificates, *, check: bool
) -> None:
    """A broker is believed by its certificate always, and by its host's name if so set."""
    kafka = Kafka(
        security_protocol="SSL",
        ssl_ca_file=str(certificates.authority),
        ssl_cert_file=str(certificates.certificate),
        ssl_key_file=str(certificates.key),
        ssl_check_hostname=check,
    )

    context = client_options(kafka, {}).for_aiokafka()["ssl_context"]

    assert context.check_hostname == check
    assert context.verify_mode is ssl.CERT_REQUIRED
    (trusted,) = context.get_ca_certs()
    assert trusted["subject"] == ((("commonName", "authority"),),)


@pytest.mark.parametrize("field", ["ssl_ca_file", "ssl_cert_file", "ssl_key_file"])
@pytest.mark.parametrize("kind", ["gone", "text"])
def test_a_file_that_is_no_certificate_is_named(
    certificates: Certificates, tmp_path: Path, field: str, kind: str
) -> None:
    """Missing or something else: the message has its path."""
    wrong = tmp_path / kind
    if kind == "text":
        wrong.write_text("no certificate")
    files = {
        "ssl_ca_file": str(certificates.authority),
        "ssl_cert_file": str(certificates.certificate),
        "ssl_key_file": str(certificates.key),
    }
    kafka = Kafka(security_protocol="SSL", **files | {field: str(wrong)})  # type: ignore[arg-type]

    with pytest.raises(ConfigError) as caught:
        client_options(kafka, {})

    assert str(wrong) in str(caught.value)


def test_an_encrypted_key_needs_its_password(certificates: Certificates, tmp_path: Path) -> None:
    """Without it nobody is asked at the terminal: the message says what to set."""
    key = tmp_path / "key.pem"
    encrypt(certificates.key, key, "hush")
    kafka = Kafka(
        security_protocol="SSL",
        ssl_cert_file=str(certificates.certificate),
        ssl_key_file=str(key),
    )
    variable = "PROBEWATCH_KAFKA_SSL_KEY_PASSWORD"

    assert client_options(kafka, {variable: "hush"}).ssl_context is not None
    for environ in ({}, {variable: "wrong"}):
        with pytest.raises(ConfigError, match=f"is {variable} right"):
            client_options(kafka, environ)
