import json
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.events import (
    ABSENT,
    ABSENT_TIME,
    EVENT,
    CaptureClass,
    Operation,
    Outcome,
    Relation,
)
from streams.ingest.ingest import Ingest, Ingested
from streams.ingest.named import name_code
from streams.ingest.pseudonyms import Kind, Pair, PlainNames, PseudonymKey, hash_one
from streams.ingest.rejects import Rejected

KEY = PseudonymKey(bytes(range(32)), epoch=1)
BASE: dict[str, Any] = {
    "event_id": "e1",
    "event_time": "1970-01-01T00:00:05Z",
    "tenant_id": "acme",
    "actor_id": "ada",
    "operation": "identify",
    "outcome": "success",
}
FULL: dict[str, Any] = BASE | {
    "error_code": "ThrottlingException",
    "credential_id": "key-1",
    "gallery_id": "main",
    "probe_id": "probe",
    "probe_cluster_id": "cluster",
    "probe_quality": 0.5,
    "probe_face_count": 2,
    "capture_class": "cctv",
    "candidate_limit": 50,
    "result_offset": 10,
    "score_threshold": 0.25,
    "candidate_count": 3,
    "top_score": 0.75,
    "second_score": 0.625,
    "subject_id": "grace",
    "candidate_ids": ["grace", "joan", ""],
    "subject_relation": "consented",
    "embedding_returned": False,
    "purpose": "missing-person",
    "case_ref": "case-1",
    "source_ip": "203.0.113.7",
    "source_asn": 64_500,
    "source_country": "DE",
    "user_agent": "curl/8",
    "tls_ja4": "t13d",
    "device_id": "phone",
    "actor_role": "officer",
    "actor_unit": "north",
    "actor_created_at": 4_000,
    "actor_tz": "Asia/Tokyo",
    "latency_ms": 12.5,
    "request_bytes": 10,
    "response_bytes": 20,
}


def ingest(*records: dict[str, Any], **settings: Any) -> Ingested:
    """What comes of these records under the test's key."""
    lines = [json.dumps(record).encode() for record in records]
    return Ingest(KEY, **settings).decode(lines, 0)


def one(record: dict[str, Any]) -> dict[str, Any]:
    """The only row of a record's batch, by column."""
    (row,) = ingest(record).batch.rows
    return {name: row[name].tolist() for name in EVENT.names or ()}


def pair(kind: Kind, plain: str) -> list[int]:
    """The pseudonym of an id within the tenant."""
    return list(hash_one(KEY.secret, kind, "tenant", "acme", plain))


def test_every_field_arrives_in_its_column() -> None:
    """Numbers and codes by value, names as codes, ids as pseudonyms."""
    assert one(FULL) == {
        "index": 0,
        "time": 5_000,
        "utc_offset": 540,
        "operation": Operation.IDENTIFY,
        "outcome": Outcome.SUCCESS,
        "capture": CaptureClass.CCTV,
        "relation": Relation.CONSENTED,
        "embedding_returned": 0,
        "throttled": 1,
        "tenant": name_code("tenant", "acme"),
        "role": name_code("role", "officer"),
        "gallery": name_code("gallery", "main", "acme"),
        "purpose": name_code("purpose", "missing-person"),
        "unit": name_code("unit", "north", "acme"),
        "event": hash_one(KEY.secret, "event", "tenant", "acme", "e1")[0],
        "actor": pair("actor", "ada"),
        "credential": pair("credential", "key-1"),
        "subject": pair("subject", "grace"),
        "case": pair("case", "case-1"),
        "network": pair("network", "203.0.113.0/24"),
        "device": pair("device", "phone")[0],
        "probe": pair("probe", "probe")[0],
        "probe_cluster": pair("probe_cluster", "cluster")[0],
        "user_agent": pair("user_agent", "curl/8")[0],
        "tls": pair("tls", "t13d")[0],
        "face_count": 2,
        "limit": 50,
        "offset": 10,
        "candidates": 3,
        "threshold": 0.25,
        "quality": 0.5,
        "top_score": 0.75,
        "second_score": 0.625,
        "asn": 64_500,
        "country": 256 * ord("D") + ord("E"),
        "created": 4_000,
    }


