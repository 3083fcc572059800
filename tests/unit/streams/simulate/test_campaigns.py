"""Campaigns are as fast, long and varied as their difficulty says."""

from collections import Counter

import numpy as np
import pytest

from detectors.alerts import PatternCode
from detectors.events import Records
from streams.simulate import CAMPAIGNS, WORLDS, Recipe, Scenario, build
from streams.simulate.almanac import DAY, HOUR
from streams.simulate.campaigns import Difficulty, Misuse, Setting
from streams.simulate.randomness import I64
from tests.unit.streams.simulate.made_worlds import made_of


def misuses(world: str, pattern: PatternCode, copies: float = 6.0) -> list[Misuse]:
    """Many campaigns of one pattern in a long world."""
    sizes = {"consumer": 800, "police": 200, "gateway": 120}
    scenario = build(
        Recipe(
            world=world,
            seed=21,
            actors=sizes[world],
            days=120,
            campaigns=copies,
            patterns=[pattern],
        )
    )
    return [misuse for misuse in scenario.truth.campaigns if not misuse.ambiguous]


def days(rows: Records) -> float:
    """From the first to the last search."""
    return float(rows["time"].max() - rows["time"].min()) / DAY


class Over(Setting):
    """A setting whose window is over whenever somebody would search."""

    def in_window(self, times: I64, first: int) -> I64:
        """None of the times."""
        return super().in_window(times, max(first, self.almanac.end))


def setting_of(kind: type[Setting], scenario: Scenario) -> Setting:
    """The scenario's, without cases, with nobody taken."""
    return kind(
        almanac=scenario.almanac,
        population=scenario.population,
        innocent=scenario.rows[np.lexsort((scenario.rows["time"], scenario.rows["actor"]))],
        cases_of=lambda _: [],
    )


@pytest.mark.parametrize("world", list(WORLDS))
def test_stalking_keeps_to_its_documented_pace(world: str) -> None:
    """Several a day, about one a day, a few a week; for weeks, in all about as long as told."""
    found = misuses(world, PatternCode.PERSISTENT_STALKING)
    rates: dict[Difficulty, list[float]] = {difficulty: [] for difficulty in Difficulty}
    for misuse in found:
        assert len(misuse.rows) >= 8
        assert days(misuse.rows) > 5
        rates[misuse.difficulty].append(len(misuse.rows) / days(misuse.rows))

    assert 2.0 < np.median(rates[Difficulty.BLATANT]) < 9.0
    assert 0.5 < np.median(rates[Difficulty.MODERATE]) < 2.5
    assert 0.2 < np.median(rates[Difficulty.STEALTHY]) < 0.8


def test_stalking_is_amid_innocent_work() -> None:
    """The actor searches for others too, and the victims' photos vary."""
    scenario = build(Recipe(world="police", seed=21, actors=200, days=90))
    for misuse in scenario.truth.campaigns:
        if misuse.pattern is not PatternCode.PERSISTENT_STALKING:
            continue
        (actor,) = np.unique(misuse.rows["actor"])
        innocent = scenario.rows[
            (scenario.rows["actor"] == actor) & (scenario.rows["campaign"] < 0)
        ]
        assert len(innocent) >= 8
        assert len(np.unique(misuse.rows["photo"])) >= 2
        assert {person for _, person in misuse.victims} >= set(misuse.rows["person"].tolist())


@pytest.mark.parametrize("world", list(WORLDS))
def test_scrapers_take_new_people(world: str) -> None:
    """Hardly anybody is looked up twice, page turns aside."""
    for misuse in misuses(world, PatternCode.BULK_SCRAPING, copies=3.0):
        first_pages = misuse.rows[(misuse.rows["offset"] == 0) & (misuse.rows["person"] >= 0)]
        size = len(np.unique(first_pages["person"]))
        # A small gallery is soon through.
        if misuse.rows["person"].max() > 50 * len(misuse.rows):
            assert size > 0.9 * len(first_pages)


