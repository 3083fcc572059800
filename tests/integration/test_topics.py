"""`probewatch topics` on brokers, as one calls it."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from click.testing import CliRunner, Result

from streams.commands.topics import topics
from streams.embedded import EmbeddedBroker
from streams.kafka.security import client_options
from streams.settings import Kafka
from tests.kafka.cluster import KafkaCluster
from tests.kafka.settings import PASSWORD, PROTOCOLS, USER
from tests.tokens import token_server

# Claims that nobody signed, until 2100.
TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJwcm9iZXdhdGNoIiwiaWF0IjowLCJleHAiOjQxMDI0NDQ4MDB9."  # noqa: S105

Call = Callable[..., Result]


@pytest.fixture(params=["embedded", "kafka"])
def address(request: pytest.FixtureRequest) -> str:
    """Of one broker after the other."""
    broker = request.getfixturevalue(request.param)
    return broker.address if isinstance(broker, EmbeddedBroker) else str(broker.bootstrap)


@pytest.fixture
def names(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings that give this test topics of its own."""
    own = request.node.name.translate(str.maketrans("[]", "--"))
    topics = ("queries", "alerts", "alerts_current", "shadow_alerts", "rejects")
    return {"application": own} | {name: f"{own}-{name}".replace("_", "-") for name in topics}


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Call `probewatch topics` with settings of `[kafka]`."""
    monkeypatch.delenv("PROBEWATCH_CONFIG", raising=False)

    def called(*arguments: str, env: dict[str, str] | None = None, **kafka: Any) -> Result:
        path = tmp_path / "probewatch.toml"
        path.write_text(settings(kafka))
        return CliRunner().invoke(topics, [*arguments, "--config", str(path)], env=env)

    return called


def settings(kafka: dict[str, Any]) -> str:
    """A file with a section `[kafka]`."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in kafka.items()]
    return "\n".join(["[kafka]", *lines])


def states(result: Result) -> list[str]:
    """The second column of the table."""
    return [line.split()[1] for line in result.stdout.splitlines()[2:]]


async def make(topic: str, partitions: int, config: dict[str, str], servers: str) -> None:
    """Make a topic as somebody else would."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=config)])
    finally:
        await admin.close()


async def write(topic: str, records: int, servers: str) -> None:
    """Put records into the first partition."""
    async with AIOKafkaProducer(bootstrap_servers=servers) as producer:
        for _ in range(records):
            await producer.send_and_wait(topic, b"{}", partition=0)


async def commit(topic: str, group: str, offset: int, servers: str) -> None:
    """Have a group read the first partition up to an offset."""
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, group_id=group, enable_auto_commit=False)
    consumer.assign([TopicPartition(topic, 0)])
    await consumer.start()
    try:
        await consumer.commit({TopicPartition(topic, 0): offset})
    finally:
        await consumer.stop()


def test_topics_are_missing_then_created_then_fine(
    call: Call, address: str, names: dict[str, str]
) -> None:
    """The exit code tells a script what the table tells a person."""
    before = call("check", bootstrap_servers=address, **names)
    made = call("create", bootstrap_servers=address, **names)
    again = call("create", bootstrap_servers=address, **names)
    after = call("check", bootstrap_servers=address, **names)

    assert [set(states(each)) for each in (before, made, again, after)] == [
        {"missing"},
        {"created"},
        {"fine"},
        {"fine"},
    ]
    assert [each.exit_code for each in (before, made, again, after)] == [1, 0, 0, 0]


def test_topics_that_somebody_else_made_are_judged(
    call: Call, address: str, names: dict[str, str]
) -> None:
    """Too few partitions and a wrong policy are told, and left as they are."""
    own = names["application"]
    asyncio.run(make(names["queries"], 5, {}, address))
    asyncio.run(make(names["alerts"], 1, {"cleanup.policy": "compact"}, address))
    asyncio.run(make(f"{own}.actors", 3, {"max.message.bytes": "1000"}, address))

    result = call("create", bootstrap_servers=address, **names)

    lines = dict(line.split(maxsplit=1) for line in result.stdout.splitlines()[2:])
    assert result.exit_code == 1
    assert lines[names["queries"]] == "fine"
    assert lines[names["alerts"]] == "differs  has cleanup.policy=compact, expected delete"
    assert lines[f"{own}.actors"].startswith("wrong    has 3 partitions, expected 8; ")
    assert "has max.message.bytes=1000, expected 2097152" in lines[f"{own}.actors"]
    assert lines[f"{own}.control"] == "created"


def test_a_description_shows_records_and_lag(
    call: Call, address: str, names: dict[str, str]
) -> None:
    """What was written and not yet read stands there, for a person and for a program."""
    own, queries = names["application"], names["queries"]
    call("create", bootstrap_servers=address, **names)
    asyncio.run(write(queries, 7, address))
    asyncio.run(commit(queries, own, 3, address))

    shown = call("describe", bootstrap_servers=address, **names)
    plain = call("describe", "--json", bootstrap_servers=address, **names)

    rows = [line.split() for line in shown.stdout.splitlines()]
    assert shown.exit_code == 0
    assert [queries, "fine", "8", "1", "7"] in rows
    assert [f"{own}.state.actors", "fine", "delete", "for", "ever", "8", "1", "0"] in rows
    assert [queries, "0", "3", "7", "4"] in rows
    described = {each["topic"]: each for each in map(json.loads, plain.stdout.splitlines())}
    assert described[queries]["partitions"][0] == {
        "partition": 0,
        "begin": 0,
        "end": 7,
        "committed": 3,
        "lag": 4,
    }
    assert described[f"{own}.control"]["config"]["cleanup.policy"] == "compact,delete"


def test_a_description_of_nothing_is_not_fine(
    call: Call, address: str, names: dict[str, str]
) -> None:
    """All is missing, and nothing was read."""
    result = call("describe", bootstrap_servers=address, **names)

    assert result.exit_code == 1
    assert f"Nothing was read by {names['application']} yet." in result.stdout


def test_too_many_copies_are_refused_by_kafka(
    call: Call, kafka: KafkaCluster, names: dict[str, str]
) -> None:
    """The broker's own reason is told."""
    result = call("create", bootstrap_servers=kafka.bootstrap, replication_factor=3, **names)

    assert result.exit_code == 1
    assert set(states(result)) == {"wrong"}
    assert "replication factor of 3 cannot be reached" in result.stdout


