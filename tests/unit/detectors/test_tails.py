import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.patterns import BulkScraping
from detectors.tails import SURE_COUNT, law_of, own_share

LAW = law_of(BulkScraping(), 1.0)


@given(st.floats(0.0, 1e6), st.floats(0.0, 1e4))
def test_the_own_share_is_the_weight_of_the_own_count(days: float, reached: float) -> None:
    """What a tenant's rate is taken for lies between the law's and its own, so far from each."""
    taken = (SURE_COUNT + reached) / (SURE_COUNT + LAW.share * days)
    share = own_share(LAW, days)
    assert 0.0 <= share < 1.0
    if days > 1e-3:
        assert taken == pytest.approx(1 - share + share * reached / (LAW.share * days))
    else:
        assert share == pytest.approx(0.0, abs=1e-6)
