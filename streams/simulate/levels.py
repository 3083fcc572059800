"""How much a tenant's log can tell, and which fields that is."""

from enum import IntEnum


class Level(IntEnum):
    """Who and when; what for; whom; why."""

    L0 = 0
    L1 = 1
    L2 = 2
    L3 = 3


LEVEL_OF_FIELD = {
    "error_code": Level.L0,
    "credential_id": Level.L0,
    "source_ip": Level.L0,
    "source_asn": Level.L0,
    "source_country": Level.L0,
    "user_agent": Level.L0,
    "tls_ja4": Level.L0,
    "device_id": Level.L0,
    "actor_role": Level.L0,
    "actor_unit": Level.L0,
    "actor_created_at": Level.L0,
    "actor_tz": Level.L0,
    "latency_ms": Level.L0,
    "request_bytes": Level.L0,
    "response_bytes": Level.L0,
    "gallery_id": Level.L1,
    "candidate_limit": Level.L1,
    "result_offset": Level.L1,
    "score_threshold": Level.L1,
    "embedding_returned": Level.L1,
    "probe_id": Level.L2,
    "probe_cluster_id": Level.L2,
    "probe_quality": Level.L2,
    "probe_face_count": Level.L2,
    "capture_class": Level.L2,
    "candidate_count": Level.L2,
    "top_score": Level.L2,
    "second_score": Level.L2,
    "subject_id": Level.L2,
    "candidate_ids": Level.L2,
    "subject_namespace": Level.L2,
    "subject_relation": Level.L2,
    "purpose": Level.L3,
    "case_ref": Level.L3,
}
"""The optional fields of an event, and from which level on a log has them."""

OPTIONAL = tuple(LEVEL_OF_FIELD)

OFTEN_OMITTED = (
    "tls_ja4",
    "device_id",
    "latency_ms",
    "request_bytes",
    "response_bytes",
    "probe_quality",
    "probe_face_count",
    "second_score",
    "candidate_ids",
    "capture_class",
    "actor_unit",
    "embedding_returned",
    "credential_id",
    "result_offset",
    "probe_cluster_id",
)
"""Fields that some tenants' logs lack although their level would have them."""
