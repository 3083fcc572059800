"""The settings of a broker of the test cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .certificates import Certificates

Security = Literal["plaintext", "sasl", "ssl", "sasl_ssl"]
"""What the brokers speak on their second listener, if they have one."""

PROTOCOLS: Mapping[Security, str] = {
    "sasl": "SASL_PLAINTEXT",
    "ssl": "SSL",
    "sasl_ssl": "SASL_SSL",
}
USER = "probewatch"
PASSWORD = "a test's own"  # noqa: S105 - of a broker that lives as long as a test

_MODULE = "org.apache.kafka.common.security"
_LOGIN = {
    "plain": f'{_MODULE}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";',
    "scram-sha-256": f"{_MODULE}.scram.ScramLoginModule required;",
    # Takes tokens that nobody signed; so it needs one of its own.
    "oauthbearer": f"{_MODULE}.oauthbearer.OAuthBearerLoginModule required "
    'unsecuredLoginStringClaim_sub="broker";',
}


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a broker listens on the loopback: for clients, for its peers, and securely."""

    client: int
    controller: int
    secure: int


def server_properties(
    node: int,
    ports: Sequence[Ports],
    data: Path,
    security: Security,
    certificates: Certificates | None,
) -> str:
    """The file that a broker starts from, which is also a controller of the cluster.

    Args:
        node: which of `ports` it is.
        ports: of all brokers.
        data: its own directory.
        security: of its second listener.
        certificates: for that.
    """
    own, brokers = ports[node], len(ports)
    replicas, in_sync = min(3, brokers), 2 if brokers >= 3 else 1
    voters = ",".join(f"{i + 1}@127.0.0.1:{each.controller}" for i, each in enumerate(ports))
    clients = f"CLIENT://127.0.0.1:{own.client}"
    protocols = "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT"
    secure: dict[str, object] = {}
    if security != "plaintext":
        clients += f",SECURE://127.0.0.1:{own.secure}"
        protocols += f",SECURE:{PROTOCOLS[security]}"
        secure = _secure(security, certificates)
    properties: dict[str, object] = {
        "process.roles": "broker,controller",
        "node.id": node + 1,
        "controller.quorum.voters": voters,
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "CLIENT",
        "listeners": f"{clients},CONTROLLER://127.0.0.1:{own.controller}",
        "advertised.listeners": clients,
        "listener.security.protocol.map": protocols,
        "log.dirs": data,
        "auto.create.topics.enable": "false",
        "default.replication.factor": replicas,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": replicas,
        "offsets.topic.num.partitions": 8,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": in_sync,
        "transaction.state.log.num.partitions": 4,
        # Tests wait for these: a first join, a lost member, broker or transaction.
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 1000,
        "broker.session.timeout.ms": 3000,
        "broker.heartbeat.interval.ms": 500,
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": 1000,
        # 128 MB by default, of a heap that is not much larger.
        "log.cleaner.dedupe.buffer.size": 16 << 20,
        "num.network.threads": 2,
        "num.io.threads": 4,
    }
    return "".join(f"{key}={value}\n" for key, value in (properties | secure).items())


def _secure(security: Security, certificates: Certificates | None) -> dict[str, object]:
    listener = "listener.name.secure"
    properties: dict[str, object] = {}
    if security != "ssl":
        properties[f"{listener}.sasl.enabled.mechanisms"] = ",".join(_LOGIN).upper()
        for mechanism, login in _LOGIN.items():
            properties[f"{listener}.{mechanism}.sasl.jaas.config"] = login
    if certificates is not None:
        properties |= {
            f"{listener}.ssl.keystore.type": "PEM",
            f"{listener}.ssl.keystore.location": certificates.broker,
            f"{listener}.ssl.truststore.type": "PEM",
            f"{listener}.ssl.truststore.location": certificates.authority,
            # With a password, TLS only has to hide it.
            f"{listener}.ssl.client.auth": "required" if security == "ssl" else "none",
        }
    return properties
