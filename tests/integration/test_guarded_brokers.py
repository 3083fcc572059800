"""The second listener of the test cluster lets in who may, and nobody else."""

import asyncio
import ssl
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka.abc import AbstractTokenProvider
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tests.kafka.certificates import Certificates, make_certificates
from tests.kafka.cluster import KafkaCluster
from tests.kafka.settings import PASSWORD, PROTOCOLS, USER

# Tokens without a signature: header, claims (until 2100; until 1971), nothing.
_HEADER = "eyJhbGciOiJub25lIn0"
VALID = f"{_HEADER}.eyJzdWIiOiJwcm9iZXdhdGNoIiwiaWF0IjowLCJleHAiOjQxMDI0NDQ4MDB9."
EXPIRED = f"{_HEADER}.eyJzdWIiOiJwcm9iZXdhdGNoIiwiaWF0IjowLCJleHAiOjMxNTM2MDAwfQ."


class Token(AbstractTokenProvider):  # type: ignore[misc]  # ships no types
    """Always the same token."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self) -> str:
        """It."""
        return self._token


def login(mechanism: str, password: str = PASSWORD) -> dict[str, Any]:
    """How the user logs in with a password."""
    return {
        "sasl_mechanism": mechanism,
        "sasl_plain_username": USER,
        "sasl_plain_password": password,
    }


def bearer(token: str) -> dict[str, Any]:
    """How a client logs in with a token."""
    return {"sasl_mechanism": "OAUTHBEARER", "sasl_oauth_token_provider": Token(token)}


def trusting(authority: Certificates, own: Certificates | None = None) -> ssl.SSLContext:
    """Trust one authority, and show a certificate of another or none."""
    context = ssl.create_default_context(cafile=authority.authority)
    if own is not None:
        context.load_cert_chain(own.certificate, own.key)
    return context


async def topics(cluster: KafkaCluster, **credentials: Any) -> list[str]:
    """What the guarded listener tells who comes with these credentials."""
    admin = AIOKafkaAdminClient(
        bootstrap_servers=cluster.secure,
        security_protocol=PROTOCOLS[cluster.security],
        **credentials,
    )
    try:
        await admin.start()
        found: list[str] = await admin.list_topics()
    finally:
        await admin.close()
    return found


@pytest.fixture(scope="module")
def sasl() -> Iterator[KafkaCluster]:
    """A broker that wants a password or a token."""
    with KafkaCluster(security="sasl") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def tls() -> Iterator[tuple[KafkaCluster, Certificates]]:
    """A broker that wants a client's certificate, and the certificates."""
    with KafkaCluster(security="ssl") as cluster:
        assert cluster.certificates is not None
        yield cluster, cluster.certificates


@pytest.mark.parametrize(
    "credentials",
    [login("PLAIN"), login("SCRAM-SHA-256"), bearer(VALID)],
    ids=["plain", "scram", "bearer"],
)
def test_right_credentials_are_let_in(sasl: KafkaCluster, credentials: dict[str, Any]) -> None:
    """Each mechanism lets the user in."""
    assert asyncio.run(topics(sasl, **credentials)) == []


@pytest.mark.parametrize(
    "credentials",
    [login("PLAIN", "wrong"), login("SCRAM-SHA-256", "wrong"), bearer(EXPIRED)],
    ids=["plain", "scram", "bearer"],
)
def test_wrong_credentials_are_refused(sasl: KafkaCluster, credentials: dict[str, Any]) -> None:
    """Each mechanism turns others away."""
    with pytest.raises(KafkaError):
        asyncio.run(topics(sasl, **credentials))


def test_certificate_is_let_in(tls: tuple[KafkaCluster, Certificates]) -> None:
    """A client whose certificate the broker's authority signed gets in."""
    cluster, certificates = tls

    assert asyncio.run(topics(cluster, ssl_context=trusting(certificates, certificates))) == []


def test_no_certificate_is_refused(tls: tuple[KafkaCluster, Certificates]) -> None:
    """A client that shows none is turned away."""
    cluster, certificates = tls

    with pytest.raises(KafkaError):
        asyncio.run(topics(cluster, ssl_context=trusting(certificates)))


def test_certificate_of_another_authority_is_refused(
    tls: tuple[KafkaCluster, Certificates], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """One that someone else signed is as good as none."""
    cluster, certificates = tls
    strangers = make_certificates(tmp_path_factory.mktemp("strangers") / "certificates")

    with pytest.raises(KafkaError):
        asyncio.run(topics(cluster, ssl_context=trusting(certificates, strangers)))


def test_password_goes_through_tls() -> None:
    """Under TLS a password is enough; nobody is asked for a certificate."""
    with KafkaCluster(security="sasl_ssl") as cluster:
        assert cluster.certificates is not None
        context = trusting(cluster.certificates)

        assert asyncio.run(topics(cluster, ssl_context=context, **login("SCRAM-SHA-256"))) == []
