"""Ingest against hostile input: broken, twisted and oversized records by the thousand.

`PROBEWATCH_FUZZ_CASES=1000000` makes it a long run. The same number of cases is the same
cases; a failure names the batch to be repeated.
"""

import json
import os
from collections import Counter
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.ingest.adapters.combined import CombinedLines
from streams.ingest.decoded import LineDecoder
from streams.ingest.ingest import Ingest, Ingested
from streams.ingest.json_lines import JsonLines
from streams.ingest.lenient import read_line
from streams.ingest.pseudonyms import PseudonymKey
from streams.ingest.rejects import Reason, Rejected
from streams.ingest.schema import FIELDS, FORBIDDEN

CASES = int(os.environ.get("PROBEWATCH_FUZZ_CASES", "20000"))
BATCH = 500
MARK = "PLANTED"
"""Planted in everything that must not come out again."""

KEY = PseudonymKey(bytes(range(32)), epoch=1)

EVENT: dict[str, Any] = {
    "event_id": "0b9e6c1e-5d0f-4f7e-9a55-3a1d0c6f8f10",
    "event_time": "2026-01-05T10:00:00.125Z",
    "tenant_id": "acme",
    "actor_id": f"{MARK}-actor",
    "operation": "identify",
    "outcome": "success",
    "error_code": "ThrottlingException",
    "credential_id": f"{MARK}-key",
    "gallery_id": "main",
    "probe_id": f"{MARK}-probe",
    "probe_cluster_id": f"{MARK}-cluster",
    "probe_quality": 0.93,
    "probe_face_count": 1,
    "capture_class": "cctv",
    "candidate_limit": 10,
    "result_offset": 0,
    "score_threshold": 0.8,
    "candidate_count": 3,
    "top_score": 0.9312,
    "second_score": 0.5,
    "subject_id": f"{MARK}-subject",
    "candidate_ids": [f"{MARK}-subject", f"{MARK}-other", f"{MARK}-é\u0000"],
    "subject_namespace": f"{MARK}-namespace",
    "subject_relation": "other",
    "embedding_returned": False,
    "purpose": "missing-person",
    "case_ref": f"{MARK}-case",
    "source_ip": "203.0.113.77",
    "source_asn": 64500,
    "source_country": "DE",
    "user_agent": f"{MARK}/5.0 (X11; Linux x86_64)",
    "tls_ja4": f"{MARK}-tls",
    "device_id": f"{MARK}-device",
    "actor_role": "officer",
    "actor_unit": "north",
    "actor_created_at": "2025-01-05T10:00:00+01:00",
    "actor_tz": "Europe/Berlin",
    "latency_ms": 12.5,
    "request_bytes": 51200,
    "response_bytes": 900,
}
ACCESS = (
    f'203.0.113.77 - {MARK}-user [05/Jan/2026:11:00:00 +0100] "POST /search?q={MARK} HTTP/1.1"'
    f' 200 512 "https://example.org/{MARK}" "{MARK}/5.0 (X11)"'
).encode()

VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 5.0, 0.5, 1.5, -0.0, 1e300, 2**31, 2**63, 2**64, -(2**70)),
    *("", "x", "x" * 64, "x" * 600, "\u0000", "\ud800", "é" * 257, "0", "1e999", "NaN"),
    *("2026-02-30T00:00:00Z", "2016-12-31T23:59:60Z", "::1", "1.2.3", "256.1.1.1", "de", "ZZZ"),
    *([], [[]], ["x"] * 150, ["x" * 300], [1], [None], [""], {}, {"a": {"b": []}}),
]
"""What comes instead of a field's value."""

TOKENS = [
    *(
        b'"',
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\n",
        b"\r",
        b"\0",
        b"\xff",
        b"\xed\xa0\x80",
    ),
    *(b"NaN", b"-Infinity", b"1e999", b"9" * 500, b"null", b"\\ud800", b"\\u0000", b"\xef\xbb\xbf"),
    *(b"[" * 2_000, b'{"a":' * 50, b'"embedding":[1],', b'"actor_id":5,', b'"image":null,'),
]
"""What is put into the bytes of a line."""


def twisted(rng: np.random.Generator) -> bytes:
    """An event with some of its fields left out, exchanged, added or repeated."""
    keep = rng.random() < 0.7
    names = [name for name in EVENT if FIELDS[name].required or keep or rng.random() < 0.3]
    record = {name: EVENT[name] for name in names}
    for _ in range(rng.integers(4)):
        name = names[rng.integers(len(names))]
        match int(rng.integers(5)):
            case 0:
                record.pop(name, None)
            case 1 | 2:
                record[name] = VALUES[rng.integers(len(VALUES))]
            case 3:
                record[f"{MARK}_{rng.integers(3)}"] = f"{MARK}-unknown"
            case _:
                forbidden = sorted(FORBIDDEN)[rng.integers(len(FORBIDDEN))]
                record[forbidden.title() if rng.random() < 0.5 else forbidden] = MARK
    line = json.dumps(record, ensure_ascii=bool(rng.random() < 0.5))
    if rng.random() < 0.1:
        name = names[rng.integers(len(names))]
        repeated = json.dumps(VALUES[rng.integers(len(VALUES))])
        line = f'{line[:-1]}, "{name}": {repeated}}}'
    return line.encode("utf-8", "surrogatepass")


