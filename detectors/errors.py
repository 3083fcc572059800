"""Everything that Probewatch raises on purpose.

ProbewatchError
├── ConfigError      a setting is wrong: file, path, what was expected
├── BrokerError      Kafka cannot be reached or refuses
├── InputError       an input cannot be read at all (a bad record is a value, not this)
├── SnapshotError    state that this version cannot read, or that is torn
└── FencedError      another worker owns this partition now
"""


class ProbewatchError(Exception):
    """Base of the tree; the message is one line for a person."""


class ConfigError(ProbewatchError):
    """A setting is wrong; the message names the file, the path in it and what was expected."""


class BrokerError(ProbewatchError):
    """The broker cannot be reached or refuses; the message names its address and says why."""


class InputError(ProbewatchError):
    """An input cannot be opened or decompressed, or its format is unknown."""


class SnapshotError(ProbewatchError):
    """State from another version or configuration, or state that is not whole."""


class FencedError(ProbewatchError):
    """Another worker owns this partition now: what this one holds must not be written."""