@pytest.mark.parametrize("others", [{}, dict.fromkeys(FULL.keys() - BASE.keys())])
@pytest.mark.parametrize("beside", [[], [FULL]])
def test_absent_fields_are_absent(others: dict[str, None], beside: list[dict[str, Any]]) -> None:
    """Left out or null, alone or beside an event that has them all."""
    rows = ingest(BASE | others, *beside).batch.rows
    row = {name: rows[name][0].tolist() for name in EVENT.names or ()}

    absent = {name: value for name, value in row.items() if value in (0, [0, 0])}
    assert absent.keys() >= {"credential", "subject", "case", "network", "device", "probe", "tls"}
    assert absent.keys() >= {"probe_cluster", "user_agent", "role", "gallery", "purpose", "unit"}
    assert absent.keys() >= {"country", "utc_offset", "capture", "relation", "throttled"}
    integers = ("embedding_returned", "face_count", "limit", "offset", "candidates", "asn")
    assert [row[name] for name in integers] == [ABSENT] * 6
    assert np.isnan([row[name] for name in ("threshold", "quality", "top_score")]).all()
    assert row["created"] == ABSENT_TIME


def test_candidates_compare_equal_with_subjects() -> None:
    """Same kind and namespace; an empty id is nobody."""
    batch = ingest(BASE, FULL, FULL | {"candidate_ids": []}).batch

    assert batch.exposed_offsets.tolist() == [0, 0, 2, 2]
    assert batch.exposed.tolist() == [pair("subject", "grace")[0], pair("subject", "joan")[0]]
    assert batch.exposed[0] == batch.rows["subject"][1][0]


def subjects(records: list[dict[str, Any]], **settings: Any) -> list[Pair]:
    """The pseudonyms of the records' subjects."""
    return [
        (int(first), int(second))
        for first, second in ingest(*records, **settings).batch.rows["subject"]
    ]


def test_subjects_belong_to_their_namespace() -> None:
    """To the one that the event names, else to the tenant; a tenant's name is no namespace."""
    records = [
        BASE | {"subject_id": "grace", "tenant_id": tenant, "subject_namespace": namespace}
        for tenant in ("acme", "globex")
        for namespace in ("", "shared", "acme", None)
    ]
    acme, shared, named_acme, null, globex, shared_too, *_ = subjects(records)

    assert shared == shared_too == hash_one(KEY.secret, "subject", "namespace", "shared", "grace")
    assert null == acme == tuple(pair("subject", "grace"))
    assert len({acme, shared, named_acme, globex}) == 4


def test_host_may_share_subjects_among_tenants() -> None:
    """The harm crosses tenants."""
    records = [
        BASE | {"subject_id": "grace", "candidate_ids": ["grace"], "tenant_id": tenant}
        for tenant in ("acme", "globex")
    ]
    acme, globex = subjects(records, subjects="host")

    assert acme == globex == hash_one(KEY.secret, "subject", "host", "", "grace")
    assert set(ingest(*records, subjects="host").batch.exposed.tolist()) == {acme[0]}


def test_actors_galleries_and_units_belong_to_their_tenant_roles_to_nobody() -> None:
    """Two tenants' `default` are two; the same officer's role is one."""
    rows = ingest(FULL, FULL | {"tenant_id": "globex"}).batch.rows

    for column in ("tenant", "actor", "gallery", "unit", "network", "event", "case"):
        assert np.all(rows[column][0] != rows[column][1]), column
    for column in ("role", "purpose"):
        assert rows[column][0] == rows[column][1], column


def test_names_are_those_of_the_batch() -> None:
    """No word of an earlier batch, and every word of this one."""
    ingest = Ingest(KEY)
    ingest.decode([json.dumps(FULL | {"gallery_id": "old", "tenant_id": "gone"}).encode()], 0)
    batch = ingest.decode([json.dumps(record).encode() for record in (FULL, BASE)], 1).batch

    assert batch.names == {
        name_code("tenant", "acme"): "acme",
        name_code("gallery", "main", "acme"): "main",
        name_code("unit", "north", "acme"): "north",
        name_code("role", "officer"): "officer",
        name_code("purpose", "missing-person"): "missing-person",
    }