def broken(line: bytes, rng: np.random.Generator) -> bytes:
    """A line with bytes flipped, cut off, put in, taken out or doubled."""
    changed = bytearray(line)
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(len(changed) + 1))
        end = at + int(rng.integers(30))
        match int(rng.integers(6)):
            case 0 | 1:
                if at < len(changed):
                    changed[at] ^= 1 << int(rng.integers(8))
            case 2:
                del changed[at:]
            case 3:
                changed[at:at] = TOKENS[rng.integers(len(TOKENS))]
            case 4:
                del changed[at:end]
            case _:
                changed[at:at] = changed[at:end]
    return bytes(changed)


def cases(format_: str, batch: int) -> tuple[list[bytes], list[bytes]]:
    """The lines of one batch: some that are whole, and twice as many that are broken."""
    rng = np.random.default_rng([batch, len(format_)])
    lines = [ACCESS if format_ == "combined" else twisted(rng) for _ in range(BATCH)]
    third = BATCH // 3
    return lines[:third], [broken(line, rng) for line in lines[third:]]


def check(result: Ingested, lines: list[bytes], first: int) -> None:
    """Every record is an event or a reject with a reason, and nothing planted came out."""
    index = result.batch.rows["index"].tolist()
    numbers = index + [reject.index for reject in result.rejected]
    assert len(numbers) == len(set(numbers)) == len(lines) - result.blank
    assert set(numbers) <= set(range(first, first + len(lines)))
    assert index == sorted(index)
    for reject in result.rejected:
        assert reject.reason in get_args(Reason)
        assert reject.field is None or reject.field in FIELDS or reject.field in FORBIDDEN
    assert result.dropped_fields.keys() <= FIELDS.keys()
    batch = result.batch
    assert len(batch.event_ids) == len(batch)
    assert batch.exposed_offsets[-1] == len(batch.exposed)
    seen = [batch.rows.tobytes(), batch.exposed.tobytes(), repr(result.rejected).encode()]
    assert not any(MARK.encode() in part for part in seen)


def check_words(result: Ingested) -> None:
    """What stays in words holds nothing planted; a broken line may have moved it there."""
    words = [*result.batch.event_ids, *result.batch.names.values()]
    assert words
    assert not any(MARK in word for word in words)


def check_patiently(decoder: JsonLines, lines: list[bytes], first: int) -> None:
    """The lenient reader alone comes to the same events, rejects and counts."""
    decoded = decoder.decode(lines, first)
    index: list[int] = []
    rejected: list[Rejected] = []
    dropped = Counter[str]()
    ignored = 0
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        read = read_line(line, number)
        if isinstance(read, Rejected):
            rejected.append(read)
        else:
            index.append(number)
            ignored += len(read.unknown)
            dropped.update(read.dropped)
    assert decoded.index.tolist() == index
    assert decoded.rejected == rejected
    assert (decoded.ignored, decoded.dropped) == (ignored, dropped)


@pytest.mark.parametrize("format_", ["query", "combined"])
def test_hostile_lines_are_events_or_rejects(format_: str) -> None:
    """Never an exception, nothing lost, nothing of a payload shown, whichever way was taken."""
    combined = format_ == "combined"
    decoder: LineDecoder = CombinedLines() if combined else JsonLines()
    ingest, second = Ingest(KEY, decoder), JsonLines()
    reasons = Counter[str]()
    for batch in range(max(1, CASES // 2 // BATCH)):
        whole, damaged = cases(format_, batch)
        lines, first = whole + damaged, batch * BATCH
        try:
            result = ingest.decode(lines, first)
            check(result, lines, first)
            check_words(ingest.decode(whole, first))
            if not combined:
                check_patiently(second, lines, first)
        except Exception as error:
            error.add_note(f"{format_}, batch {batch}")
            raise
        reasons.update(reject.reason for reject in result.rejected)
        reasons["event"] += len(result.batch)

    assert reasons["event"] > BATCH // 10
    assert len(reasons) > (2 if combined else 7)


@given(st.lists(st.binary(max_size=60)))
def test_any_bytes_are_events_or_rejects(lines: list[bytes]) -> None:
    """Bytes that were never a record."""
    check(Ingest(KEY).decode(lines, 3), lines, 3)
