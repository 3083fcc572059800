"""One alert of each pattern, a flood, and a sink's settings, for tests of sinks."""

from pathlib import Path
from typing import Any

import msgspec

from detectors.alerts import Alert
from streams.settings import Settings, Sink, parse
from streams.sinks.messages import Flood

GOLDEN = Path(__file__).parents[3] / "golden" / "sinks"

FLOOD = Flood(
    number=2,
    since="2026-03-05T10:00:00.000Z",
    until="2026-03-05T10:05:00.000Z",
    over=False,
    counted=99_000,
    fresh=40_000,
    patterns={"bulk_scraping": 98_000, "unusual_activity": 1_000},
    severities={"medium": 90_000, "low": 9_000},
)


def alerts() -> list[Alert]:
    """Alerts that scenarios raised, one of each pattern."""
    lines = (GOLDEN / "alerts.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Alert) for line in lines]


def settings(**sink: Any) -> Settings:
    """Settings with one sink, a file by default, that tries again at once."""
    table = {"name": "test", "type": "file", "backoff": "1ms", "longest_backoff": "2ms"} | sink
    if table["type"] == "file":
        table = {"output_file": "alerts.jsonl"} | table
    return parse({"sinks": [table]}, "probewatch.toml", Path())


def a_sink(**sink: Any) -> Sink:
    """The sink of `settings`."""
    return settings(**sink).sinks[0]
