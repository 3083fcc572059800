from pathlib import Path

import pytest

from detectors.errors import ConfigError
from streams.settings import FaultyConfigError, Settings, kafka_oauth_secret, kafka_password, load
from streams.settings.kafka import Kafka


def faults(directory: Path, text: str) -> list[str]:
    """What is wrong with a section `[kafka]` of these lines."""
    path = directory / "probewatch.toml"
    path.write_text(f"[kafka]\n{text}\n")
    try:
        load(path)
    except FaultyConfigError as error:
        return [line.removeprefix(f"{path}: kafka: ") for line in error.lines]
    return []


@pytest.mark.parametrize(
    "text",
    [
        "",
        'bootstrap_servers = "b-1.example.org:9092,10.0.0.1:9092, [::1]:9093"',
        'security_protocol = "SSL"\nssl_cert_file = "c"\nssl_key_file = "k"',
        'security_protocol = "SASL_PLAINTEXT"\nsasl_mechanism = "PLAIN"\nsasl_username = "me"',
        (
            'security_protocol = "SASL_SSL"\nsasl_mechanism = "OAUTHBEARER"\n'
            'oauth_token_url = "https://id.example.org/token"\noauth_client_id = "me"'
        ),
        (
            'security_protocol = "SASL_SSL"\nsasl_mechanism = "OAUTHBEARER"\n'
            'oauth_token_url = "http://127.0.0.1:8080/token"\noauth_client_id = "me"'
        ),
    ],
)
def test_what_people_run_is_valid(tmp_path: Path, text: str) -> None:
    """Plain text, certificates, passwords and tokens, each with what it needs."""
    assert not faults(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        *(
            (
                f'bootstrap_servers = "{servers}"',
                (
                    "bootstrap_servers: expected host:port, with commas between several, "
                    f'got "{wrong}"'
                ),
            )
            for servers, wrong in [
                ("", ""),
                ("kafka", "kafka"),
                ("a:9092,", ""),
                ("a:9092, b:0", "b:0"),
                ("a:65536", "a:65536"),
                ("kafka://a:9092", "kafka://a:9092"),
            ]
        ),
        (
            "replication_factor = 0",
            "replication_factor: expected at least 1, or -1 for the brokers' default, got 0",
        ),
        (
            'alerts = "face search"',
            (
                "alerts: expected at most 249 letters, digits, dots, underscores and hyphens, "
                'got "face search"'
            ),
        ),
        (
            'rejects = "face_search.queries"\nqueries = "face.search.queries"',
            "rejects: expected another topic than that of queries",
        ),
        (
            'queries = "probewatch.audit"',
            "queries: expected another topic than one that Probewatch keeps for itself",
        ),
        (
            'application = "a"\ndecisions = "a.state_actors"',
            "decisions: expected another topic than one that Probewatch keeps for itself",
        ),
        (
            'security_protocol = "SSL"\nssl_cert_file = "c"',
            "ssl_key_file: missing; ssl_cert_file needs it",
        ),
        ('security_protocol = "SASL_SSL"', "sasl_mechanism: missing; SASL_SSL needs it"),
        (
            'security_protocol = "SASL_SSL"\nsasl_mechanism = "SCRAM-SHA-512"',
            "sasl_username: missing; SCRAM-SHA-512 needs it",
        ),
        ('ssl_ca_file = "ca.pem"', "ssl_ca_file: has no effect with PLAINTEXT"),
        (
            'security_protocol = "SSL"\nsasl_username = "me"',
            "sasl_username: has no effect with SSL",
        ),
        (
            (
                'security_protocol = "SASL_SSL"\nsasl_mechanism = "OAUTHBEARER"\n'
                'oauth_token_url = "http://id.example.org/token"\noauth_client_id = "me"'
            ),
            'oauth_token_url: expected an https address, got "http://id.example.org/token"',
        ),
    ],
)
def test_what_cannot_work_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    """Each demand has its message."""
    assert faults(tmp_path, text) == [fault]


