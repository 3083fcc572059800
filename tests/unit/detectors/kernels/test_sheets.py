"""An actor's day against plain sums over the day's searches."""

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from detectors.baseline import PRIOR
from detectors.events import EventBatch
from detectors.state.actors import DAY, HOUR, TRAITS, Trait
from tests.logs import Fields, at, batch, figures_of, one_in, search, stories


@dataclass
class Searcher:
    """An actor's searches so far, and whom they reached."""

    times: list[int] = field(default_factory=list)
    reached: list[int] = field(default_factory=list)
    known: set[tuple[str, int]] = field(default_factory=set)
    days: dict[int, list[Any]] = field(default_factory=lambda: defaultdict(list))
    gaps: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    def observe(self, row: Any) -> dict[str, float]:
        """Take a search in, and say what the figures of its day should be."""
        time = int(row["time"])
        day = time // DAY
        if self.times and time > self.times[-1]:
            self.gaps[day].append(math.log1p((time - self.times[-1]) / 1000))
        self.times.append(time)
        self.days[day].append(row)
        if self._reaches(row):
            self.reached.append(time)
        return {
            "searches": len(self.times),
            "first": self.times[0],
            "searches_today": len(self.days[day]),
            "looks_today": sum(r["outcome"] == 0 and r["offset"] <= 0 for r in self.days[day]),
            "reach_today": sum(t // DAY == day for t in self.reached),
            "rate_5m": decayed(self.times, 5 * 60_000),
            "rate_1h": decayed(self.times, HOUR),
        }

    def _reaches(self, row: Any) -> bool:
        if row["outcome"] != 0:
            return False
        person, probe = int(row["subject"][0]), int(row["probe"])
        if person == probe == 0:
            return True
        key = ("person", person) if person else ("probe", probe)
        new = key not in self.known
        self.known.add(key)
        return new

    def traits(self) -> list[float]:
        """What the newest event's day is described by."""
        time = self.times[-1]
        day, hour = divmod(time // HOUR, 24)
        rows, gaps = self.days[day], self.gaps[day]
        limits = [math.log1p(row["limit"]) for row in rows if row["limit"] >= 0]
        thresholds = [float(row["threshold"]) for row in rows if row["threshold"] >= 0]
        pages = [row["offset"] > 0 for row in rows]
        awake = {t // HOUR for t in self.times if t // HOUR > 24 * day + hour - 24}
        traits = [math.nan] * TRAITS
        traits[Trait.REACH_DAY] = math.log1p(decayed(self.reached, DAY, time))
        traits[Trait.REACH_HOUR] = math.log1p(decayed(self.reached, HOUR, time))
        traits[Trait.AWAKE] = len(awake)
        if len(limits) >= 5:
            traits[Trait.LIMIT] = float(np.mean(limits))
        if len(thresholds) >= 5:
            traits[Trait.OPENNESS] = 1 - float(np.mean(thresholds))
        if len(pages) >= 5:
            traits[Trait.PAGING] = float(np.mean(pages))
        if len(gaps) >= 10:
            traits[Trait.REGULARITY] = -float(np.std(gaps))
        return traits


def decayed(times: list[int], lifetime: float, now: int | None = None) -> float:
    """By definition: every event counts exp(-age / lifetime)."""
    newest = times[-1] if now is None else now
    return math.fsum(math.exp((time - newest) / lifetime) for time in times)


@given(events=stories(days=4))
@one_in(3)
def test_a_day_is_what_was_searched_in_it(events: list[Fields]) -> None:
    """Counts and traits after every search are those of the plain sums."""
    log = batch(events)
    searchers: dict[int, Searcher] = defaultdict(Searcher)
    for row, found in zip(log.rows, figures_of(log).actors, strict=True):
        if row["operation"] not in (0, 5):
            continue
        searcher = searchers[int(row["actor"][0])]

        expected = searcher.observe(row)
        assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-6)
        # What the probes of a day come to is in `test_probes.py`.
        traits = pytest.approx(searcher.traits()[: Trait.NEAR], rel=1e-5, abs=2e-4, nan_ok=True)
        assert found["observed"][: Trait.NEAR].tolist() == traits


def steady(days: int) -> EventBatch:
    """An account that reaches six people a day, from nine o'clock, every ten minutes."""
    return batch(
        search(at(day, 9, 10 * i), subject=f"person-{day}-{i}", candidate_limit=10)
        for day in range(days)
        for i in range(6)
    )


def test_a_newcomer_is_expected_to_be_as_the_prior_says() -> None:
    """On the first day there are neither own days nor peers."""
    first = figures_of(steady(1)).actors[0]

    assert first["expected"].tolist() == pytest.approx(PRIOR.mean)
    spread = np.hypot(PRIOR.between, PRIOR.within)
    assert first["spread"].tolist() == pytest.approx(spread.tolist())


def test_expectation_moves_to_own_days() -> None:
    """With every own day, a steady account is expected closer to what it does, and surer."""
    figures = figures_of(steady(12)).actors
    begins = figures[::6]
    off = np.abs(begins["expected"][:, Trait.REACH_DAY] - math.log1p(6))

    assert (np.diff(off[2:]) < 0).all()
    assert (np.diff(begins["spread"][2:, Trait.REACH_DAY]) < 0).all()
    assert (np.diff(begins["freedom"][2:]) > 0).all()


def test_expectation_is_fixed_as_the_day_begins() -> None:
    """Nothing that an account does on a day, nor on the day before, changes what is expected."""
    events = [
        search(at(day, 9, i), subject=f"person-{day}-{i}")
        for day in range(8)
        for i in range(5 if day < 6 else 60)
    ]
    usual = [
        event for event in events if event["event_time"] < at(6) or "-7-" in event["subject_id"]
    ]

    busy, quiet = (figures_of(batch(some)).actors[-60:] for some in (events, usual))
    for name in ("expected", "spread", "freedom", "peer_expected", "peer_spread"):
        assert busy[name].tobytes() == quiet[name].tobytes()
        assert len({row.tobytes() for row in busy[name]}) == 1
