"""The audit trail beside a worker's own work."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from streams.audit.file import AuditFile
from streams.audit.scribe import Scribe, Sources, Writing

from .flow import Partition
from .tools import Tools
from .worker import Worker


@asynccontextmanager
async def audited(
    tools: Tools, options: Mapping[str, Any], worker: Worker, *, durable: bool
) -> AsyncIterator[None]:
    """Keep the trail while this is open and the worker has the first partition of actors.

    There is always one owner of that, and never two for long. Nothing is kept where that was set,
    or by a broker that is not `durable`, since it has no transactions.
    """
    settings, topics = tools.settings, tools.topics
    if not (durable and settings.audit.enabled):
        yield
        return
    name = topics.audit.name
    copy = AuditFile(Path(settings.audit.copy_file)) if settings.audit.copy_file else None
    place = Partition(topics.actors.name, 0)
    scribe = Scribe(
        Writing(options, name, name, settings.config_hash, copy),
        Sources((topics.alerts.name, topics.shadow_alerts.name), topics.decisions.name),
        lambda: place in worker.keepers,
        lambda kinds: tools.metrics.audited.inc(len(kinds)),
        lambda part: tools.metrics.audit_failures.labels(part).inc(),
    )
    await scribe.start()
    try:
        yield
    finally:
        await scribe.stop()