@pytest.mark.parametrize("world", list(WORLDS))
def test_scraping_is_as_fast_as_its_difficulty(world: str) -> None:
    """Days, then two weeks, then weeks; each at well above what people do."""
    found = misuses(world, PatternCode.BULK_SCRAPING)
    for misuse in found:
        assert len(misuse.rows) >= 50
        limit = {"blatant": 4, "moderate": 16, "stealthy": 50}[misuse.difficulty]
        assert days(misuse.rows) <= limit
    pace = {
        difficulty: np.median(
            [
                len(misuse.rows) / max(days(misuse.rows), 0.05)
                for misuse in found
                if misuse.difficulty is difficulty
            ]
        )
        for difficulty in Difficulty
    }
    assert pace[Difficulty.BLATANT] > pace[Difficulty.MODERATE]
    assert pace[Difficulty.MODERATE] > 10


def test_scrapers_differ() -> None:
    """Old accounts and fresh ones; limits raised or not; some never sleep, others keep hours."""
    scenario = build(
        Recipe(
            world="police",
            seed=22,
            actors=200,
            days=120,
            campaigns=8.0,
            patterns=[PatternCode.BULK_SCRAPING],
        )
    )
    actors = scenario.population.actors
    kinds: Counter[str] = Counter()
    for misuse in scenario.truth.campaigns:
        actor = actors[misuse.rows["actor"][0]]
        age = (misuse.rows["time"][0] - actor["created"]) / DAY
        kinds["fresh" if age < 30 else "old"] += 1
        kinds["raised" if misuse.rows["limit"].max() > actor["limit"] else "usual"] += 1
        hours = len(np.unique(misuse.rows["time"] // HOUR % 24))
        kinds["sleepless" if hours == 24 else "rested"] += 1
    for kind in ("fresh", "old", "raised", "usual", "sleepless", "rested"):
        assert kinds[kind] >= 2, kind


def test_a_world_may_have_no_room() -> None:
    """Where a campaign does not fit, it is left out, and the rest is as it would be."""
    scenario = build(Recipe(world="police", seed=3, actors=40, days=2))

    # These take hours, or are scaled to the length of the log; the others take weeks or a crowd.
    assert {misuse.pattern for misuse in scenario.truth.campaigns} <= {
        PatternCode.BULK_SCRAPING,
        PatternCode.CASE_LAUNDERING,
        PatternCode.PROBE_HILL_CLIMBING,
    }


def test_registry_knows_patterns_only() -> None:
    """Every campaign is filed under a pattern that alerts have."""
    assert all(isinstance(pattern, PatternCode) for pattern in CAMPAIGNS)


def test_campaigns_take_any_setting_that_lacks_candidates() -> None:
    """With everybody taken already, nothing is planted and nothing fails."""
    setting = setting_of(Setting, made_of("police").scenario)
    setting.taken = set(range(len(setting.population.actors)))
    for plan in CAMPAIGNS.values():
        assert plan(np.random.default_rng(1), setting, Difficulty.BLATANT) is None


@pytest.mark.parametrize("difficulty", list(Difficulty))
@pytest.mark.parametrize("pattern", list(CAMPAIGNS))
def test_nothing_is_planted_after_the_end(pattern: PatternCode, difficulty: Difficulty) -> None:
    """A campaign all of whose searches would come after the log's end is left out."""
    scenario = build(Recipe(world="police", seed=3, actors=60, days=60, campaigns=0))
    for seed in range(5):
        setting = setting_of(Over, scenario)
        assert CAMPAIGNS[pattern](np.random.default_rng(seed), setting, difficulty) is None


@pytest.mark.parametrize("world", list(WORLDS))
def test_fleets_share_a_gallery_out(world: str) -> None:
    """Many accounts, opened within their span, none of which takes whom another has taken."""
    found = misuses(world, PatternCode.DISTRIBUTED_SCRAPING, copies=2.0)
    assert found
    for misuse in found:
        taken = misuse.rows["person"][misuse.rows["person"] >= 0]
        if taken.max() > 50 * len(taken):
            assert len(np.unique(taken)) > 0.95 * len(taken)
        assert len(np.unique(misuse.rows["actor"])) >= 2
        assert len(misuse.rows) <= 6_000
