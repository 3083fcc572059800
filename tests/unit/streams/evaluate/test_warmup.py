import pytest

from detectors.alerts import PatternCode
from detectors.census import ON_BASELINES, Accounts
from detectors.config import Detection
from detectors.standing import Standing
from streams.evaluate.warmup import Gap, day_of, warm_up

from .test_budget import a_standing

ALL = Detection().patterns.all()
ON_PERSONS = {
    PatternCode.PERSISTENT_STALKING,
    PatternCode.COORDINATED_STALKING,
    PatternCode.SUBJECT_PILE_ON,
    PatternCode.PROBE_HILL_CLIMBING,
}


def gaps(standing: Standing) -> tuple[Gap, ...]:
    """What is not known of a tenant."""
    return warm_up(standing, ALL).gaps


def test_of_a_tenant_that_is_known_nothing_lacks() -> None:
    """Since when it is judged is said all the same."""
    found = warm_up(a_standing(), ALL)

    assert found.gaps == ()
    assert (found.since, found.level, found.accounts, found.young) == ("1970-04-11", 3, 20, 0)


@pytest.mark.parametrize(
    ("carried", "patterns", "why"),
    [
        (
            (1.0, 1.0, 0.9, 0.9, 1.0, 1.0, 0.004),
            {PatternCode.CASE_LAUNDERING},
            "of its searches 0.4% carry case_ref, where more than 1% must",
        ),
        (
            (1.0, 1.0, 0.0, 0.9, 1.0, 1.0, 0.9),
            {PatternCode.CASE_LAUNDERING, *ON_PERSONS},
            "of its searches 0.0% carry subject_id, where more than 1% must",
        ),
        (
            (1.0, 0.0, 0.01, 0.0, 1.0, 1.0, 0.0),
            ON_PERSONS,
            "of its searches 1.0% carry subject_id, where more than 1% must",
        ),
        (
            (1.0, 0.0, 0.9, 0.0, 0.01, 0.0, 0.0),
            {PatternCode.CREDENTIAL_SHARING},
            "of its searches 1.0% carry a client or a network, where more than 1% must",
        ),
        (
            (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
            {PatternCode.CASE_LAUNDERING},
            (
                "of its searches 0.0% carry subject_id and 0.0% carry case_ref, "
                "where more than 1% must"
            ),
        ),
    ],
)
def test_fields_that_lack_are_named(
    carried: tuple[float, ...], patterns: set[PatternCode], why: str
) -> None:
    """By the patterns that need them; time does not mend it."""
    found = gaps(a_standing(carried))
    (gap,) = [gap for gap in found if set(gap.patterns) == patterns]

    assert (gap.why, gap.judged, gap.until) == (why, False, None)


@pytest.mark.parametrize(
    ("clean_days", "ripe_in", "own", "why", "until"),
    [
        (12.4, 9, 0, "12 of 50 clean days of accounts", "1970-07-28"),
        (
            12.4,
            None,
            3,
            (
                "12 of 50 clean days of accounts; 3 accounts are judged by days of their own; "
                "never more at the present rate"
            ),
            None,
        ),
        (0.0, None, 0, "0 of 50 clean days of accounts; too early to say until when", None),
    ],
)
def test_clean_days_that_lack_are_counted(
    clean_days: float, ripe_in: int | None, own: int, why: str, until: str | None
) -> None:
    """And it is said until when, if that can be told."""
    accounts = Accounts(20, own=own)
    standing = a_standing(clean_days=clean_days, ripe_in=ripe_in, accounts=accounts)

    assert gaps(standing) == (
        Gap(patterns=(PatternCode.UNUSUAL_ACTIVITY,), judged=False, why=why, until=until),
    )


@pytest.mark.parametrize(
    ("suspected", "but", "until"),
    [(0, "", "1970-07-21"), (2, "; 2 have had suspect days only", "1970-07-21"), (5, None, None)],
)
def test_accounts_without_a_past_are_judged_by_less(
    suspected: int, but: str | None, until: str | None
) -> None:
    """Until their first day is over, if it is clean; of those always suspect nobody can say."""
    (gap,) = gaps(a_standing(accounts=Accounts(20, 5, suspected)))

    assert gap.patterns == ON_BASELINES
    assert gap.judged
    assert gap.why.startswith("5 of 20 accounts have no clean day that is over, ")
    assert but is None or gap.why.endswith(f"alone{but}")
    assert gap.until == until


def test_days_are_written_as_dates() -> None:
    """Counted from the epoch."""
    assert day_of(0) == "1970-01-01"
    assert day_of(20_000) == "2024-10-04"
