"""The revisions of one alert, from a file that `replay` wrote or from the topics."""

import asyncio
from collections.abc import Iterable, Mapping

import msgspec

from detectors.alerts import Alert
from detectors.errors import InputError
from streams.decisions.decoding import decode
from streams.decisions.records import Ruled
from streams.evaluate.records import read_alerts
from streams.kafka.reading import records
from streams.kafka.security import client_options
from streams.settings import Settings

_DECODER = msgspec.json.Decoder(Alert)


def from_file(alert_id: str, path: str) -> tuple[Alert, ...]:
    """The revisions in a file.

    Raises:
        InputError: it cannot be read, or has no such alert.
    """
    return _ordered(alert_id, (a for a in read_alerts(path) if a.alert_id == alert_id), path)


def from_topics(alert_id: str, settings: Settings, environ: Mapping[str, str]) -> tuple[Alert, ...]:
    """The revisions in the topics of alerts, live and in the shadow.

    Raises:
        BrokerError: the brokers cannot be reached, or refuse.
        ConfigError: a secret is missing.
        InputError: the topics have no such alert.
    """
    options = client_options(settings.kafka, environ).for_aiokafka()
    topics = settings.kafka.alerts, settings.kafka.shadow_alerts
    return _ordered(alert_id, asyncio.run(_read(alert_id, options, topics)), " and ".join(topics))


def ruled_in_topic(alert_id: str, settings: Settings, environ: Mapping[str, str]) -> Ruled | None:
    """The last verdict on an alert in the topic of decisions, if there is any.

    Raises:
        BrokerError: the brokers cannot be reached, or refuse.
        ConfigError: a secret is missing.
    """
    options = client_options(settings.kafka, environ).for_aiokafka()
    return asyncio.run(_ruled(alert_id, options, settings.kafka.decisions_topic))


async def _ruled(alert_id: str, options: Mapping[str, object], topic: str) -> Ruled | None:
    last = None
    async for record in records(options, topic):
        found = decode(record.value, record.offset) if record.value else None
        if isinstance(found, Ruled) and found.verdict.alert_id == alert_id:
            last = found
    return last


async def _read(
    alert_id: str, options: Mapping[str, object], topics: tuple[str, ...]
) -> list[Alert]:
    return [
        _decoded(record.value, topic, record.offset)
        for topic in topics
        async for record in records(options, topic)
        if record.key == alert_id.encode() and record.value
    ]


def _decoded(value: bytes, topic: str, offset: int) -> Alert:
    try:
        return _DECODER.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{topic}, offset {offset}: not an alert: {error}") from error


def _ordered(alert_id: str, found: Iterable[Alert], where: str) -> tuple[Alert, ...]:
    # After a crash a revision may have been written twice.
    last = {alert.revision: alert for alert in found}
    if not last:
        raise InputError(f"{where}: no alert {alert_id}")
    return tuple(last[revision] for revision in sorted(last))
