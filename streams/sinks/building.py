"""From a sink's settings to its receiver."""

import sys
import time
from collections.abc import AsyncIterator, Callable
from importlib.metadata import version
from pathlib import Path

from aiokafka import AIOKafkaProducer

from detectors.alerts import Alert
from detectors.errors import ConfigError
from streams.settings import Sink, sink_secrets, sink_token, sink_url

from .current import current_alerts
from .links import Links
from .messages import Receiver
from .posting import Poster
from .receivers.alertmanager import PATH, Alertmanager
from .receivers.archives import File, Findings, OcsfPost, OcsfTopic
from .receivers.hooks import Slack, Webhook
from .receivers.terminal import Terminal
from .selection import wants


def receiver(sink: Sink, links: Links, producer: AIOKafkaProducer) -> Receiver:
    """Whom the sink is about.

    Args:
        sink: its settings.
        links: where its secrets are, and what it has to know besides.
        producer: for what goes to a topic; started by the caller before anything is delivered.

    Raises:
        ConfigError: a secret or an address is missing or malformed.
    """
    made: Receiver
    match sink.type:
        case "webhook":
            made = Webhook(_poster(sink, links), _required_secrets(sink, links), time.time)
        case "slack":
            made = Slack(_poster(sink, links))
        case "alertmanager":
            poster = _poster(sink, links, PATH)
            made = Alertmanager(sink, poster, _current(links), _keeps(sink, links), time.time)
        case "ocsf" if sink.topic:
            made = OcsfTopic(producer, sink.topic, _findings(links))
        case "ocsf":
            secrets = sink_secrets(sink, links.environ)
            made = OcsfPost(_poster(sink, links), _findings(links), secrets, time.time)
        case "file":
            made = File(Path(sink.output_file))
        case "terminal":
            made = Terminal(sys.stdout.fileno())
    return made


def _poster(sink: Sink, links: Links, path: str = "") -> Poster:
    url = sink_url(sink, links.environ)
    return Poster(sink, url.rstrip("/") + path if path else url, sink_token(sink, links.environ))


def _required_secrets(sink: Sink, links: Links) -> tuple[bytes, ...]:
    secrets = sink_secrets(sink, links.environ)
    if not secrets:
        raise ConfigError(
            f"sink {sink.name}: no secret to sign with: set secret_file "
            f"or {sink.variable('SECRET')}"
        )
    return secrets


def _findings(links: Links) -> Findings:
    return Findings(links.rulings, version("probewatch"))


def _current(links: Links) -> Callable[[], AsyncIterator[Alert]]:
    return lambda: current_alerts(links.options, links.topics.alerts_current.name)


def _keeps(sink: Sink, links: Links) -> Callable[[Alert], bool]:
    return lambda alert: wants(sink, alert, told=True) and links.silence.covers(alert) is None
