"""The broker of a benchmark: topics on it, how large they are on disk, what work it had."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from tests.kafka.cluster import KafkaCluster

_CLEANER_MS = "500"
"""Between two looks of the log cleaner for work; Kafka's own are 15 seconds apart."""


class Broker:
    """The one broker of a cluster.

    Attributes:
        bootstrap: where it is.
    """

    def __init__(self, cluster: KafkaCluster) -> None:
        self.bootstrap = cluster.bootstrap
        self._data: Path = cluster.directory / "broker-0" / "data"
        self._stat = Path(f"/proc/{cluster.process_id(0)}/stat")
        self._largest: dict[Path, int] = {}

    def cpu_seconds(self) -> float:
        """That it has used, in user and in system mode."""
        fields = self._stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kept_bytes(self, topic: str) -> int:
        """Of a topic's records on disk now."""
        return sum(self._sizes(topic).values())

    def written_bytes(self, topic: str) -> int:
        """Of a topic's records that ever were on disk; not after they have been compacted."""
        self._largest |= self._sizes(topic)
        return sum(size for path, size in self._largest.items() if topic in path.parent.name)

    def _sizes(self, topic: str) -> Mapping[Path, int]:
        return {path: path.stat().st_size for path in self._data.glob(f"{topic}-0/*.log")}

    async def prepare(self) -> None:
        """Have the log cleaner look for work more often."""
        async with self._admin() as admin:
            await admin.alter_configs(
                [
                    ConfigResource(
                        ConfigResourceType.BROKER, "1", {"log.cleaner.backoff.ms": _CLEANER_MS}
                    )
                ]
            )

    async def configure(self, topic: str, config: Mapping[str, str]) -> None:
        """Give a topic these settings and no others."""
        async with self._admin() as admin:
            resource = ConfigResource(ConfigResourceType.TOPIC, topic, dict(config))
            await admin.alter_configs([resource])

    @asynccontextmanager
    async def topic(self, config: Mapping[str, str]) -> AsyncIterator[str]:
        """A topic of one partition that is gone afterwards."""
        name = f"bench-checkpoints-{uuid4().hex[:8]}"
        async with self._admin() as admin:
            await admin.create_topics([NewTopic(name, 1, 1, topic_configs=dict(config))])
            yield name
            await admin.delete_topics([name])

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()
