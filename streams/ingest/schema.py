"""The query event `probewatch.query.v1`: its fields, their types and their bounds.

This one declaration is what the fast decoder is compiled from, what the lenient reader
repairs against, and what adapters of other formats fill.
"""

import math
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

OperationWord = Literal[
    "identify", "verify", "enrol", "detect", "extract", "list", "delete", "other"
]
OutcomeWord = Literal["success", "failure", "denied"]
CaptureWord = Literal["cctv", "live", "social", "document", "unknown"]
RelationWord = Literal["self", "consented", "other", "unknown"]

LATEST_MS = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z, the last instant that RFC 3339 can write; the first that is
accepted is the epoch."""

LARGEST_COUNT = 2**31 - 1
"""Counts beyond it are kept as it: the columns hold 32 bits, and nobody pages that far."""

MAX_CANDIDATES = 100

Millis = Annotated[int, Meta(ge=0, le=LATEST_MS)]
Fraction = Annotated[float, Meta(ge=0, le=1)] | None
Count = Annotated[int, Meta(ge=0, le=LARGEST_COUNT)] | None
Amount = Annotated[float, Meta(ge=0)] | None
Text64 = Annotated[str, Meta(max_length=64)] | None
Text128 = Annotated[str, Meta(max_length=128)] | None
Text256 = Annotated[str, Meta(max_length=256)] | None
Text512 = Annotated[str, Meta(max_length=512)] | None
Candidates = (
    Annotated[list[Annotated[str, Meta(max_length=256)]], Meta(max_length=MAX_CANDIDATES)] | None
)


class QueryEvent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One search, as it was sent.

    An absent field has its default here: empty text, NaN, -1 or None. An explicit JSON
    null is None and means the same.
    """

    event_id: Annotated[str, Meta(min_length=1, max_length=128)]
    event_time: str | Millis
    tenant_id: Annotated[str, Meta(min_length=1, max_length=128)]
    actor_id: Annotated[str, Meta(min_length=1, max_length=256)]
    operation: OperationWord
    outcome: OutcomeWord
    error_code: Text64 = ""
    credential_id: Text256 = ""
    gallery_id: Text256 = ""
    probe_id: Text128 = ""
    probe_cluster_id: Text128 = ""
    probe_quality: Fraction = math.nan
    probe_face_count: Count = -1
    capture_class: CaptureWord | None = None
    candidate_limit: Count = -1
    result_offset: Count = -1
    score_threshold: Fraction = math.nan
    candidate_count: Count = -1
    top_score: Fraction = math.nan
    second_score: Fraction = math.nan
    subject_id: Text256 = ""
    candidate_ids: Candidates = None
    subject_namespace: Text128 = ""
    subject_relation: RelationWord | None = None
    embedding_returned: bool | None = None
    purpose: Text64 = ""
    case_ref: Text128 = ""
    source_ip: Text64 = ""
    # Four-byte AS numbers, RFC 6793.
    source_asn: Annotated[int, Meta(ge=0, le=2**32 - 1)] | None = -1
    source_country: Annotated[str, Meta(max_length=2)] | None = ""
    user_agent: Text512 = ""
    tls_ja4: Text64 = ""
    device_id: Text256 = ""
    actor_role: Text64 = ""
    actor_unit: Text128 = ""
    actor_created_at: str | Millis | None = ""
    actor_tz: Text64 = ""
    latency_ms: Amount = math.nan
    request_bytes: Amount = math.nan
    response_bytes: Amount = math.nan


FIELDS = {field.name: field for field in msgspec.structs.fields(QueryEvent)}
"""Every field of the schema by name, in its order."""

REQUIRED = tuple(name for name, field in FIELDS.items() if field.required)

COUNTS = frozenset(name for name, field in FIELDS.items() if field.type == Count)
"""Fields in which a number beyond `LARGEST_COUNT` is kept as it."""

LONGEST: dict[str, int] = {
    name: limit
    for type_, limit in ((Text64, 64), (Text128, 128), (Text256, 256), (Text512, 512))
    for name, field in FIELDS.items()
    if field.type == type_ and name not in {"source_ip", "actor_tz"}
}
"""Optional texts that are cut to so many characters. Half an address or a zone would be
another one."""

FORBIDDEN = frozenset(
    {
        "image",
        "image_bytes",
        "probe_image",
        "embedding",
        "vector",
        "template",
        "landmarks",
        "reason_text",
    }
)
"""Fields that would bring biometrics or free text in. Any spelling of case counts, and so
does a null: a log that has the field today fills it tomorrow."""

OPERATIONS: tuple[str, ...] = get_args(OperationWord)
