"""The demo from its start to its end: broker, worker, traffic, alerts, and what was found."""

import asyncio
import os
import secrets
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeVar

import aiohttp
from aiokafka import AIOKafkaProducer

from streams.embedded import EmbeddedBroker
from streams.evaluate import Labels, evaluate, read_labels
from streams.ingest.pseudonyms import PseudonymKey
from streams.kafka.topics import topics
from streams.logs import Level
from streams.settings import Settings, load
from streams.settings.secrets import KEY_VARIABLE
from streams.simulate import Recipe

from .screen import Screen
from .traffic import Traffic, Unmasked
from .watch import Probe, read_alerts
from .worker import WorkerProcess, working

T = TypeVar("T")

ACTORS: Final = 120
DAYS: Final = 60
# Any would do; this one is like most: about half of what was planted is found.
SEED: Final = 2

_CONFIG: Final = """\
[kafka]
bootstrap_servers = "{broker}"
partitions = 1
replication_factor = 1

[service]
http_port = {port}
page = true
"""
_KEY_BYTES: Final = 32


async def play(
    screen: Screen, seconds: float, port: int, *, stay: bool, level: Level | None = None
) -> None:
    """Show what the service makes of simulated traffic; until cancelled, if it is to stay.

    Args:
        screen: where to.
        seconds: within which the traffic is sent.
        port: of the worker's HTTP server; 0 for any that is free.
        stay: whether the service goes on after the traffic.
        level: from which on what the worker says is shown on standard error; None: not at all.

    Raises:
        BrokerError: the embedded broker is not installed, or broker or worker fail.
    """
    secret = secrets.token_bytes(_KEY_BYTES)
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="probewatch-")))
        broker = stack.enter_context(EmbeddedBroker())
        config = directory / "probewatch.toml"
        config.write_text(_CONFIG.format(broker=broker.address, port=port))
        environ = os.environ | {KEY_VARIABLE: secret.hex(), "TMPDIR": str(directory)}
        worker = await stack.enter_async_context(working(config, environ, level))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        stage = _Stage(screen, load(config), Unmasked(PseudonymKey(secret, 0)), worker, session)
        await _unless(worker.ended(), stage.play(directory, seconds, stay=stay))


class _Stage:
    """What the parts of the play have in common."""

    def __init__(
        self,
        screen: Screen,
        settings: Settings,
        names: Unmasked,
        worker: WorkerProcess,
        session: aiohttp.ClientSession,
    ) -> None:
        self._screen = screen
        self._topics = topics(settings.kafka)
        self._options = {"bootstrap_servers": settings.kafka.bootstrap_servers}
        self._names = names
        self._worker = worker
        self._session = session

    async def play(self, directory: Path, seconds: float, *, stay: bool) -> None:
        with self._screen.starting():
            recipe = Recipe(world="police", seed=SEED, actors=ACTORS, days=DAYS)
            traffic = await asyncio.to_thread(Traffic, recipe)
            address = await self._worker.address()
            probe = Probe(address, self._session)
            await probe.ready()
        (directory / "labels.jsonl").write_bytes(traffic.labels())
        labels = read_labels(str(directory / "labels.jsonl"))
        self._introduce(len(traffic), seconds, address)
        reading = read_alerts(self._options, self._topics.alerts.name, self._screen.show)
        await _unless(reading, self._send(traffic, seconds, probe))
        self._conclude(labels)
        if stay:
            self._screen.out.print(f"The service stays up at {address}/ until Ctrl-C.")
            await asyncio.Event().wait()

    def _introduce(self, events: int, seconds: float, address: str) -> None:
        self._screen.out.print(
            f"{events:,} simulated searches by {ACTORS} police officers, "
            f"{DAYS} days in {seconds:.0f} seconds.\n"
            "The broker is for trying, not for production: it keeps nothing.\n"
        )
        self._screen.places(
            {
                "alerts": f"{address}/",
                "metrics": f"{address}/metrics",
                "health": f"{address}/healthz",
                "broker": self._options["bootstrap_servers"],
            }
        )

    async def _send(self, traffic: Traffic, seconds: float, probe: Probe) -> None:
        producer = AIOKafkaProducer(**self._options)
        try:
            # As a context it would not be stopped if it is still starting.
            await producer.start()
            with self._screen.progress(len(traffic)) as pace:
                topic = self._topics.queries.name
                await traffic.send(producer, topic, seconds, self._names, pace.told)
                await probe.done(len(traffic), lambda: len(self._screen.alerts))
        finally:
            await producer.stop()

    def _conclude(self, labels: Labels) -> None:
        truth = evaluate(map(self._names.plain, self._screen.alerts), labels)
        self._screen.conclude(labels, truth)


async def _unless(guard: Coroutine[Any, Any, Any], work: Coroutine[Any, Any, T]) -> T:
    """Do the work, unless what must go on meanwhile fails first."""
    meanwhile, task = asyncio.create_task(guard), asyncio.create_task(work)
    try:
        await asyncio.wait([meanwhile, task], return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            meanwhile.result()
        return await task
    finally:
        for one in (meanwhile, task):
            one.cancel()
        await asyncio.gather(meanwhile, task, return_exceptions=True)
