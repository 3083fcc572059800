"""Every registered pattern keeps every law."""

import pytest
from hypothesis import given

from detectors.alerts import PatternCode
from detectors.checks import LAWS, Law, Trial
from detectors.config import Detection
from tests.logs import Fields, batch, misuse_log, one_in, pipeline, stories

CODES = tuple(pattern.code for pattern in Detection().patterns.all())


def name(law: Law) -> str:
    """The law's own name, as a test's id."""
    return law.__name__


@pytest.mark.parametrize("code", CODES)
def test_misuse_log_has_an_alert(code: PatternCode) -> None:
    """The laws about alerts speak of something: each pattern raises one on the misuse log."""
    alerts = pipeline().observe(misuse_log()).alerts

    assert code in {alert.pattern for alert in alerts}


@pytest.mark.parametrize("law", LAWS, ids=name)
def test_holds_on_misuse(law: Law) -> None:
    """The law holds on three weeks of work with misuse of every kind."""
    law(Trial(misuse_log(), CODES, Detection()))


@pytest.mark.parametrize("law", LAWS, ids=name)
@given(events=stories())
@one_in(10)
def test_holds_on_any_log(law: Law, events: list[Fields]) -> None:
    """The law holds on whatever bursts of searches come, whichever fields are absent."""
    law(Trial(batch(events), CODES, Detection()))
