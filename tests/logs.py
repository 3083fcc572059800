"""Query logs for tests: events as the contract writes them, the batches that detectors read.

A `Fields` value is one query event, with the contract's names. `batch` turns some into an
`EventBatch`; alerts name ids in plain through `name_of`. `stories` draws small logs that are
rich in coming back, in bursts and in odd values; `misuse_log` is one larger log that has
misuse of every registered pattern among innocent traffic.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from hashlib import blake2b
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from detectors.alerts import Alert
from detectors.config import Detection
from detectors.events import (
    CaptureClass,
    EventBatch,
    Operation,
    Outcome,
    Records,
    Relation,
    empty_rows,
)
from detectors.patterns import Figures
from detectors.pipeline import Pipeline
from detectors.shards.batch import Stretch
from detectors.stages import figures_of as told_of

Fields = dict[str, Any]
"""One query event by the contract's names; what is absent is left out."""

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

MONDAY = 1_736_121_600_000
"""2025-01-06T00:00Z, where most tests begin."""

_plain_ids: dict[tuple[int, int], str] = {}


@cache
def pseudonym(kind: str, scope: str, plain: str) -> tuple[int, int]:
    """Two well-mixed 64-bit halves for an id; `name_of` remembers what is behind them."""
    digest = blake2b(f"{kind}\x1f{scope}\x1f{plain}".encode(), digest_size=16).digest()
    halves = int.from_bytes(digest[:8]), int.from_bytes(digest[8:])
    _plain_ids[halves] = plain
    return halves


@cache
def code(word: str) -> int:
    """The 64-bit code of a plain word."""
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest())


def name_of(_kind: str, halves: tuple[int, int]) -> str:
    """The plain id behind a pseudonym that a batch of this module brought."""
    return _plain_ids[halves]


def pipeline(detection: Detection | None = None) -> Pipeline:
    """A fresh pipeline whose alerts name plain ids."""
    return Pipeline(detection or Detection(), "test", name_of)


def figures_of(log: EventBatch) -> Figures:
    """What the shards of a fresh pipeline say of every event of a log."""
    listener = _Listener(Detection(), "test", name_of)
    listener.observe(log)
    return Figures(
        np.concatenate([part.events for part in listener.heard]),
        np.concatenate([part.actors for part in listener.heard]),
        np.concatenate([part.subjects for part in listener.heard]),
        np.concatenate([part.networks for part in listener.heard]),
        np.concatenate([part.groups for part in listener.heard]),
    )


class _Listener(Pipeline):
    """A pipeline that keeps the figures of every event."""

    def _judge(self, stretch: Stretch) -> tuple[list[Alert], dict[str, NDArray[np.float32]]]:
        judged = super()._judge(stretch)
        self.heard = [*getattr(self, "heard", []), told_of(stretch)]
        return judged


def at(day: float, hour: float = 0.0, minute: float = 0.0, second: float = 0.0) -> int:
    """Milliseconds of a moment so long after `MONDAY`."""
    return MONDAY + round(day * DAY + hour * HOUR + minute * MINUTE + second * SECOND)


def search(time: int, actor: str = "ada", subject: str | None = None, **fields: Any) -> Fields:
    """A successful identification at `time` (ms)."""
    found = {} if subject is None else {"subject_id": subject}
    return {
        "event_time": time,
        "tenant_id": "tenant",
        "actor_id": actor,
        "operation": "identify",
        "outcome": "success",
        **found,
        **fields,
    }


def in_order(events: Iterable[Fields]) -> list[Fields]:
    """The events by time, each with an `event_id`."""
    ordered = sorted(events, key=lambda event: int(event["event_time"]))
    return [{"event_id": f"e{i}", **event} for i, event in enumerate(ordered)]


def batch(events: Iterable[Fields]) -> EventBatch:
    """The events as columns, in the order given; those without an `event_id` get one."""
    fields = [{"event_id": f"e{i}", **event} for i, event in enumerate(events)]
    rows = empty_rows(len(fields))
    rows["index"] = np.arange(len(fields))
    _fill(rows, fields)
    exposed = [
        [pseudonym("subject", _namespace(f), plain)[0] for plain in f.get("candidate_ids", ())]
        for f in fields
    ]
    words = {f[name] for f in fields for name in _WORDS.values() if name in f}
    return EventBatch(
        rows=rows,
        event_ids=[f["event_id"] for f in fields],
        exposed_offsets=np.cumsum([0, *map(len, exposed)], dtype=np.int64),
        exposed=np.array([key for keys in exposed for key in keys], np.uint64),
        names={code(word): word for word in words},
    )


