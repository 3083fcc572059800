from dataclasses import dataclass
from hashlib import sha256

import msgspec
import orjson
import pytest

from streams.audit.chain import Source
from streams.audit.happenings import of_alert, of_decision
from tests.alerts import an_alert


@dataclass
class Written:
    """A record of a topic."""

    key: bytes | None
    value: bytes | None
    topic: str = "alerts"
    partition: int = 3
    offset: int = 7
    timestamp: int = 1_741_000_000_042


def test_of_an_alert_nobody_is_named() -> None:
    """The trail says which alert and what was said of it, and names no account or person."""
    alert = an_alert(actors=("p0_someone",), subjects=("p0_her",))
    value = orjson.dumps(msgspec.to_builtins(alert))
    happened = of_alert(Written(b"a1", value))

    assert happened.kind == "alert"
    assert happened.time == "2025-03-03T11:06:40.042Z"
    assert happened.source == Source("alerts", 3, 7)
    assert happened.what["alert_id"] == alert.alert_id
    assert happened.what["sha256"] == sha256(value).hexdigest()
    assert b"p0_" not in orjson.dumps(happened.what)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (b'{"type": "snooze", "owner": "ada"}', "snooze"),
        (b'{"schema": "probewatch.verdict.v1"}', "probewatch.verdict.v1"),
        (b"[]", "decision"),
        (b"nonsense", "decision"),
        (None, "withdrawn"),
    ],
)
def test_a_decision_is_told_by_its_type(value: bytes | None, kind: str) -> None:
    """Whatever it is, and whoever wrote it: its kind and its hashes are kept, nothing else."""
    happened = of_decision(Written(b"key", value))

    assert happened.kind == kind
    assert happened.what == {
        "key_sha256": sha256(b"key").hexdigest(),
        "sha256": sha256(value or b"").hexdigest(),
    }
