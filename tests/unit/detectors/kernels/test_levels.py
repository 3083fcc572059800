import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.kernels.levels import SENDER, count_senders
from detectors.levels import COUNTED, carried
from detectors.shards.tables import Table
from tests.logs import Fields, at, batch, search

events = st.lists(
    st.fixed_dictionaries(
        {
            "tenant_id": st.sampled_from(["acme", "blue", "corp"]),
            "operation": st.sampled_from(["identify", "list", "enrol"]),
        },
        optional={
            "gallery_id": st.just("gallery"),
            "candidate_limit": st.sampled_from([0, 10]),
            "score_threshold": st.sampled_from([0.0, 0.8]),
            "subject_id": st.just("ann"),
            "case_ref": st.just("case"),
            "purpose": st.just("investigation"),
            "source_ip": st.just("192.0.2.1"),
            "source_asn": st.just(64500),
            "user_agent": st.just("app"),
            "tls_ja4": st.just("t13"),
            "device_id": st.just("phone"),
            "probe_id": st.just("probe"),
            "probe_cluster_id": st.just("cluster"),
            "top_score": st.sampled_from([0.0, 0.9]),
        },
    ),
    min_size=1,
    max_size=30,
)


@given(fields=events, most=st.integers(0, 4))
def test_senders_are_counted_as_plainly(fields: list[Fields], most: int) -> None:
    """For each tenant that there is room for, its events and what its searches carry."""
    rows = batch(search(at(0, second=i)) | each for i, each in enumerate(fields)).rows
    senders = Table(SENDER)
    others = count_senders(rows, senders.view(len(rows)), most)

    first = dict.fromkeys(rows["tenant"].tolist())
    kept = list(first)[:most]
    assert senders.keys[: len(senders)].tolist() == kept
    assert others == int((~np.isin(rows["tenant"], kept)).sum())
    for place, tenant in enumerate(kept):
        own = rows[rows["tenant"] == tenant]
        assert senders.rows["events"][place] == len(own)
        assert senders.rows["carried"][place].tolist() == carried(own).sum(axis=1).tolist()
        assert senders.rows["carried"].shape[1] == COUNTED