_WORDS = {
    "tenant": "tenant_id",
    "role": "actor_role",
    "gallery": "gallery_id",
    "purpose": "purpose",
    "unit": "actor_unit",
}
_FIGURES = {
    "embedding_returned": "embedding_returned",
    "face_count": "probe_face_count",
    "limit": "candidate_limit",
    "offset": "result_offset",
    "candidates": "candidate_count",
    "threshold": "score_threshold",
    "quality": "probe_quality",
    "top_score": "top_score",
    "second_score": "second_score",
    "asn": "source_asn",
}
_NAMED = {
    "actor": "actor_id",
    "credential": "credential_id",
    "case": "case_ref",
    "network": "source_ip",
}
_COMPARED = {
    "device": "device_id",
    "probe": "probe_id",
    "probe_cluster": "probe_cluster_id",
    "user_agent": "user_agent",
    "tls": "tls_ja4",
    "event": "event_id",
}


def _fill(rows: Records, fields: Sequence[Fields]) -> None:
    def put(column: str, field: str, value_of: Callable[[Fields], Any]) -> None:
        present = [i for i, f in enumerate(fields) if field in f]
        if present:
            rows[column][present] = [value_of(fields[i]) for i in present]

    put("time", "event_time", lambda f: _milliseconds(f["event_time"]))
    put("created", "actor_created_at", lambda f: _milliseconds(f["actor_created_at"]))
    put("operation", "operation", lambda f: Operation[f["operation"].upper()])
    put("outcome", "outcome", lambda f: Outcome[f["outcome"].upper()])
    put("capture", "capture_class", lambda f: CaptureClass[f["capture_class"].upper()])
    put("relation", "subject_relation", lambda f: Relation[f["subject_relation"].upper()])
    put("throttled", "error_code", lambda f: "Throttling" in f["error_code"])
    put("country", "source_country", lambda f: int.from_bytes(f["source_country"].encode()))
    put("utc_offset", "actor_tz", _minutes_east)
    put("subject", "subject_id", lambda f: pseudonym("subject", _namespace(f), f["subject_id"]))
    for column, field in _WORDS.items():
        put(column, field, partial(_code_in, field))
    for column, field in _FIGURES.items():
        put(column, field, itemgetter(field))
    for column, field in _NAMED.items():
        put(column, field, partial(_named_in, field))
    for column, field in _COMPARED.items():
        put(column, field, partial(_first_half_in, field))


def _code_in(field: str, fields: Fields) -> int:
    return code(fields[field])


def _named_in(field: str, fields: Fields) -> tuple[int, int]:
    return pseudonym(field, fields["tenant_id"], fields[field])


def _first_half_in(field: str, fields: Fields) -> int:
    return _named_in(field, fields)[0]


def _namespace(fields: Fields) -> str:
    return str(fields.get("subject_namespace", fields["tenant_id"]))


def _milliseconds(time: int | str) -> int:
    if isinstance(time, int):
        return time
    return round(datetime.fromisoformat(time).timestamp() * 1000)


