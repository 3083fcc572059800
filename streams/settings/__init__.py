"""What can be set: `probewatch.toml`, and secrets from the environment."""

from .faults import FaultyConfigError
from .kafka import Kafka
from .loading import Settings, default_file, find, load, parse
from .secrets import (
    kafka_oauth_secret,
    kafka_password,
    pseudonym_key,
    required_pseudonym_key,
    sink_secrets,
    sink_token,
    sink_url,
)
from .sections import Service
from .sinks import Sink

__all__ = [
    "FaultyConfigError",
    "Kafka",
    "Service",
    "Settings",
    "Sink",
    "default_file",
    "find",
    "kafka_oauth_secret",
    "kafka_password",
    "load",
    "parse",
    "pseudonym_key",
    "required_pseudonym_key",
    "sink_secrets",
    "sink_token",
    "sink_url",
]
