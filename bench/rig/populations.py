"""State like that of a service, made without one: entities with figures, and events on them.

Sizes of fields and how they are filled matter here, not detection: pseudonyms and decayed
counts have random bits, which no encoding shortens; counts are small and skewed; times lie
within the 120 days that are kept.
"""

import numpy as np
from numpy.typing import NDArray

from detectors.events import Records
from detectors.shards.tables import Arrays
from detectors.state.actors import ACTOR, DAY, HORIZONS, REACH_HORIZONS, SHEET
from detectors.state.pairs import HISTORY, PAIR
from detectors.state.subjects import SUBJECT, SUBJECT_HORIZONS

START = 1_750_000_000_000
"""Event time, ms, at which the entities are as they were made."""

_KEPT_DAYS = 120
_TENANTS, _COHORTS = 5, 40


class Population:
    """One row of every kind, `rows` times: what one virtual shard holds.

    Args:
        rows: of each kind.
        seed: of all that is drawn.
    """

    def __init__(self, rows: int, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._now = START
        self._rows: dict[str, Records] = {
            "actors": self._actors(rows),
            "pairs": self._pairs(rows),
            "sheets": self._sheets(rows),
            "histories": self._histories(rows),
            "subjects": self._subjects(rows),
        }
        self._keys = {name: self._words(rows) for name in ("actors", "pairs", "subjects")}

    def arrays(self, *kinds: str) -> Arrays:
        """Views of the rows and keys of these kinds, all if none is named."""
        chosen = kinds or tuple(self._rows)
        kept: Arrays = {f"{name}.rows": self._rows[name] for name in chosen}
        return kept | {f"{name}.keys": self._keys[name] for name in chosen if name in self._keys}

    def touch(self, share: float, seconds: float = 10.0) -> int:
        """One event on this share of the entities of every kind, chosen evenly.

        Returns:
            how many rows changed, of all kinds together.
        """
        self._now += int(1000 * seconds)
        count = 0
        for name, rows in self._rows.items():
            hit = self._rng.choice(len(rows), max(1, int(share * len(rows))), replace=False)
            getattr(self, f"_event_on_{name}")(rows, np.sort(hit))
            count += len(hit)
        return count

    def _words(self, n: int, width: int | None = None) -> NDArray[np.uint64]:
        shape = n if width is None else (n, width)
        return self._rng.integers(0, 1 << 64, shape, np.uint64)

    def _counts(self, n: int) -> NDArray[np.int64]:
        return np.minimum(self._rng.zipf(1.7, n), 10_000)

    def _times(self, n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        last = START - (self._rng.exponential(5 * DAY, n)).astype(np.int64)
        return last - self._rng.integers(0, _KEPT_DAYS * DAY, n), last

    def _actors(self, n: int) -> Records:
        rows: Records = np.zeros(n, ACTOR)
        rows["actor"] = self._words(n, 2)
        rows["tenant"] = self._words(_TENANTS)[self._rng.integers(0, _TENANTS, n)]
        rows["cohort"] = self._words(_COHORTS)[self._rng.integers(0, _COHORTS, n)]
        rows["first"], rows["last"] = self._times(n)
        rows["utc_offset"] = 60 * self._rng.integers(-6, 4, n)
        rows["searches"] = self._counts(n)
        rows["explained"] = rows["searches"] * self._rng.random(n)
        rows["rates"] = self._rng.exponential(1.0, (n, len(HORIZONS))) * np.arange(1, 6)
        rows["reaches"] = self._rng.exponential(1.0, (n, len(REACH_HORIZONS)))
        rows["named"] = rows["searches"] * self._rng.random(n)
        rows["pairs"] = rows["named"] // 2
        rows["returning"] = rows["pairs"] // 8
        rows["return_days"] = rows["returning"] * 2
        rows["return_logs"] = rows["return_days"] * 700
        rows["sheets"] = np.stack([np.arange(n), np.full(n, -1)], axis=1)
        rows["baseline"] = rows["rhythm"] = rows["sketch"] = np.arange(n)
        return rows

    def _event_on_actors(self, rows: Records, hit: NDArray[np.int64]) -> None:
        age = (self._now - rows["last"][hit])[:, None]
        rows["last"][hit] = self._now - self._rng.integers(0, 10_000, len(hit))
        rows["rates"][hit] = 1 + rows["rates"][hit] * np.exp(-age / HORIZONS)
        rows["reaches"][hit] = 1 + rows["reaches"][hit] * np.exp(-age / REACH_HORIZONS)
        for name in ("searches", "explained", "named", "pairs"):
            rows[name][hit] += 1

    def _pairs(self, n: int) -> Records:
        rows: Records = np.zeros(n, PAIR)
        rows["actor_row"] = self._rng.integers(0, n, n)
        rows["day"] = START // DAY - self._rng.geometric(0.1, n)
        rows["searches"] = self._counts(n)
        rows["explained"] = rows["searches"] * self._rng.random(n)
        rows["probes"] = np.uint64(1) << self._rng.integers(0, 64, n, np.uint64)
        rows["history"] = np.where(self._rng.random(n) < 0.2, np.arange(n), -1)
        rows["person"] = 1
        return rows

    def _event_on_pairs(self, rows: Records, hit: NDArray[np.int64]) -> None:
        rows["day"][hit] = self._now // DAY
        rows["searches"][hit] += 1
        rows["probes"][hit] |= np.uint64(1) << self._rng.integers(0, 64, len(hit), np.uint64)

    def _sheets(self, n: int) -> Records:
        rows: Records = np.zeros(n, SHEET)
        rows["day"] = START // DAY
        rows["searches"] = rows["limits"] = rows["thresholds"] = self._counts(n)
        rows["reach"] = rows["searches"] // 2
        rows["gaps"] = rows["searches"] - 1
        for name in ("limit_sum", "threshold_sum", "gap_sum", "gap_squares"):
            rows[name] = rows["searches"] * self._rng.random(n)
        hours = self._rng.integers(7, 19, n)
        rows["awake"] = 1 << hours
        rows["hours"][np.arange(n), hours] = rows["searches"]
        rows["reach_hours"][np.arange(n), hours] = rows["reach"]
        rows["expected"] = self._rng.random((n, rows["expected"].shape[1]))
        rows["spread"] = self._rng.random((n, rows["spread"].shape[1]))
        rows["freedom"] = self._rng.integers(1, 60, n)
        return rows

    def _event_on_sheets(self, rows: Records, hit: NDArray[np.int64]) -> None:
        for name in ("searches", "limits", "thresholds", "gaps"):
            rows[name][hit] += 1
        for name in ("limit_sum", "threshold_sum", "gap_sum", "gap_squares"):
            rows[name][hit] += self._rng.random(len(hit))
        hour = self._now // (DAY // 24) % 24
        rows["awake"][hit] |= np.uint32(1 << hour)
        rows["hours"][hit, hour] += 1

    def _histories(self, n: int) -> Records:
        rows: Records = np.zeros(n, HISTORY)
        rows["first_day"] = START // DAY - self._rng.integers(0, _KEPT_DAYS, n)
        rows["days"] = self._words(n, 2) & self._words(n, 2) & self._words(n, 2)
        rows["plain"] = rows["days"] & self._words(n, 2)
        return rows

    def _event_on_histories(self, rows: Records, hit: NDArray[np.int64]) -> None:
        rows["days"][hit] ^= np.uint64(1) << self._rng.integers(0, 64, (len(hit), 2), np.uint64)

    def _subjects(self, n: int) -> Records:
        rows: Records = np.zeros(n, SUBJECT)
        rows["first"], rows["last"] = self._times(n)
        rows["searches"] = self._counts(n)
        rows["explained"] = rows["searches"] * self._rng.random(n)
        rows["actors"] = 1 + rows["searches"] // 3
        rows["rates"] = self._rng.exponential(1.0, (n, len(SUBJECT_HORIZONS)))
        rows["day"] = START // DAY - self._rng.geometric(0.1, n)
        rows["days"] = self._words(n, 2) & self._words(n, 2) & self._words(n, 2)
        return rows

    def _event_on_subjects(self, rows: Records, hit: NDArray[np.int64]) -> None:
        age = (self._now - rows["last"][hit])[:, None]
        rows["last"][hit] = self._now - self._rng.integers(0, 10_000, len(hit))
        rows["rates"][hit] = 1 + rows["rates"][hit] * np.exp(-age / SUBJECT_HORIZONS)
        rows["searches"][hit] += 1
        rows["day"][hit] = self._now // DAY
        rows["days"][hit] |= np.uint64(1)