def _minutes_east(fields: Fields) -> int:
    return _offset(fields["actor_tz"], _milliseconds(fields["event_time"]) // HOUR)


@cache
def _offset(zone: str, hour: int) -> int:
    offset = datetime.fromtimestamp(hour * HOUR / 1000, UTC).astimezone(ZoneInfo(zone)).utcoffset()
    return 0 if offset is None else round(offset.total_seconds() / 60)


def one_in(share: int) -> settings:
    """A property's settings: one in so many of the profile's examples, since each costs more."""
    return settings(max_examples=settings().max_examples // share)


_ROLES = ("officer", "analyst")
_ZONES = ("America/Chicago", "Asia/Kolkata", "UTC")

_manners = st.fixed_dictionaries(
    {},
    optional={
        "case_ref": st.sampled_from(["case-1", "case-2"]),
        "subject_relation": st.sampled_from(["self", "consented", "other", "unknown"]),
        "purpose": st.sampled_from(["investigation", "training"]),
        "gallery_id": st.just("gallery"),
        "candidate_limit": st.sampled_from([0, 1, 50, 4096]),
        "result_offset": st.sampled_from([0, 50]),
        "score_threshold": st.sampled_from([0.0, 0.5, 1.0]),
        "probe_id": st.sampled_from(["probe-1", "probe-2", "probe-3"]),
        "source_ip": st.sampled_from(["198.51.100.0", "203.0.113.0"]),
        "candidate_ids": st.lists(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), max_size=5),
        "outcome": st.sampled_from(["success", "success", "failure", "denied"]),
        "operation": st.sampled_from(["identify", "identify", "list", "verify", "enrol"]),
        "embedding_returned": st.booleans(),
    },
)
"""What a burst of searches has in common; anything may be absent."""


@st.composite
def stories(
    draw: st.DrawFn, *, days: int = 10, most_bursts: int = 12, tenants: int = 2
) -> list[Fields]:
    """Events in order: bursts by a few accounts, of one person or of ever new ones.

    An account keeps its role and its time zone throughout.
    """
    events: list[Fields] = []
    for _ in range(draw(st.integers(1, most_bursts))):
        tenant, actor = draw(st.integers(0, tenants - 1)), draw(st.integers(0, 3))
        start = draw(st.integers(0, days * DAY // MINUTE - 1)) * MINUTE
        gap = draw(st.sampled_from([0, 1, 37, 3_000, 86_400])) * SECOND
        person, step = draw(st.integers(0, 5)), draw(st.integers(0, 1))
        nobody = draw(st.booleans()) and draw(st.booleans())
        manner = draw(_manners)
        for i in range(draw(st.integers(1, 14))):
            found = {} if nobody else {"subject_id": f"person-{person + i * step}"}
            events.append(
                {
                    **search(MONDAY + start + i * gap, f"actor-{actor}"),
                    "tenant_id": f"tenant-{tenant}",
                    "actor_role": _ROLES[actor % 2],
                    "actor_tz": _ZONES[actor % 3],
                    **found,
                    **manner,
                }
            )
    return in_order(events)


@cache
def misuse_log() -> EventBatch:
    """The events of `misuse` as detectors read them."""
    return batch(misuse())


def misuse() -> list[Fields]:
    """Three weeks of a dozen colleagues' work, among them a stalker, two scrapers and a fleet.

    A pattern that is registered without misuse of its kind here fails the test that looks
    for one alert of each.
    """
    rng = np.random.default_rng(1)
    events: list[Fields] = []
    for day in range(21):
        for actor in range(12):
            events += [
                search(
                    at(day, rng.uniform(8, 18)),
                    f"actor-{actor}",
                    f"person-{rng.integers(10_000)}",
                    case_ref=f"case-{rng.integers(300)}",
                    candidate_limit=10,
                    score_threshold=0.8,
                    source_ip=f"198.51.{actor}.0",
                )
                for _ in range(rng.integers(2, 7))
            ]
        if day >= 3:
            events += [
                search(at(day, hour), "actor-3", "ex", source_ip="198.51.3.0")
                for hour in (9.5, 21.25)
            ]
    events += [
        search(
            at(16, 1, second=gap * i),
            actor,
            f"taken-{actor}-{i}",
            candidate_limit=100,
            score_threshold=0.0,
            result_offset=100 * (i % 2),
            candidate_ids=[f"taken-{actor}-{i}", f"taken-{actor}-{i + 1}"],
            source_ip="203.0.113.0",
        )
        for actor, gap in (("actor-7", 7), ("actor-9", 11))
        for i in range(500)
    ]
    events += _of_several(12)
    events += _of_a_fleet(24)
    events += [
        search(at(day, 12.5), "actor-6", f"noticed-{day}", case_ref="old", capture_class="social")
        for day in range(1, 21)
    ]
    events += [
        search(
            at(18, 9, 15 * i),
            "actor-5",
            "forged",
            probe_id=f"forgery-{i}",
            probe_cluster_id="forgery",
            top_score=0.5 + 0.01 * i,
        )
        for i in range(40)
    ]
    events += [
        search(
            at(17, hour + guest / 30),
            "actor-8",
            f"person-{guest}-{hour}",
            source_ip=f"192.0.{guest}.0",
            device_id=f"guest-{guest}",
        )
        for guest in range(18)
        for hour in range(8, 18)
    ]
    events += [
        search(
            at(19, 14, i),
            "actor-2",
            f"compared-{i}",
            operation="verify",
            probe_id="face",
            embedding_returned=True,
            source_ip="203.0.113.0",
        )
        for i in range(70)
    ]
    return [
        {"tenant_id": "tenant", "actor_role": "officer", "gallery_id": "gallery", **event}
        for event in in_order(events)
    ]


def _of_several(officers: int) -> list[Fields]:
    """One person's five accounts come back to somebody; all officers look a victim up, unasked."""
    shared = {
        "source_ip": "192.0.2.0",
        "device_id": "laptop",
        "user_agent": "browser",
        "actor_created_at": at(-3),
    }
    events = [
        search(at(day, 20, 7 * turn), f"puppet-{(day + turn) % 5}", "target", **shared)
        for day in range(3, 20)
        for turn in range(2)
    ]
    events += [
        search(at(6 + actor, 11.5), f"actor-{actor}", "victim", source_ip=f"198.51.{actor}.0")
        for actor in range(officers)
    ]
    return events


def _of_a_fleet(accounts: int) -> list[Fields]:
    """Accounts of one operator, opened in one week, take twenty new people each, on two days."""
    return [
        search(
            at(12 + day, 9 + i / 2, account),
            f"drone-{account}",
            f"shared-out-{account}-{day}-{i}",
            source_ip=f"192.0.{account}.0",
            tls_ja4="kit",
            actor_created_at=at(10),
        )
        for day in range(2)
        for account in range(accounts)
        for i in range(20)
    ]
