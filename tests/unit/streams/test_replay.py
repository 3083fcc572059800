import gzip
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from detectors.alerts import Alert, PatternCode
from detectors.errors import InputError
from detectors.verdicts import Ruling
from detectors.verdicts import judged as verdict_on
from streams.decisions.records import line_of
from streams.outputs import Outputs, ignore_alert
from streams.replay import replay
from streams.settings import Settings
from streams.settings.sections import Input
from streams.summary import Summary
from tests.decisions import a_budget, configured
from tests.logs import DAY, MONDAY

HOUR = 3_600_000


def log(path: Path, times: list[int]) -> str:
    """A log of searches at these times, compressed if the path says so."""
    lines = [
        orjson.dumps(
            {
                "event_id": f"e{number}",
                "event_time": time,
                "tenant_id": "t",
                "actor_id": "a",
                "operation": "identify",
                "outcome": "success",
            }
        )
        for number, time in enumerate(times)
    ]
    text = b"\n".join(lines) + b"\n"
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return str(path)


def scraped() -> list[bytes]:
    """A month of six searches a day by each of ten actors, then a day of 600 longer ones by one."""
    lines: list[tuple[int, dict[str, Any]]] = []
    for day in range(31):
        for actor in range(10):
            scrapes = (day, actor) == (30, 0)
            for number in range(600 if scrapes else 6):
                time = day * 24 * HOUR + number * 60_000 + actor * 1000
                event = {
                    "event_id": f"e{len(lines)}",
                    "event_time": time,
                    "tenant_id": "t",
                    "actor_id": f"a{actor}",
                    "operation": "identify",
                    "outcome": "success",
                    "gallery_id": "g",
                    "candidate_limit": 500 if scrapes else 10,
                    "subject_id": f"s{len(lines)}-0",
                    "candidate_ids": [f"s{len(lines)}-{place}" for place in range(3)],
                }
                lines.append((time, event))
    return [orjson.dumps(event) for _, event in sorted(lines, key=lambda line: line[0])]


def judged(
    *files: str,
    batch_size: int = 16_384,
    verdicts: Path | None = None,
    on_alert: Callable[[Alert], None] = ignore_alert,
) -> Summary:
    """Replay the files and write nothing."""
    settings = Settings(input=Input(batch_size=batch_size))
    outputs = Outputs(names="none", on_alert=on_alert)
    return replay(settings, files, outputs, lambda *_: None, [verdicts] if verdicts else [])


@pytest.mark.parametrize("batch_size", [1, 2, 5, 8])
def test_every_event_is_judged_wherever_the_last_batch_ends(
    tmp_path: Path, batch_size: int
) -> None:
    """Also where the events that waited for the end of the file fill it exactly."""
    # The jump makes the last three wait for others that would confirm it.
    file = log(tmp_path / "log.jsonl", [0, 1, 2, 3, 4, HOUR, HOUR + 1, HOUR + 2])
    summary = judged(file, batch_size=batch_size)
    assert (summary.records, summary.events) == (8, 8)
    assert summary.tenants[0].events == 8


def test_the_epoch_is_a_time_like_any_other(tmp_path: Path) -> None:
    """The first event's time is kept when later batches follow."""
    summary = judged(log(tmp_path / "log.jsonl", [0, 1000, 2000]), batch_size=1)
    assert summary.first_event_time == "1970-01-01T00:00:00.000Z"
    assert summary.last_event_time == "1970-01-01T00:00:02.000Z"


def test_of_a_file_that_is_cut_short_what_is_whole_is_judged(tmp_path: Path) -> None:
    """Its alerts are out before the failure is told."""
    whole = gzip.compress(b"\n".join(scraped()) + b"\n")
    path = tmp_path / "log.jsonl.gz"
    path.write_bytes(whole + gzip.compress(b"{}")[:-4])
    alerts: list[Alert] = []
    outputs = Outputs(names="none", on_alert=alerts.append)
    with pytest.raises(InputError, match="cut short"):
        replay(Settings(), [str(path)], outputs, lambda *_: None)
    assert {alert.entity.id for alert in alerts} == {"a0"}


def test_without_standard_input_only_files_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process may be started with it closed."""
    monkeypatch.setattr(sys, "stdin", None)
    assert judged(log(tmp_path / "log.jsonl", [0, 1])).events == 2
    with pytest.raises(InputError, match="no standard input"):
        judged("-")


def test_verdicts_are_heeded(tmp_path: Path) -> None:
    """Those of a file, from their day on; what is none is counted, and the summary tells shares."""
    path, file = tmp_path / "log.jsonl", tmp_path / "verdicts.jsonl"
    path.write_bytes(b"\n".join(scraped()))
    alerts: list[Alert] = []
    untold = judged(str(path), on_alert=alerts.append)
    given = [
        msgspec.structs.replace(verdict_on(alerts[0], Ruling.FALSE, time), alert_id=f"{time}")
        for time in [*range(40), 99 * 24 * HOUR]
    ]
    file.write_bytes(b"\n".join([*(verdict.line() for verdict in given), b"none", b""]))

    heard: list[Alert] = []
    summary = judged(str(path), verdicts=file, on_alert=heard.append)
    assert untold.verdicts is None
    assert summary.verdicts is not None
    shares = {share.pattern: share for share in summary.verdicts.shares}
    bulk = shares.pop(PatternCode.BULK_SCRAPING)

    assert summary.verdicts.records == 42
    assert summary.verdicts.rejected == {"not_json": 1}
    assert (summary.verdicts.in_effect, summary.verdicts.waiting) == (40, 1)
    assert bulk.configured / 2 <= bulk.now < 0.8 * bulk.configured
    assert all(share.now > share.configured for share in shares.values())
    assert {alert.alert_id for alert in heard} == {alert.alert_id for alert in alerts}
    assert heard[0].score < alerts[0].score


def test_the_summary_tells_what_was_held_of_the_budget(tmp_path: Path) -> None:
    """Ten accounts in 31 days, one alert; a verdict that it is true takes it out."""
    path, file = tmp_path / "log.jsonl", tmp_path / "verdicts.jsonl"
    path.write_bytes(b"\n".join(scraped()))
    alerts: list[Alert] = []
    held = judged(str(path), on_alert=alerts.append).budget
    file.write_bytes(verdict_on(alerts[0], Ruling.TRUE, 99 * 24 * HOUR).line())
    known = judged(str(path), verdicts=file).budget

    assert held is not None
    assert known is not None
    assert (held.actor_days, held.alerts, held.real) == (310, 1, 0)
    assert (known.actor_days, known.alerts, known.real) == (310, 1, 1)
    assert held.most == pytest.approx(5.5716 * 10_000 / 310, rel=1e-4)
    assert known.most == pytest.approx(3.6889 * 10_000 / 310, rel=1e-4)


def test_without_an_event_nothing_was_held(tmp_path: Path) -> None:
    """There is no line of it."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"none\n")

    assert judged(str(path)).budget is None


def test_the_summary_names_the_settings_that_judged_in_the_end(tmp_path: Path) -> None:
    """With decisions these are not the file's."""
    generous = a_budget(5.0)
    decisions = tmp_path / "decisions.jsonl"
    decisions.write_bytes(line_of(configured(generous, MONDAY)) + b"\n")
    days = [MONDAY + HOUR, MONDAY + 3 * DAY]

    summary = judged(log(tmp_path / "log.jsonl", days), verdicts=decisions)
    assert summary.config_hash == generous.config_hash
    assert summary.config_hash != Settings().config_hash
