from pathlib import Path

import msgspec
import orjson
from click.testing import CliRunner

from detectors.alerts import Mode, PatternCode
from detectors.verdicts import Ruling
from streams.commands.evaluate import evaluate
from tests.alerts import an_alert
from tests.verdicts import several

QUIET = {"mode": Mode.SHADOW, "pattern": PatternCode.UNUSUAL_ACTIVITY}


def written(path: Path, records: list[bytes]) -> str:
    """A file of lines."""
    path.write_bytes(b"".join(record + b"\n" for record in records))
    return str(path)


def test_two_topics_and_verdicts_are_weighed_together(tmp_path: Path) -> None:
    """Live alerts in one file, the shadow's in another; the advice and why, and the JSON."""
    live = [orjson.dumps(msgspec.to_builtins(an_alert(alert_id="live")))]
    quiet = [
        orjson.dumps(msgspec.to_builtins(an_alert(alert_id=f"a{n}", **QUIET))) for n in range(12)
    ]
    said = [verdict.line() for verdict in several(12, verdict=Ruling.TRUE)]
    out = tmp_path / "promotion.json"
    result = CliRunner().invoke(
        evaluate,
        [
            "promotion",
            written(tmp_path / "live.jsonl", live),
            written(tmp_path / "quiet.jsonl", quiet),
            *("--verdicts", written(tmp_path / "verdicts.jsonl", said), "--json", str(out)),
        ],
        catch_exceptions=False,
    )

    assert result.exit_code == 0
    assert result.stdout.startswith("1 live alerts; actor-days: unknown; give --events\n")
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("unusual activity:")]
    assert line.startswith("unusual activity: promote; ")
    found = orjson.loads(out.read_bytes())
    assert found["schema"] == "probewatch.promotion.v1"
    assert found["candidates"][0]["verdicts"] == {"true": 12}


def test_an_empty_shadow_is_said_to_be_so(tmp_path: Path) -> None:
    """Nothing is to be promoted."""
    alerts = written(tmp_path / "alerts.jsonl", [orjson.dumps(msgspec.to_builtins(an_alert()))])
    result = CliRunner().invoke(evaluate, ["promotion", alerts], catch_exceptions=False)

    assert "Nothing in the shadow would have paged." in result.stdout
