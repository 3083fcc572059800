"""One account that rebuilds or forges a face: probe after probe at one person, led by the scores.

Who is told scores rebuilds a face with a success of 93.65 % (Mai et al., arXiv 1901.09769).
One batch of 100 composites opens AWS CompareFaces with more than 93 %, without any leading
(arXiv 2507.12107). Defences that know the last queries are evaded by probes that are not alike
(arXiv 2405.20641). Paces are assumptions: an attack needs tens to hundreds of probes, within
hours, since the target's photo may change.

| difficulty | probes     | within           | alike      | order of scores                |
|------------|------------|------------------|------------|--------------------------------|
| blatant    | 60 to 300  | minutes to 2 h   | yes        | rising; or one batch, at random |
| moderate   | 30 to 120  | 1 to 8 h         | mostly     | rising, half of them set back  |
| stealthy   | 20 to 60   | 4 to 20 h        | every time another cluster | random     |

Half compare with the person (`verify`) or search the gallery at a lowered threshold.
"""

from dataclasses import dataclass

import numpy as np

from detectors.alerts import PatternCode
from detectors.events import CaptureClass, Operation, Records

from ..almanac import DAY, HOUR
from ..levels import Level
from ..population import Slot
from ..randomness import F64, I64, chance
from ..searches import albums, photos
from .misuse import Difficulty, Misuse, Setting

KNOWN_AFTER = 5
"""Searches from which on an account has habits to go on with."""

COPIES = 250
"""Near-duplicates of one photo that a probe's number can tell apart."""


@dataclass(frozen=True, slots=True)
class _Climb:
    """How one goes about it; pairs are lowest and highest.

    Attributes:
        probes: in all.
        hours: from the first to the last.
        alike: probability that a probe is a near-duplicate of the first.
        better: probability that a probe is better than the best so far; 0 for a random order.
        batch: chance of composites in random order, none like the other, instead.
        script: chance of a program's client.
    """

    probes: tuple[int, int]
    hours: tuple[float, float]
    alike: float
    better: tuple[float, float]
    batch: float
    script: float


_CLIMBS = {
    Difficulty.BLATANT: _Climb((60, 300), (0.1, 2.0), 1.0, (0.6, 0.95), batch=0.35, script=0.7),
    Difficulty.MODERATE: _Climb((30, 120), (1.0, 8.0), 0.8, (0.35, 0.6), batch=0.0, script=0.3),
    Difficulty.STEALTHY: _Climb((20, 60), (4.0, 20.0), 0.0, (0.0, 0.0), batch=0.0, script=0.1),
}


def probe_hill_climbing(
    rng: np.random.Generator, setting: Setting, difficulty: Difficulty
) -> Misuse | None:
    """A campaign by one account, where the log shows probes."""
    climb = _CLIMBS[difficulty]
    almanac = setting.almanac
    hours = rng.uniform(*climb.hours)
    count = int(rng.integers(*climb.probes))
    table = setting.population.actors
    first = almanac.start + int(rng.uniform(0.05, 0.9) * (almanac.end - almanac.start))
    actor = setting.recruit(
        rng,
        (setting.levels() >= Level.L2)
        & (setting.counts() >= KNOWN_AFTER)
        & (table["created"] < first),
    )
    if actor is None:
        return None
    (start,) = setting.usual_times(rng, actor, np.array([first - first % DAY]))
    pauses = rng.lognormal(0.0, 0.6, count)
    times = start + (HOUR * hours * np.cumsum(pauses) / pauses.sum()).astype(np.int64)
    rows = setting.searches(rng, actor, times[setting.in_window(times, setting.opened(actor))])
    if len(rows) < climb.probes[0] // 2:
        return None
    gallery = setting.population.galleries[table["gallery"][actor]]
    victim = int(rng.integers(gallery.size))
    rows["person"] = victim
    batch = chance(rng, climb.batch)
    _make(rng, rows, 0.0 if batch else climb.alike)
    better = 0.0 if batch else float(rng.uniform(*climb.better))
    led = better > 0
    if chance(rng, 0.5):
        rows["operation"] = Operation.VERIFY
    elif not led or chance(rng, 0.7):
        # Who sends composites wants every score.
        rows["threshold"] *= rng.choice([0.0, 0.5, 0.8]) if led else 0.0
    rows["made"] = _scores(rng, len(rows), better)
    rows["slot"] = Slot.SCRIPT if rng.random() < climb.script else rows["slot"][0]
    rows["case"] = setting.false_case(rng, rows)
    return Misuse(
        PatternCode.PROBE_HILL_CLIMBING,
        difficulty,
        rows,
        victims=((gallery.namespace, victim),),
    )


def _make(rng: np.random.Generator, rows: Records, alike: float) -> None:
    """Probes: near-duplicates of one, some of them new ones."""
    count = len(rows)
    base = np.cumsum(rng.random(count) >= alike) if alike < 1 else np.zeros(count, np.int64)
    rows["photo"] = photos(albums(1 + rows["actor"], rows["person"]), base)
    rows["copy"] = np.arange(count) % COPIES
    rows["capture"] = rng.choice([CaptureClass.UNKNOWN, CaptureClass.SOCIAL, CaptureClass.LIVE])


def _scores(rng: np.random.Generator, count: int, better: float) -> F64:
    """Scores on the way up, with setbacks; in no order if none is led by the last."""
    if better == 0:
        return np.clip(rng.normal(rng.uniform(0.55, 0.7), 0.07, count), 0.3, 0.97)
    steps: I64 = (rng.random(count) < better).astype(np.int64)
    pace = rng.uniform(0.03, 0.15)
    best = 0.97 - rng.uniform(0.3, 0.45) * np.exp(-pace * np.cumsum(steps))
    setback = np.abs(rng.normal(0.0, 0.03, count)) + 0.002
    return np.asarray(np.where(steps > 0, best, best - setback))
