"""Searches happen when and as often as their rhythm says."""

from datetime import date

import numpy as np
import pytest

from streams.simulate.almanac import DAY, HOUR, ZONES, almanac
from streams.simulate.population import accounts
from streams.simulate.rhythm import Hours, Rhythm, day_shapes, lived_days, spells, vacations, visits

ALMANAC = almanac(1, date(2025, 3, 3), 60)
SHAPES = day_shapes(np.random.default_rng(1))


def search(rhythm: Rhythm, **columns: object) -> tuple[np.ndarray, np.ndarray]:
    """Owners and times of a cohort's searches."""
    table = accounts(len(rhythm.visits), **columns)  # type: ignore[arg-type]
    found = visits(np.random.default_rng(2), rhythm, table, ALMANAC, SHAPES)
    return found.owner, found.time


def test_counts_are_as_expected() -> None:
    """Visits times searches per visit, on average."""
    rates = np.repeat([[0.5], [2.0]], 100, axis=0) * np.ones(ALMANAC.span)
    owner, _ = search(Rhythm(rates, Hours.OFFICE, size=3.0, dispersion=1.0))
    counts = np.bincount(owner, minlength=200)

    assert 75 < counts[:100].mean() < 105
    assert 310 < counts[100:].mean() < 410


def test_everything_is_in_the_window_of_an_open_account() -> None:
    """Nothing before the start, before the account, or from the end on."""
    opened = ALMANAC.start + 20 * DAY
    owner, time = search(
        Rhythm(np.full((40, ALMANAC.span), 3.0), Hours.NIGHT_SHIFT),
        created=np.where(np.arange(40) < 20, 0, opened),
        zone=np.arange(40) % len(ZONES),
    )

    assert time.min() >= ALMANAC.start
    assert time.max() < ALMANAC.end
    assert time[owner >= 20].min() >= opened
    # Every hour of the first day is as full as any other, wherever people live.
    first_day = (time[owner < 20] - ALMANAC.start) // DAY == 0
    assert first_day.sum() > 60


@pytest.mark.parametrize("zone", [0, 5, 9])
def test_offices_work_by_local_time(zone: int) -> None:
    """From seven to seven, daylight saving time or not."""
    _, time = search(Rhythm(np.full((20, ALMANAC.span), 2.0), Hours.OFFICE, size=1.0), zone=zone)
    midnight = ALMANAC.midnights[zone]
    day = np.searchsorted(midnight, time, side="right") - 1
    hour = (time - midnight[day]) / HOUR

    assert ((hour > 7) & (hour < 19)).mean() > 0.93


def test_jobs_run_by_the_clock() -> None:
    """Once on each day that says so, within minutes of their hour."""
    rhythm = Rhythm(
        np.ones((1, ALMANAC.span)), Hours.CLOCK, phase=np.array([2.5]), size=1.0, by_clock=True
    )
    _, time = search(rhythm, zone=ZONES.index(("Asia/Tokyo", "JP")))
    hour = (time + 9 * HOUR) % DAY / HOUR

    assert len(np.unique(time // DAY)) == len(time) >= 59
    assert hour.min() >= 2.5
    assert np.median(hour) < 2.6


def test_zones_keep_their_offsets() -> None:
    """Days begin when the zone says, on both sides of the change to daylight saving time."""
    new_york = ALMANAC.midnights[0]
    dates = {DAY, DAY - HOUR}

    assert set(np.diff(new_york).tolist()) == dates
    assert new_york[1] - ALMANAC.start == 5 * HOUR
    assert ALMANAC.start - ALMANAC.midnights[9][1] == 5.5 * HOUR


def test_days_of_life_average_to_one() -> None:
    """Vacations aside, and they are whole absences."""
    rng = np.random.default_rng(3)
    away = vacations(rng, 2000, 90)
    factor = lived_days(rng, ALMANAC, 2000, np.ones(8))

    assert set(np.unique(away)) == {0.0, 1.0}
    assert 0.75 < away.mean() < 0.97
    assert 0.7 < factor.mean() < 1.1


def test_spells_are_runs_of_days() -> None:
    """At least one each, of about the length asked for."""
    inside = spells(np.random.default_rng(4), (500, 90), 0.5, 3.0)

    assert (inside.sum(axis=1) >= 1).all()
    assert 2.0 < inside.sum(axis=1).mean() < 6.0