def test_events_of_invalid_time_are_rejected() -> None:
    """In the order of the records, together with the other rejects."""
    result = ingest(
        BASE | {"event_id": 1},
        BASE | {"event_time": "yesterday"},
        BASE,
        BASE | {"outcome": "?"},
        FULL | {"event_time": "2026-02-30T00:00:00Z"},
        FULL,
    )

    assert result.rejected == [
        Rejected(0, "wrong_type", "event_id"),
        Rejected(1, "bad_time", "event_time"),
        Rejected(3, "bad_value", "outcome"),
        Rejected(4, "bad_time", "event_time"),
    ]
    assert result.batch.rows["index"].tolist() == [2, 5]
    assert result.batch.exposed_offsets.tolist() == [0, 0, 2]


def test_values_that_are_none_of_their_kind_are_absent_and_counted() -> None:
    """An address, zone, country or date that is none leaves the rest of the event."""
    result = ingest(
        BASE | {"source_ip": "203.0.113.7:443", "actor_tz": "Mars/Olympus"},
        BASE | {"source_country": "D1", "actor_created_at": "yesterday", "ours": 1},
        BASE | {"source_ip": "", "actor_tz": "", "source_country": "", "actor_created_at": ""},
    )

    assert result.dropped_fields == Counter(
        ["source_ip", "actor_tz", "source_country", "actor_created_at"]
    )
    assert result.ignored_fields == 1
    assert not result.rejected
    assert not result.batch.rows["network"].any()
    assert set(result.batch.rows["created"].tolist()) == {ABSENT_TIME}


def test_networks_of_both_families_stand_for_their_addresses() -> None:
    """One /24 is one network, also when it is written in IPv6."""
    addresses = ["203.0.113.7", "::ffff:203.0.113.200", "2001:db8:1::5", "2001:db8:1:ff::1"]
    rows = ingest(*(BASE | {"source_ip": address} for address in addresses)).batch.rows

    assert rows["network"].tolist() == [
        *([pair("network", "203.0.113.0/24")] * 2),
        *([pair("network", "2001:db8:1::/48")] * 2),
    ]


def test_plain_names_are_remembered() -> None:
    """What an alert can name, it can name as given."""
    names = PlainNames()
    (row,) = Ingest(names).decode([json.dumps(FULL).encode()], 0).batch.rows

    written = {
        kind: names.write(kind, tuple(row[kind].tolist()))
        for kind in ("actor", "credential", "subject", "case", "network")
    }
    assert written == {
        "actor": "ada",
        "credential": "key-1",
        "subject": "grace",
        "case": "case-1",
        "network": "203.0.113.0/24",
    }


@given(st.lists(st.sampled_from([FULL, BASE, {"event_id": 1}]), max_size=12), st.integers(0, 12))
def test_cutting_a_log_changes_nothing(records: list[dict[str, Any]], cut: int) -> None:
    """An event's row depends on the event alone."""
    lines = [
        json.dumps(record | {"candidate_ids": [str(i), "x"]}).encode()
        for i, record in enumerate(records)
    ]
    whole = Ingest(KEY).decode(lines, 0)
    parts = Ingest(KEY)
    first, second = parts.decode(lines[:cut], 0), parts.decode(lines[cut:], len(lines[:cut]))

    assert first.rejected + second.rejected == whole.rejected
    split = len(first.batch)
    for part, expected in (
        (first.batch, whole.batch.take(0, split)),
        (second.batch, whole.batch.take(split, len(whole.batch))),
    ):
        assert part.rows.tobytes() == expected.rows.tobytes()
        assert part.event_ids == expected.event_ids
        assert part.exposed.tolist() == expected.exposed.tolist()
        assert part.exposed_offsets.tolist() == expected.exposed_offsets.tolist()
