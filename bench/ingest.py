"""What ingest costs per event, beside a loop that only decodes the same lines to structs.

Everything runs in one thread and is measured in its CPU time, chunk by chunk as files are
read, the two in turn; what is shown are medians over all chunks.
"""

import json
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from sys import stdin
from typing import Any, ParamSpec

import msgspec
import numpy as np

from streams.ingest.columns import EventColumns
from streams.ingest.ingest import Ingest
from streams.ingest.json_lines import JsonLines
from streams.ingest.pseudonyms import PseudonymKey
from streams.ingest.schema import QueryEvent
from streams.ingest.sources import read_chunks
from streams.terminal import console, print_table

EVENTS = 60_000
KEY = PseudonymKey(bytes(range(32)), epoch=1)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo")
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}"

P = ParamSpec("P")

DECODER = msgspec.json.Decoder(QueryEvent)


def small(rng: np.random.Generator, number: int, people: int) -> dict[str, Any]:
    """Twelve fields, as a gateway that knows the best candidate would send them."""
    octets = rng.integers(1, 255, 4)
    second, millis = divmod(number, 1_000)
    return {
        "event_id": str(uuid.UUID(bytes=rng.bytes(16))),
        "event_time": f"2026-01-05T10:{second // 60:02}:{second % 60:02}.{millis:03}Z",
        "tenant_id": f"tenant-{rng.integers(3)}",
        "actor_id": f"user-{rng.integers(people):07}",
        "operation": "identify",
        "outcome": "failure" if rng.random() < 0.05 else "success",
        "gallery_id": "main",
        "subject_id": f"person-{rng.integers(people):09}",
        "candidate_count": int(rng.integers(10)),
        "top_score": round(rng.random(), 4),
        "source_ip": ".".join(map(str, octets)),
        "user_agent": AGENT.format(rng.integers(people)),
    }


def large(rng: np.random.Generator, number: int, people: int) -> dict[str, Any]:
    """Thirty-five fields and ten candidates, as a provider at level L3 would send them."""
    return small(rng, number, people) | {
        "credential_id": f"key-{rng.integers(people):08x}",
        "probe_id": rng.bytes(16).hex(),
        "probe_cluster_id": rng.bytes(8).hex(),
        "probe_quality": round(rng.random(), 3),
        "probe_face_count": 1,
        "capture_class": "cctv",
        "candidate_limit": 10,
        "result_offset": 0,
        "score_threshold": 0.8,
        "second_score": round(rng.random(), 4),
        "candidate_ids": [f"person-{i:09}" for i in rng.integers(people, size=10)],
        "subject_relation": "other",
        "embedding_returned": False,
        "purpose": "missing-person",
        "case_ref": f"case-{rng.integers(people):06}",
        "source_asn": 64_500,
        "source_country": "DE",
        "tls_ja4": f"t13d1516h2_8daaf6152771_{rng.bytes(6).hex()}",
        "device_id": rng.bytes(8).hex(),
        "actor_role": "officer",
        "actor_unit": f"unit-{rng.integers(20)}",
        "actor_created_at": "2025-01-05T10:00:00+01:00",
        "actor_tz": ZONES[rng.integers(3)],
    }


def only_decode(lines: Sequence[bytes]) -> list[QueryEvent]:
    """The loop that everything is compared with."""
    events = []
    for line in lines:
        try:
            events.append(DECODER.decode(line))
        except msgspec.DecodeError:
            continue
    return events


def cost(function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> float:
    """Seconds of CPU time."""
    start = time.process_time()
    function(*args, **kwargs)
    return time.process_time() - start


def measure(path: str) -> list[float]:
    """Nanoseconds an event of the bare loop, of ingest, and of its two halves."""
    ingest, decoder, columns = Ingest(KEY), JsonLines(), EventColumns(KEY, "tenant")
    samples = []
    for chunk in read_chunks([path], stdin.buffer):
        lines = chunk.lines
        bare = cost(only_decode, lines)
        whole = cost(ingest.decode, lines, 0)
        first = cost(decoder.decode, lines, 0)
        second = cost(columns.convert, decoder.decode(lines, 0))
        samples.append([1e9 * seconds / len(lines) for seconds in (bare, whole, first, second)])
    # The first chunk compiles kernels and teaches the decoder, the last one is short.
    return [median(column) for column in zip(*samples[1:-1], strict=True)]


def main() -> None:
    """Print the table."""
    rows = []
    for title, record in (("12 fields", small), ("35 fields, 10 candidates", large)):
        for people, ids in ((1_000, "repeat"), (10**9, "hardly ever repeat")):
            rng = np.random.default_rng(1)
            lines = [
                json.dumps(record(rng, number, people), separators=(",", ":")).encode()
                for number in range(EVENTS)
            ]
            with tempfile.TemporaryDirectory() as directory:
                path = Path(directory, "events.jsonl")
                path.write_bytes(b"\n".join(lines))
                bare, whole, first, second = measure(str(path))
            size = sum(map(len, lines)) / EVENTS
            numbers = f"{size:.0f} {bare:.0f} {whole:.0f} {first:.0f} {second:.0f}".split()
            rates = f"{1e9 / bare:,.0f} {1e9 / whole:,.0f} {whole / bare:.2f}".split()
            rows.append(([title, ids, *numbers, *rates], False))
    print_table(
        console(),
        "Ingest, one core: nanoseconds and events per second",
        ["event", "ids"],
        [
            *("bytes", "msgspec ns", "ingest ns", "= decode +", "columns, pseudonyms"),
            *("msgspec ev/s", "ingest ev/s", "ratio"),
        ],
        rows,
    )


if __name__ == "__main__":
    main()