def test_all_that_is_missing_is_told_at_once(tmp_path: Path) -> None:
    """Nobody repairs a section line by line."""
    text = 'security_protocol = "SASL_SSL"\nsasl_mechanism = "OAUTHBEARER"\nssl_key_file = "k"'

    assert faults(tmp_path, text) == [
        "ssl_cert_file: missing; ssl_key_file needs it",
        "oauth_token_url: missing; OAUTHBEARER needs it",
        "oauth_client_id: missing; OAUTHBEARER needs it",
    ]


def test_durations_of_the_service_are_within_reason(tmp_path: Path) -> None:
    """With no checkpoint for days, what a recovery reads again would be gone by then."""
    path = tmp_path / "probewatch.toml"
    path.write_text(
        '[service]\nquiet_after = "0s"\nsession_timeout = "0s"\ncheckpoint_interval = "4d"\n'
    )

    with pytest.raises(FaultyConfigError) as caught:
        load(path)

    assert [line.removeprefix(f"{path}: service: ") for line in caught.value.lines] == [
        "checkpoint_interval: expected 1s to 1h, got 4d",
        "session_timeout: expected 6s to 30m, got 0s",
        "quiet_after: expected 1s to 3650d, got 0s",
    ]


def test_files_are_seen_from_the_configuration(tmp_path: Path) -> None:
    """A relative path starts where the file is; names of topics are no paths."""
    path = tmp_path / "probewatch.toml"
    path.write_text(
        '[kafka]\nsecurity_protocol = "SSL"\nssl_ca_file = "tls/ca.pem"\nalerts = "mine"\n'
        'ssl_cert_file = "/etc/cert.pem"\nssl_key_file = "tls/key.pem"\n'
    )

    kafka = load(path).kafka

    assert kafka.ssl_ca_file == str(tmp_path / "tls" / "ca.pem")
    assert kafka.ssl_cert_file == "/etc/cert.pem"
    assert kafka.ssl_key_file == str(tmp_path / "tls" / "key.pem")
    assert kafka.alerts == "mine"


def test_where_alerts_go_does_not_change_how_is_judged(tmp_path: Path) -> None:
    """The hash that stands in alerts is of what judges."""
    path = tmp_path / "probewatch.toml"
    path.write_text('[kafka]\npartitions = 3\napplication = "x"\n[service]\nstandby = true\n')

    settings = load(path)

    assert (settings.kafka.partitions, settings.service.standby) == (3, True)
    assert settings.config_hash == Settings().config_hash


def test_passwords_come_from_the_environment_or_a_file(tmp_path: Path) -> None:
    """The environment goes first; the line break that ends a file is no part of the password."""
    (tmp_path / "password").write_text("with space \r\n")
    (tmp_path / "secret").write_text("s3cret\n")
    kafka = Kafka(
        security_protocol="SASL_SSL",
        sasl_mechanism="PLAIN",
        sasl_username="me",
        sasl_password_file=str(tmp_path / "password"),
        oauth_secret_file=str(tmp_path / "secret"),
    )

    assert kafka_password(kafka, {}) == "with space "
    assert kafka_password(kafka, {"PROBEWATCH_KAFKA_PASSWORD": "other"}) == "other"
    assert kafka_oauth_secret(kafka, {}) == "s3cret"
    assert kafka_oauth_secret(kafka, {"PROBEWATCH_KAFKA_OAUTH_SECRET": "other"}) == "other"


def test_a_missing_password_is_a_configuration_error(tmp_path: Path) -> None:
    """The message says where one could be set, and names a file that has none."""
    with pytest.raises(ConfigError, match=r"set PROBEWATCH_KAFKA_PASSWORD or \[kafka\] sasl_pass"):
        kafka_password(Kafka(), {})
    (tmp_path / "empty").write_text("\n")
    log_in = {"security_protocol": "SASL_SSL", "sasl_mechanism": "PLAIN", "sasl_username": "me"}
    for name, message in [("empty", "is empty"), ("gone", "cannot be read: No such file")]:
        kafka = Kafka(**log_in, sasl_password_file=str(tmp_path / name))  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match=f"{name}: {message}"):
            kafka_password(kafka, {})
