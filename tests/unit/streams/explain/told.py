"""A log in which a police chief looks one woman up for months, and what was found in it."""

from dataclasses import dataclass
from pathlib import Path

import orjson

from detectors.alerts import Alert
from streams.outputs import NameMode, Outputs
from streams.replay import replay
from streams.settings import Settings
from tests.logs import in_order
from tests.scenarios.stories import MISUSE, Story

KEY = "5e" * 32


@dataclass(frozen=True)
class Log:
    """Files of a story, and its alerts, every revision."""

    log: Path
    alerts: Path
    revisions: list[Alert]


def written(story: Story, directory: Path, names: NameMode = "none") -> Log:
    """The story as files."""
    log, alerts = directory / "log.jsonl", directory / f"{names}.jsonl"
    events = in_order([*story.background(), *story.work(), *story.misuse()])
    log.write_bytes(b"".join(orjson.dumps(event) + b"\n" for event in events))
    revisions: list[Alert] = []
    outputs = Outputs(alerts=alerts, names=names, on_alert=revisions.append)
    replay(Settings(), [str(log)], outputs, lambda *_: None)
    return Log(log, alerts, revisions)


def story_named(name: str) -> Story:
    """One of the stories of misuse."""
    (story,) = (story for story in MISUSE if story.name == name)
    return story
