from pathlib import Path

import pytest

from bench.replay import (
    KINDS_OF_LOG,
    MEMORY,
    STAGES,
    THROUGHPUT,
    Kind,
    Sample,
    Stage,
    cost_of,
    memory_row,
    sample,
    throughput_row,
    write_crowd,
    write_world,
)
from streams.settings.secrets import KEY_VARIABLE
from streams.summary import Tracked


def turn(decode: float, ingest: float, replay: float) -> dict[Stage, Sample]:
    """A round with these CPU times; a replay takes twice as long by the clock."""
    return {
        "decode": Sample(decode, decode, 50 << 20),
        "ingest": Sample(ingest, ingest, 60 << 20),
        "replay": Sample(
            replay,
            2 * replay,
            90 << 20,
            [Tracked("actor", 10, 4_000), Tracked("pair", 40, 3_000), Tracked("subject", 0, 128)],
        ),
    }


ROUNDS = [turn(1, 3, 5), turn(2, 4, 8), turn(1, 2, 10)]


def test_cost_is_the_median_of_rounds() -> None:
    """Ratios are taken within a round, and their median is not the ratio of medians."""
    cost = cost_of(ROUNDS)

    assert cost.seconds == {"decode": 1, "ingest": 3, "replay": 8}
    assert cost.shares == (0.2, 0.25, 0.5)
    assert cost.detection == 2
    assert cost.slowdown == 2


def test_throughput_is_in_events_a_second() -> None:
    """Rates of each stage, shares and ratios, each under its heading."""
    row = throughput_row("log", 6_000, 1_200_000, cost_of(ROUNDS))

    assert dict(zip(THROUGHPUT, row[1:], strict=True)) == {
        "events": "6,000",
        "bytes": "200",
        "decode/s": "6,000",
        "ingest/s": "2,000",
        "replay/s": "750",
        "decode": "20%",
        "columns": "25%",
        "detection": "50%",
        "detection/decode": "2.00",
        "wall/CPU": "2.00",
    }


def test_memory_is_in_bytes_per_entity() -> None:
    """What is held of a kind is divided by how many there are, and by one if there is none."""
    row = memory_row("log", ROUNDS)

    assert dict(zip(MEMORY, row[1:], strict=True)) == {
        "decode peak MiB": "50",
        "replay peak MiB": "90",
        "actors": "10",
        "bytes per actor": "400",
        "pairs": "40",
        "bytes per pair": "75",
        "subjects": "0",
        "bytes per subject": "128",
    }


@pytest.mark.parametrize("kind", KINDS_OF_LOG)
def test_log_has_as_many_events_as_asked(tmp_path: Path, kind: Kind) -> None:
    """A world is cut to length, whatever its events tell."""
    path = tmp_path / "log.jsonl"

    assert write_world(kind, "police", 3_000, path) == 3_000
    assert (b"candidate_ids" in path.read_bytes()) == ("candidates" in kind)


def test_every_stage_reads_the_whole_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each stage costs time, and the replay says what it tracked."""
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    path = tmp_path / "log.jsonl"
    write_crowd(50, path)
    samples = {stage: sample(stage, str(path), str(path)) for stage in STAGES}

    assert all(run.cpu_seconds > 0 and run.peak_bytes > 0 for run in samples.values())
    assert {held.kind: held.count for held in samples["replay"].tracked}["actor"] == 50
