"""One worker process from its start to its end."""

import asyncio
import gc
import logging
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from aiohttp import web
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from detectors.errors import BrokerError, ConfigError
from streams.checkpoints.standby import Standby
from streams.decisions.reader import Decisions
from streams.ingest.pseudonyms import PseudonymKey
from streams.kafka import admin as administration
from streams.kafka.connection import connected
from streams.kafka.security import client_options
from streams.kafka.topics import Topics, topics
from streams.service.auditing import audited
from streams.service.bootstrap import bootstrap
from streams.service.chores import Chores
from streams.service.control import Control
from streams.service.health import Health
from streams.service.keeper import Durability
from streams.service.metrics import metrics_of
from streams.service.page import Page
from streams.service.publisher import Publisher
from streams.service.recent import AlertReader, Recent
from streams.service.sender import Sender
from streams.service.stopping import Stopping, end_by_force_in, on_signals
from streams.service.tools import Tools
from streams.service.warming import warm
from streams.service.worker import Worker
from streams.settings import Settings, required_pseudonym_key
from streams.sinks.links import Links
from streams.sinks.outlets import Outlets

from .app import Engine

_REQUEST_MS: Final = 120_000
"""A broker may be away for two minutes before a record counts as lost and the worker ends."""

_LARGEST_REQUEST: Final = 2 << 20
_LARGEST_BATCH: Final = 900_000
"""Below what a broker takes by default: of small records it takes no more at once either."""

_FAREWELL: Final = 5.0
"""Seconds to end in after a failure: nothing is saved any more, and others wait for the parts."""

_LOGGER = logging.getLogger(__name__)


async def serve(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    durable: bool = True,
    history: Path | None = None,
    on_start: Callable[[str], None] = lambda _: None,
) -> None:
    """Work until told to stop (SIGTERM, SIGINT).

    Args:
        settings: of the service.
        environ: where secrets are.
        durable: False for a broker without transactions, which keeps nothing anyway.
        history: state to begin with, where there is none yet.
        on_start: told the address of health and metrics as soon as there is one.

    Raises:
        ConfigError: a secret is missing, a topic is not as it must be, the port is taken.
        BrokerError: no broker can be reached, or it fails for longer than can be waited for.
        SnapshotError: there is state of another version or another key.
        FencedError: another worker owns what this one had, since it was silent for too long.
    """
    stopping = Stopping()
    working = asyncio.create_task(
        _work(settings, environ, stopping, _Manner(durable, history, on_start))
    )
    with on_signals(lambda: stopping.stop(working)):
        try:
            await working
        except asyncio.CancelledError:
            if not stopping.asked.is_set():
                raise


@dataclass(frozen=True, slots=True)
class _Manner:
    """How to work; as in `serve`."""

    durable: bool
    history: Path | None
    on_start: Callable[[str], None]


async def _work(
    settings: Settings, environ: Mapping[str, str], stopping: Stopping, how: _Manner
) -> None:
    names = PseudonymKey(
        required_pseudonym_key(settings.pseudonyms, environ), settings.pseudonyms.epoch
    )
    if settings.input.sort_window:
        raise ConfigError("input.sort_window: is for files; the service takes events as they come")
    options = client_options(settings.kafka, environ).for_aiokafka()
    wanted = topics(settings.kafka)
    partitions = await asyncio.to_thread(_prepare, settings, environ, wanted)
    await asyncio.to_thread(_warm)
    durability = Durability(options, settings.kafka.application, how.durable, names.fingerprint)
    if how.history is not None:
        await _begin_with(how.history, settings, wanted, durability)
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def fail(error: BaseException) -> None:
        if not failed.done():
            _LOGGER.error("cannot go on: %s", str(error) or type(error).__name__)
            engine.failed = True
            failed.set_exception(error)

    async with AsyncExitStack() as stack:
        metrics = metrics_of(settings)
        await _run(producer := _producer(options, durable=how.durable), stack)
        sender = Sender(producer, fail)
        control = Control(options, wanted.control.name, sender, fail)
        publisher = Publisher(sender, wanted, control, metrics)
        engine = Engine(settings, wanted, options, fail, tells_ends=how.durable)
        standby = None
        if settings.service.standby:
            standby = Standby(options, fail, transactions=how.durable)
            await _run(standby, stack)
        decisions = Decisions(options, settings, sender, metrics.making, fail)
        shared = settings, names, wanted, durability, control, publisher, metrics, standby
        tools = Tools(*shared, decisions)
        worker = Worker(tools, engine, partitions)
        engine.work_for(worker)
        control.on_news, control.on_newcomer = worker.wake, worker.greet
        chores = Chores(worker, engine, metrics, settings.service.checkpoint_interval)
        pages = _pages(tools, decisions, options, stack) if settings.service.page else ()
        health = Health(metrics, lambda: engine.reading, chores.look, pages)
        how.on_start(await _listen(health, settings))
        stack.push_async_callback(health.stop)
        await _run(control, stack)
        await _run(decisions, stack)
        links = Links(settings, environ, options, wanted, decisions, decisions.ruling)
        await _run(Outlets(links, metrics.making, settings.sinks * settings.service.sinks), stack)
        stack.push_async_callback(worker.close)
        await stack.enter_async_context(audited(tools, options, worker, durable=how.durable))
        await _run(engine, stack)
        patience = settings.service.shutdown_timeout.total_seconds()
        stack.callback(lambda: end_by_force_in(_FAREWELL if engine.failed else patience))
        stopping.in_order = True
        await _until(stopping.asked, failed, chores.run(), engine.crashed())