def run(directory: Path, env: dict[str, str], **kafka: Any) -> tuple[int, str]:
    """Exit code and standard error of `topics check` in a process of its own.

    Where connecting fails, kafka-python leaves sockets open, which pytest minds.
    """
    path = directory / "probewatch.toml"
    path.write_text(settings(kafka))
    ended = subprocess.run(
        ["probewatch", "topics", "check", "--config", path],
        env=os.environ | env | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stderr


def test_a_broker_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Nothing listens at the port."""
    assert run(tmp_path, {}, bootstrap_servers="127.0.0.1:1") == (
        1,
        "probewatch: 127.0.0.1:1: no broker can be reached over PLAINTEXT: 111 ECONNREFUSED\n",
    )


def test_a_broker_that_does_not_speak_tls_is_given_up(
    tmp_path: Path, embedded: EmbeddedBroker
) -> None:
    """It takes the connection and says nothing."""
    status, told = run(tmp_path, {}, bootstrap_servers=embedded.address, security_protocol="SSL")

    assert status == 1
    assert told == (
        f"probewatch: {embedded.address}: no broker can be reached over SSL: no answer\n"
    )


@pytest.fixture(scope="module")
def guarded() -> Iterator[KafkaCluster]:
    """A broker that wants a password or a token, through TLS."""
    with KafkaCluster(security="sasl_ssl") as cluster:
        yield cluster


@pytest.fixture
def secure(guarded: KafkaCluster) -> dict[str, Any]:
    """Settings for it that lack only how to log in."""
    assert guarded.certificates is not None
    return {
        "bootstrap_servers": guarded.secure,
        "security_protocol": PROTOCOLS[guarded.security],
        "ssl_ca_file": str(guarded.certificates.authority),
    }


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
def test_a_password_lets_in(
    call: Call, tmp_path: Path, secure: dict[str, Any], mechanism: str
) -> None:
    """A wrong one is told as that, and none at all before a broker is asked."""
    secure |= {"sasl_mechanism": mechanism, "sasl_username": USER}

    right = call("check", env={"PROBEWATCH_KAFKA_PASSWORD": PASSWORD}, **secure)
    wrong = run(tmp_path, {"PROBEWATCH_KAFKA_PASSWORD": "wrong"}, **secure)
    none = run(tmp_path, {}, **secure)

    assert set(states(right)) == {"missing"}
    assert wrong[0] == 1
    assert "no broker can be reached over SASL_SSL: " in wrong[1]
    assert "Authentication failed" in wrong[1] or "refuse a login" in wrong[1]
    assert none[0] == 2
    assert "no password for Kafka: set PROBEWATCH_KAFKA_PASSWORD or" in none[1]


def test_a_token_lets_in_both_clients(call: Call, secure: dict[str, Any]) -> None:
    """One is fetched for administration, one for the service's own clients."""
    secret = {"PROBEWATCH_KAFKA_OAUTH_SECRET": "hush"}
    with token_server() as server:
        server.answer = {"access_token": TOKEN, "expires_in": 60}
        secure |= {
            "sasl_mechanism": "OAUTHBEARER",
            "oauth_token_url": server.url,
            "oauth_client_id": USER,
        }

        result = call("check", env=secret, **secure)
        options = client_options(Kafka(**secure), secret)
        found = asyncio.run(listed(**options.for_aiokafka()))

    assert set(states(result)) == {"missing"}
    assert found == []
    assert len(server.asked) == 2


def test_a_token_that_is_refused_is_told(tmp_path: Path, secure: dict[str, Any]) -> None:
    """The message is the token endpoint's, not a client's that it could not connect."""
    with token_server() as server:
        server.status, server.answer = 401, {"error": "invalid_client"}
        status, told = run(
            tmp_path,
            {"PROBEWATCH_KAFKA_OAUTH_SECRET": "hush"},
            sasl_mechanism="OAUTHBEARER",
            oauth_token_url=server.url,
            oauth_client_id=USER,
            **secure,
        )

    assert status == 1
    assert f"no token from {server.url} for {USER}: status 401 invalid_client" in told


def test_a_broker_that_nobody_vouches_for_is_not_believed(
    tmp_path: Path, secure: dict[str, Any]
) -> None:
    """Without the authority's certificate the password is not sent."""
    del secure["ssl_ca_file"]

    status, told = run(
        tmp_path,
        {"PROBEWATCH_KAFKA_PASSWORD": PASSWORD},
        sasl_mechanism="PLAIN",
        sasl_username=USER,
        **secure,
    )

    assert status == 1
    assert "no broker can be reached over SASL_SSL: " in told
    assert "CERTIFICATE_VERIFY_FAILED" in told


async def listed(**options: Any) -> list[str]:
    """The topics that aiokafka is told."""
    admin = AIOKafkaAdminClient(**options)
    try:
        await admin.start()
        found: list[str] = await admin.list_topics()
    finally:
        await admin.close()
    return found
