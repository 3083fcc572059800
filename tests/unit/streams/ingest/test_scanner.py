import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.ingest.scanner import Scanner

START = (
    '{"event_id":"e","event_time":1,"tenant_id":"t","actor_id":"a",'
    '"operation":"identify","outcome":"success","latency_ms":'
)


@given(
    st.one_of(
        st.floats(0, allow_infinity=False, allow_nan=False).map(repr),
        st.decimals(0, 10, places=19).map(str),
        st.from_regex(
            r"(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?", fullmatch=True
        ),
    )
)
def test_numbers_are_rounded_rightly(text: str) -> None:
    """As Python reads them, to the last bit, or not at all."""
    scanned = Scanner().scan([f"{START}{text}}}".encode()])
    expected = float(text)

    assert scanned.read.tolist() == [np.isfinite(expected)]
    if np.isfinite(expected):
        assert scanned.columns().numbers["latency_ms"].tolist() == [expected]


@given(st.from_regex(r"[-+0-9.eE]{1,8}", fullmatch=True))
def test_what_is_no_number_is_not_read(text: str) -> None:
    """JSON's own grammar decides, and that a number is finite."""
    try:
        expected = 0 <= json.loads(text) < np.inf
    except ValueError:
        expected = False

    assert Scanner().scan([f"{START}{text}}}".encode()]).read.tolist() == [expected]


def test_lines_can_be_read_anew() -> None:
    """Nothing is left of what the line said first."""
    first = f'{START}1,"purpose":"p","candidate_ids":["x"],"actor_id":"b"}}'.encode()
    scanned = Scanner().scan([first, f'{START}2,"candidate_ids":["y"]}}'.encode()])
    assert scanned.read.tolist() == [False, True]

    scanned.replace(np.array([0]), [f'{START}3,"candidate_ids":["z"]}}'.encode()])
    columns = scanned.columns()

    assert columns.numbers["latency_ms"].tolist() == [3, 2]
    assert columns.candidates.texts() == ["z", "y"]
    assert not any(columns.texts["purpose"].texts())
