import pytest

from detectors.alerts import Mode, PatternCode, Severity
from detectors.config import Detection
from detectors.verdicts import Ruling
from streams.evaluate.promotion import Candidate, advised, promotion
from streams.evaluate.records import Search
from streams.intervals import wilson
from tests.alerts import an_alert
from tests.verdicts import a_verdict, several

QUIET = {"mode": Mode.SHADOW, "pattern": PatternCode.UNUSUAL_ACTIVITY}
LONG = [
    Search(f"e{day}-{actor}", 86_400_000 * day, "t", f"actor-{actor}")
    for day in range(100)
    for actor in range(20)
]
"""2,000 actor-days."""


def only(*args: object, **kwargs: object) -> Candidate:
    """The one candidate that there is."""
    (candidate,) = promotion(*args, **kwargs).candidates  # type: ignore[arg-type]
    return candidate


def test_only_what_would_page_from_the_shadow_is_a_candidate() -> None:
    """Live alerts and those of low severity are none."""
    alerts = [
        an_alert(alert_id="live"),
        an_alert(alert_id="low", severity=Severity.LOW, **QUIET),
        an_alert(alert_id="quiet", **QUIET),
    ]
    result = promotion(alerts, Detection())

    assert result.live == 1
    assert [(c.pattern, c.alerts) for c in result.candidates] == [(PatternCode.UNUSUAL_ACTIVITY, 1)]


def test_the_last_revision_counts() -> None:
    """An alert that left the shadow is live."""
    alerts = [an_alert(**QUIET), an_alert(revision=2, pattern=PatternCode.UNUSUAL_ACTIVITY)]

    assert promotion(alerts, Detection()).candidates == ()


@pytest.mark.parametrize(
    ("changed", "known"),
    [
        ({}, 1),
        ({"actors": ("somebody else",)}, 0),
        ({"actors": ("somebody else",), "subjects": ("her",)}, 1),
        ({"tenants": ("other",)}, 0),
        (
            {"first_event_time": "2026-04-05T09:00:00Z", "last_event_time": "2026-04-05T09:00:00Z"},
            0,
        ),
        (
            {"first_event_time": "2026-03-06T09:00:00Z", "last_event_time": "2026-03-06T09:00:00Z"},
            1,
        ),
    ],
)
def test_known_is_what_a_live_alert_tells_of(changed: dict[str, object], known: int) -> None:
    """The same tenant, the same account or person, within a day of each other."""
    alerts = [
        an_alert(alert_id="live", subjects=("her",)),
        an_alert(alert_id="quiet", **(QUIET | changed)),
    ]
    found = only(alerts, Detection())

    assert (found.known, found.new) == (known, 1 - known)


def test_rates_are_per_10_000_actor_days() -> None:
    """Days on which an account searched, however often, beside what the budget promises."""
    alerts = [an_alert(alert_id=f"a{n}", actors=(f"{n}",), **QUIET) for n in range(4)]
    result = promotion(alerts, Detection(), [*LONG, *LONG])
    (found,) = result.candidates

    assert result.actor_days == 2_000
    assert found.rate == pytest.approx(20.0)
    assert found.interval is not None
    assert found.interval[0] < 20.0 < found.interval[1]
    assert found.promised == pytest.approx(Detection().patterns.unusual_activity.budget_share)


def test_tenants_are_told_apart_if_there_are_several() -> None:
    """All of them first; each with its own actor-days."""
    alerts = [
        an_alert(alert_id="a1", **QUIET),
        an_alert(alert_id="a2", tenant_id="u", tenants=("u",), **QUIET),
    ]
    found = promotion(alerts, Detection(), LONG).candidates

    assert [(c.tenant_id, c.alerts) for c in found] == [(None, 2), ("t", 1), ("u", 1)]
    assert [c.rate is None for c in found] == [False, False, True]


@pytest.mark.parametrize(
    ("ruling", "count", "advice"),
    [
        (Ruling.TRUE, 10, "promote"),
        (Ruling.TRUE, 9, "wait"),
        (Ruling.FALSE, 10, "keep"),
        (Ruling.BENIGN, 10, "keep"),
        (Ruling.DUPLICATE, 10, "wait"),
    ],
)
def test_enough_verdicts_decide(ruling: Ruling, count: int, advice: str) -> None:
    """Ten that say the same; duplicates say neither right nor wrong."""
    alerts = [an_alert(alert_id=f"a{n}", **QUIET) for n in range(count)]

    assert only(alerts, Detection(), None, several(count, verdict=ruling)).advice == advice


def test_the_last_verdict_on_an_alert_counts() -> None:
    """Somebody may have thought again."""
    verdicts = [a_verdict(verdict=Ruling.FALSE), a_verdict(verdict=Ruling.TRUE)]

    assert only([an_alert(**QUIET)], Detection(), None, verdicts).verdicts == {"true": 1}


def test_split_verdicts_wait_for_more() -> None:
    """As long as neither half is sure."""
    assert advised(wilson(6, 12), 12, 0, None, 0.05)[0] == "wait"


def test_too_many_unexplained_are_kept_in_the_shadow() -> None:
    """Without verdicts, if there are surely more than promised; not if they are explained."""
    alerts = [an_alert(alert_id=f"a{n}", **QUIET) for n in range(4)]
    right = several(4, verdict=Ruling.TRUE)

    assert only(alerts, Detection(), LONG).advice == "keep"
    assert only(alerts, Detection(), LONG, right).advice == "wait"
    assert only(alerts, Detection()).advice == "wait"
