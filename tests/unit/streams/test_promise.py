import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.alerts import Mode, Severity
from detectors.verdicts import Ruling
from streams.intervals import garwood
from streams.promise import Held, held, held_of, paging, rounded, said_real, spoken
from tests.alerts import an_alert
from tests.verdicts import a_verdict

budgets = st.floats(0.01, 100)
days = st.integers(1, 2_000_000)
counts = st.integers(0, 200)


@given(budgets, days, counts, st.integers(1, 1_000_000))
def test_the_bound_falls_with_more_days(budget: float, over: int, alerts: int, more: int) -> None:
    """As long as no other alert comes; and fewer are needed, by as many."""
    before, after = held(budget, over, alerts), held(budget, over + more, alerts)
    assert before.most is not None
    assert after.most is not None
    assert after.most < before.most
    assert after.needed == max(0, before.needed - more)


@given(budgets, days, counts)
def test_the_bound_rises_with_alerts(budget: float, over: int, alerts: int) -> None:
    """And so do its lower end and what is needed."""
    before, after = held(budget, over, alerts), held(budget, over, alerts + 1)
    assert before.most is not None
    assert after.most is not None
    assert before.least is not None
    assert after.least is not None
    assert before.most < after.most
    assert before.least < after.least <= after.most
    assert before.needed <= after.needed


@given(budgets, days, counts, counts)
def test_what_is_real_is_taken_out(budget: float, over: int, alerts: int, real: int) -> None:
    """Only what may be false counts."""
    found, bare = held(budget, over, alerts + real, real), held(budget, over, alerts)
    assert (found.least, found.most, found.needed) == (bare.least, bare.most, bare.needed)
    assert (found.alerts, found.real) == (alerts + real, real)


@given(budgets, days, counts)
def test_so_many_days_are_needed_and_no_fewer(budget: float, over: int, alerts: int) -> None:
    """With them the promise is kept; with one less it is not yet."""
    needed = held(budget, over, alerts).needed
    assert held(budget, over + needed, alerts).state == "kept"
    if needed:
        assert held(budget, over + needed - 1, alerts).state != "kept"


def test_without_an_alert_the_bound_is_that_of_nothing_seen() -> None:
    """-ln 0.025 = 3.689 events; so a promise of one in 10,000 takes 36,889 actor-days."""
    assert held(1.0, 10_000, 0).most == pytest.approx(3.6889, abs=5e-5)
    assert held(1.0, 0, 0).needed == 36_889
    assert held(0.5, 0, 0).needed == 73_778


def test_without_a_day_there_is_no_bound() -> None:
    """Nothing was held, whatever was raised."""
    found = held(1.0, 0, 2)
    assert (found.least, found.most, found.state) == (None, None, "open")


@pytest.mark.parametrize(
    ("over", "alerts", "state"),
    [(10_000, 0, "open"), (40_000, 0, "kept"), (10_000, 1, "open"), (10_000, 5, "above")],
)
def test_states_are_those_of_the_interval(over: int, alerts: int, state: str) -> None:
    """Kept, if its upper end is promised; above, if not even its lower end is."""
    low, high = garwood(alerts)
    assert held(1.0, over, alerts).state == state
    assert (high * 10_000 / over <= 1.0) == (state == "kept")
    assert (low * 10_000 / over > 1.0) == (state == "above")


def test_only_what_pages_counts_by_its_last_revision() -> None:
    """Neither low ones nor those in the shadow; an alert once."""
    alerts = [
        an_alert(alert_id="low", severity=Severity.LOW),
        an_alert(alert_id="shadow", mode=Mode.SHADOW),
        an_alert(alert_id="grown", severity=Severity.LOW),
        an_alert(alert_id="grown", revision=2, severity=Severity.HIGH),
    ]
    assert [(alert.alert_id, alert.revision) for alert in paging(alerts)] == [("grown", 2)]


def test_the_last_verdict_in_time_says_what_is_real() -> None:
    """In whatever order they are given; `duplicate` says nothing of the kind."""
    verdicts = [
        a_verdict(alert_id="again", verdict=Ruling.TRUE, event_time=2),
        a_verdict(alert_id="again", verdict=Ruling.FALSE, event_time=1),
        a_verdict(alert_id="not", verdict=Ruling.TRUE, event_time=1),
        a_verdict(alert_id="not", verdict=Ruling.BENIGN, event_time=2),
        a_verdict(alert_id="twice", verdict=Ruling.DUPLICATE),
    ]
    assert said_real(verdicts) == {"again"}


def test_verdicts_on_other_alerts_change_nothing() -> None:
    """Those of another log, say."""
    pages = [an_alert(alert_id="a1"), an_alert(alert_id="a2")]
    assert held_of(1.0, 100, pages, {"a2", "other"}) == held(1.0, 100, 2, 1)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (
            held(1.0, 1_203, 2),
            (
                "1 false alert per 10,000 actor-days promised; 2 alerts in 1,203 actor-days: "
                "at most 60 per 10,000 (95 %) if none is real"
            ),
        ),
        (
            held(0.5, 40_000, 2, 1),
            (
                "0.5 false alerts per 10,000 actor-days promised; 2 alerts in 40,000 actor-days, "
                "1 real by verdict: at most 1.4 per 10,000 (95 %) if no other is real"
            ),
        ),
        (
            held(2.0, 1, 1, 1),
            (
                "2 false alerts per 10,000 actor-days promised; 1 alert in 1 actor-day, "
                "1 real by verdict: at most 37,000 per 10,000 (95 %)"
            ),
        ),
        (
            held(1.0, 0, 0),
            "1 false alert per 10,000 actor-days promised; 0 alerts in 0 actor-days",
        ),
    ],
)
def test_it_is_said_in_a_sentence(found: Held, text: str) -> None:
    """With what it rests on."""
    assert spoken(found) == text


@given(st.floats(1e-4, 1e8))
def test_rounding_keeps_two_digits(rate: float) -> None:
    """And writes no exponent."""
    text = rounded(rate)
    assert "e" not in text
    assert float(text.replace(",", "")) == pytest.approx(rate, rel=0.051)
