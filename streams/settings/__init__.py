"""What can be set: `probewatch.toml`, and secrets from the environment."""

from .faults import FaultyConfigError
from .loading import Settings, default_file, find, load, parse
from .secrets import pseudonym_key, required_pseudonym_key

__all__ = [
    "FaultyConfigError",
    "Settings",
    "default_file",
    "find",
    "load",
    "parse",
    "pseudonym_key",
    "required_pseudonym_key",
]