class _Runs(Protocol):
    async def start(self) -> None: ...

    async def stop(self) -> None: ...


async def _run(what: _Runs, stack: AsyncExitStack) -> None:
    """Start something that is stopped in the end."""
    await what.start()
    stack.push_async_callback(what.stop)


def _pages(
    tools: Tools, decisions: Decisions, options: Mapping[str, Any], stack: AsyncExitStack
) -> list[web.RouteDef]:
    """The page of alerts, kept up to date."""
    alerts = Recent()
    reader = AlertReader(options, tools.topics.alerts_current.name, alerts)
    reader.start()
    stack.push_async_callback(reader.stop)
    return Page(alerts, lambda: decisions.silences, decisions.ledger.ruled_last).routes


def _producer(options: Mapping[str, Any], *, durable: bool) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        **options,
        acks="all",
        enable_idempotence=durable,
        request_timeout_ms=_REQUEST_MS,
        max_request_size=_LARGEST_REQUEST,
        max_batch_size=_LARGEST_BATCH,
    )


async def _begin_with(
    history: Path, settings: Settings, wanted: Topics, durability: Durability
) -> None:
    written = await bootstrap(history, settings, wanted, durability)
    if written:
        _LOGGER.info("began with the history in %s", history)
    else:
        _LOGGER.warning("there is state already: %s was not used", history)


async def _until(
    asked: asyncio.Event, failed: "asyncio.Future[None]", *running: Coroutine[Any, Any, None]
) -> None:
    """Wait until asked to stop, or for the first that fails."""
    tasks: list[asyncio.Future[Any]] = [asyncio.create_task(one) for one in running]
    tasks += [failed, asyncio.create_task(asked.wait())]
    done, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for one in waiting:
        one.cancel()
    for one in done:
        _raise(one.exception())


def _warm() -> None:
    """Compile what will be needed, and have the garbage collector come less often.

    It passes over what is loaded by now. Every fetch makes thousands of records, and by default
    each 700 of them are a reason to look: that took 7 to 11 % of a worker's CPU time.
    """
    warm()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _prepare(settings: Settings, environ: Mapping[str, str], wanted: Topics) -> int:
    """See to the topics; how many partitions that of queries has."""
    with connected(client_options(settings.kafka, environ)) as admin:
        if settings.kafka.create_topics:
            findings = administration.create(admin, wanted, settings.kafka.replication_factor)
        else:
            findings = administration.check(admin, wanted)
        for finding in findings:
            if finding.fatal:
                raise ConfigError(f"topic {finding.topic}: {finding.text or finding.state}")
        (queries,) = admin.describe_topics([wanted.queries.name])
        return len(queries["partitions"])


def _raise(error: BaseException | None) -> None:
    """Raise what a task ended with; of several errors, the first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, KafkaError):
        raise BrokerError(f"the broker fails: {error!r}") from error
    if error is not None:
        raise error


async def _listen(health: Health, settings: Settings) -> str:
    service = settings.service
    try:
        return await health.start(service.http_host, service.http_port)
    except OSError as error:
        raise ConfigError(
            f"service.http_port: cannot listen at {service.http_host}:{service.http_port}: "
            f"{error.strerror}"
        ) from error
