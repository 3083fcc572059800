"""A process that delivers alerts and does nothing else."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

from aiokafka.errors import KafkaError
from prometheus_client import CollectorRegistry

from detectors.errors import BrokerError, ConfigError
from streams.decisions.reader import Decisions
from streams.kafka.reading import in_words
from streams.kafka.security import client_options
from streams.kafka.topics import topics
from streams.metrics import Making, Over
from streams.service.health import Health
from streams.service.stopping import Stopping, end_by_force_in, on_signals
from streams.settings import Settings

from .links import Links
from .outlets import Outlets


class Shown:
    """What this process shows of itself besides its sinks."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.making = Making(registry)
        self.ready = self.making.gauge("ready", "1 if it delivers", Over.EACH)


async def deliver(
    settings: Settings,
    environ: Mapping[str, str],
    on_start: Callable[[str], None] = lambda _: None,
) -> None:
    """Deliver alerts to all sinks until told to stop (SIGTERM, SIGINT).

    Args:
        settings: of the service.
        environ: where secrets are.
        on_start: told the address of health and metrics as soon as there is one.

    Raises:
        ConfigError: there is no sink, a secret is missing, the port is taken.
        BrokerError: no broker can be reached.
    """
    stopping = Stopping()
    working = asyncio.create_task(_work(settings, environ, stopping, on_start))
    with on_signals(lambda: stopping.stop(working)):
        try:
            await working
        except asyncio.CancelledError:
            if not stopping.asked.is_set():
                raise


async def _work(
    settings: Settings,
    environ: Mapping[str, str],
    stopping: Stopping,
    on_start: Callable[[str], None],
) -> None:
    if not settings.sinks:
        raise ConfigError("sinks: there is none to deliver to; docs/sinks.md says how to add one")
    options = client_options(settings.kafka, environ).for_aiokafka()
    shown = Shown(CollectorRegistry())
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    decisions = Decisions(options, settings, None, shown.making, failed.set_exception)
    wanted = topics(settings.kafka)
    links = Links(settings, environ, options, wanted, decisions, decisions.ruling)
    outlets = Outlets(links, shown.making, settings.sinks)
    service = settings.service
    async with AsyncExitStack() as stack:
        await outlets.prepare()
        stack.push_async_callback(outlets.stop)
        delivering = False
        health = Health(shown, lambda: delivering, lambda: None)
        try:
            address = await health.start(service.http_host, service.http_port)
        except OSError as error:
            raise ConfigError(
                f"service.http_port: cannot listen at {service.http_host}:{service.http_port}: "
                f"{error.strerror}"
            ) from error
        stack.push_async_callback(health.stop)
        on_start(address)
        try:
            await decisions.start()
            stack.push_async_callback(decisions.stop)
            await outlets.start()
        except KafkaError as error:
            servers = settings.kafka.bootstrap_servers
            raise BrokerError(f"{servers}: {in_words(error)}") from error
        stack.callback(lambda: end_by_force_in(service.shutdown_timeout.total_seconds()))
        stopping.in_order = delivering = True
        asked = asyncio.create_task(stopping.asked.wait())
        ends: list[asyncio.Future[Any]] = [asked, failed]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if failed.done():
            failed.result()
