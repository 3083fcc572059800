import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from detectors.alerts import PatternCode
from detectors.errors import InputError
from streams.evaluate.records import (
    Search,
    moment,
    read_alerts,
    read_labels,
    read_searches,
)

LABELS = b"""\
{"type": "meta", "seed": 7, "days": 30, "start": "2026-03-01T00:00:00Z", "events": 9, "actors": 4}

{"type": "campaign", "campaign_id": "c1", "pattern": "bulk_scraping", "difficulty": "stealthy", \
"tenants": ["t"], "actors": ["a"], "subjects": [], "start": "2026-03-01T00:00:00Z", \
"end": 1772668800000, "event_ids": ["e1"], "ambiguous": false, "remark": "kept by someone"}
{"type": "group", "name": "press desk", "actors": ["b"], "subjects": []}
"""


@pytest.mark.parametrize(
    ("suffix", "content"),
    [("", LABELS), (".gz", gzip.compress(LABELS)), (".zst", zstandard.compress(LABELS))],
)
def test_labels_are_read_plain_or_compressed(tmp_path: Path, suffix: str, content: bytes) -> None:
    """All three kinds of label come out; blank lines and further fields do not matter."""
    path = tmp_path / f"labels.jsonl{suffix}"
    path.write_bytes(content)
    labels = read_labels(str(path))
    assert (labels.meta.actors, labels.meta.days) == (4, 30)
    assert labels.campaigns[0].pattern is PatternCode.BULK_SCRAPING
    assert moment(labels.campaigns[0].end) == datetime(2026, 3, 5, tzinfo=UTC)
    assert labels.groups[0].actors == {"b"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{", "not a label: Input data was truncated"),
        (b'{"type": "campain"}', "not a label: Invalid value 'campain' - at `$.type`"),
        (b'{"type": "campaign", "campaign_id": "c"}', "not a label: Object missing required field"),
        (b"\xff", "not a label: "),
    ],
)
def test_a_bad_label_is_named_by_file_and_line(tmp_path: Path, line: bytes, says: str) -> None:
    """The error says which line is wrong and why."""
    path = tmp_path / "labels.jsonl"
    path.write_bytes(b'{"type": "meta"}\n' + line + b"\n")
    with pytest.raises(InputError) as caught:
        read_labels(str(path))
    assert str(caught.value).startswith(f"{path}:2: {says}")


def test_two_campaigns_of_one_id_are_refused(tmp_path: Path) -> None:
    """Campaigns are told apart by their id, so labels that repeat one are wrong."""
    path = tmp_path / "labels.jsonl"
    campaign = LABELS.splitlines()[2]
    path.write_bytes(campaign + b"\n" + campaign + b"\n")
    with pytest.raises(InputError, match="campaign_id c1 is given twice"):
        read_labels(str(path))


@pytest.mark.parametrize(
    ("name", "content"),
    [("none.jsonl", None), ("torn.jsonl.gz", gzip.compress(LABELS)[:40]), ("not.zst", b"{}")],
)
def test_an_unreadable_file_is_an_input_error(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    """A missing, torn or wrongly named file is one line for a person."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read") as caught:
        list(read_alerts(str(path)))
    assert str(path) in str(caught.value)


def test_searches_skip_what_is_no_event(tmp_path: Path) -> None:
    """What detection rejects for want of an id, a time or an actor is no search here either."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(
        b'{"event_id": "1", "event_time": 0, "tenant_id": "t", "actor_id": "a", "x": 1}\n'
        b'{"event_id": "2", "event_time": "2026-03-01", "tenant_id": "t", "actor_id": "a"}\n'
        b'{"event_id": "3", "tenant_id": "t", "actor_id": "a"}\n'
        b"garbage\n"
    )
    assert [search.event_id for search in read_searches(str(path))] == ["1"]


@pytest.mark.parametrize(
    ("search", "people"),
    [
        (Search("e", 0, "t", "a"), set()),
        (Search("e", 0, "t", "a", subject_id="s"), {("t", "s")}),
        (Search("e", 0, "t", "a", "s", ("s", "r", "r")), {("t", "s"), ("t", "r")}),
        (Search("e", 0, "t", "a", None, ("s",), "world"), {("world", "s")}),
    ],
)
def test_the_people_exposed_are_the_candidates(
    search: Search, people: set[tuple[str, str]]
) -> None:
    """Candidates, or else the subject; unique within the namespace, or else the tenant."""
    assert search.identities() == people
