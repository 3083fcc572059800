from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.alerts import Mode, PatternCode
from detectors.census import Accounts
from detectors.config import Budget, Detection
from detectors.levels import COUNTED, blind, levels_of
from detectors.modes import Modes
from detectors.standing import Standing
from detectors.tenure import Term
from detectors.verdicts import Ruling
from streams.evaluate.budget import Line, Report, a_day, report, ripe_days
from streams.promise import held
from tests.alerts import an_alert
from tests.verdicts import a_verdict

DETECTION = Detection(budget=Budget(false_alerts_per_10000_actor_days=2.0))
ALL = DETECTION.patterns.all()
PLAIN: dict[str, Any] = {
    "tenant": "t",
    "today": 199,
    "term": Term(100, 1_000, 600),
    "accounts": Accounts(20),
    "clean_days": 400.0,
    "ripe_in": 0,
    "own_law": dict.fromkeys(PatternCode, 0.3),
}

WITHOUT_REASONS = (1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0)
WITHOUT_PERSONS = (1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0)


def a_standing(carried: tuple[float, ...] = (1.0,) * COUNTED, **changed: Any) -> Standing:
    """A tenant that is known, but for what is `changed`; its searches carry all fields else."""
    counts = 1_000.0 * np.array([carried])
    return Standing(
        level=int(levels_of(counts)[0]),
        carried=carried,
        blind=frozenset(p.code for p in ALL if blind(counts, p.code, p.level)[0]),
        **(PLAIN | changed),
    )


def line_of(found: Report, pattern: PatternCode | None = None, tenant: str | None = "t") -> Line:
    """The one line on a pattern at a tenant."""
    (line,) = [line for line in found.lines if (line.pattern, line.tenant) == (pattern, tenant)]
    return line


def bounds(line: Line) -> tuple[float | None, float | None, int]:
    """Both ends of the interval, and the days that are needed."""
    return line.least, line.most, line.needed


def test_one_tenant_is_told_of_once() -> None:
    """All patterns first, then each in the order in which they judge."""
    found = report([], [], DETECTION, [a_standing()])

    assert [line.tenant for line in found.lines] == ["t"] * (1 + len(ALL))
    assert [line.pattern for line in found.lines] == [None, *(pattern.code for pattern in ALL)]
    assert (found.first_day, found.last_day) == ("1970-04-11", "1970-07-19")
    assert [warm_up.tenant for warm_up in found.warm_up] == ["t"]


def test_the_budget_is_shared_out_over_patterns() -> None:
    """All together have what is promised."""
    found = report([], [], DETECTION, [a_standing()])

    assert found.budget == 2.0
    assert line_of(found).promised == pytest.approx(2.0)
    assert line_of(found, PatternCode.BULK_SCRAPING).promised == pytest.approx(0.4)


def test_a_pattern_is_held_to_the_days_on_which_it_could_judge() -> None:
    """Not those before enough was known, or without its fields, or in the shadow."""
    detection = Detection(modes=Modes(shadow=("bulk_scraping@t",)))
    standing = a_standing(WITHOUT_REASONS)
    days = {pattern.code: ripe_days(standing, pattern, detection) for pattern in ALL}

    assert days.pop(PatternCode.UNUSUAL_ACTIVITY) == 600
    assert days.pop(PatternCode.CASE_LAUNDERING) == 0
    assert days.pop(PatternCode.BULK_SCRAPING) == 0
    assert set(days.values()) == {1_000}


def test_tenants_come_together_first() -> None:
    """Each alert once, however many tenants it is about; at each of them it counts."""
    both = an_alert(
        alert_id="both", tenant_id=None, tenants=("t", "u"), pattern=PatternCode.SUBJECT_PILE_ON
    )
    own = an_alert(alert_id="own", tenant_id="u", tenants=("u",))
    other = an_alert(alert_id="other", tenant_id="v", tenants=("v",))
    standings = [a_standing(), a_standing(tenant="u", term=Term(150, 500, 0), clean_days=3.0)]
    found = report([both, own, other], [], DETECTION, standings)

    assert found.lines[0].tenant is None
    alerts = {name: line_of(found, None, name).alerts for name in (None, "t", "u")}
    assert alerts == {None: 2, "t": 1, "u": 2}
    days = {name: line_of(found, None, name).actor_days for name in (None, "t", "u")}
    assert days == {None: 1_500, "t": 1_000, "u": 500}
    unusual = line_of(found, PatternCode.UNUSUAL_ACTIVITY, None)
    assert (unusual.actor_days, unusual.alerts) == (600, 0)


def test_lines_hold_what_the_promise_says() -> None:
    """The same bounds as of these figures alone."""
    alerts = [an_alert(alert_id=f"a{n}") for n in range(3)]
    line = line_of(report(alerts, [], DETECTION, [a_standing()]), PatternCode.BULK_SCRAPING)
    bare = held(line.promised, 1_000, 3)

    assert bounds(line) == (bare.least, bare.most, bare.needed)
    assert line.days == -(-bare.needed // 10)


@given(st.integers(0, 30), st.integers(0, 30))
def test_verdicts_true_take_alerts_out(false: int, true: int) -> None:
    """And no others do: the bound is that of the rest."""
    alerts = [an_alert(alert_id=f"a{n}") for n in range(false + true)]
    verdicts = [
        a_verdict(alert_id=f"a{n}", verdict=Ruling.TRUE if n < true else list(Ruling)[1 + n % 3])
        for n in range(false + true)
    ]
    found = report(alerts, verdicts, DETECTION, [a_standing()])
    rest = report(alerts[true:], [], DETECTION, [a_standing()])

    for pattern in (None, PatternCode.BULK_SCRAPING):
        assert line_of(found, pattern).real == true
        assert bounds(line_of(found, pattern)) == bounds(line_of(rest, pattern))


@given(st.integers(1, 10_000), st.integers(1, 10_000), st.integers(0, 20))
def test_more_days_lower_every_bound_and_more_alerts_raise_it(
    days: int, more: int, count: int
) -> None:
    """At a tenant as over all of them."""
    alerts = [an_alert(alert_id=f"a{n}") for n in range(count + 1)]

    def most(over: int, alerts_: int) -> float:
        standings = [a_standing(term=Term(100, over, over)), a_standing(tenant="u")]
        line = line_of(report(alerts[:alerts_], [], DETECTION, standings), None, None)
        assert line.most is not None
        return line.most

    assert most(days + more, count) < most(days, count) < most(days, count + 1)


def test_shadow_alerts_are_not_held_against_the_promise() -> None:
    """Nobody was paged."""
    found = report([an_alert(mode=Mode.SHADOW)], [], DETECTION, [a_standing()])

    assert line_of(found).alerts == 0


def test_the_present_rate_is_that_of_all_days_since_the_first() -> None:
    """1,000 actor-days in 100 days."""
    assert a_day(a_standing()) == 10.0


def test_what_is_never_judged_is_never_sure() -> None:
    """No day brings it nearer."""
    line = line_of(
        report([], [], DETECTION, [a_standing(WITHOUT_PERSONS)]), PatternCode.SUBJECT_PILE_ON
    )

    assert (line.actor_days, line.most, line.days) == (0, None, None)


def test_the_json_is_what_is_said() -> None:
    """With a schema, and both scopes."""
    found = msgspec.to_builtins(report([], [], DETECTION, [a_standing(), a_standing(tenant="u")]))

    assert found["schema"] == "probewatch.budget.v1"
    assert found["confidence"] == 0.95
    assert {line["tenant"] for line in found["lines"]} == {None, "t", "u"}
    assert msgspec.convert(found, Report).lines[0].actor_days == 2_000
