"""The truth about a simulated log, as `evaluate` reads it: JSON lines of three types."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.events import Records

from .almanac import DAY, Almanac
from .campaigns import Misuse
from .population import Population
from .randomness import I64
from .render import event_ids, event_keys, timestamps

Label = dict[str, Any]

GRACE_DAYS = 1
"""Days after a campaign's end on which its actor still does not count as clean."""


@dataclass(slots=True)
class Group:
    """Innocent actors that look like misuse, and whom they look up.

    Attributes:
        actors: indexes into the population.
        people: namespace and person.
    """

    actors: set[int] = field(default_factory=set)
    people: set[tuple[int, int]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Truth:
    """What is labelled; `rows["campaign"]` is an index into `campaigns`."""

    campaigns: Sequence[Misuse]
    groups: dict[str, Group]


def labels(
    population: Population, almanac: Almanac, rows: Records, truth: Truth, about: Label
) -> Iterator[Label]:
    """Meta line, campaigns, groups.

    Args:
        population: everybody.
        almanac: the calendar.
        rows: all searches in order of time.
        truth: what is labelled.
        about: what the meta line says besides what can be counted here.
    """
    yield _meta(almanac, rows, truth, about)
    tenants = population.tenant_ids()
    labelled = rows[rows["campaign"] >= 0]
    involved: set[int] = set()
    for number, misuse in enumerate(truth.campaigns):
        own = labelled[labelled["campaign"] == number]
        actors = np.unique(own["actor"])
        involved.update([] if misuse.ambiguous else actors.tolist())
        first, last = timestamps(own["time"][[0, -1]])
        yield {
            "type": "campaign",
            "campaign_id": f"{misuse.pattern}-{number + 1:03d}",
            "pattern": misuse.pattern,
            "difficulty": misuse.difficulty,
            "tenants": sorted({tenants[t] for t in population.actors["tenant"][actors].tolist()}),
            "actors": population.actor_ids(actors),
            "subjects": _subjects(population, misuse.victims),
            "start": first,
            "end": last,
            "event_ids": event_ids(event_keys(population, own)),
            "ambiguous": misuse.ambiguous,
        }
    for name, group in truth.groups.items():
        yield {
            "type": "group",
            "name": name,
            "actors": population.actor_ids(sorted(group.actors - involved)),
            "subjects": _subjects(population, sorted(group.people)),
        }


def _subjects(population: Population, people: Sequence[tuple[int, int]]) -> list[str]:
    namespaces, persons = zip(*people, strict=True) if people else ((), ())
    return population.subject_ids(np.array(namespaces, np.int64), np.array(persons, np.int64))


def _meta(almanac: Almanac, rows: Records, truth: Truth, about: Label) -> Label:
    day = (rows["time"] - almanac.start) // DAY
    actor_days = np.unique(rows["actor"].astype(np.int64) * almanac.days + day)
    return {
        "type": "meta",
        **about,
        "days": almanac.days,
        "start": timestamps([almanac.start])[0],
        "end": timestamps([almanac.end])[0],
        "events": len(rows),
        "actors": len(np.unique(rows["actor"])),
        "actor_days": len(actor_days),
        "clean_actor_days": int((~_dirty(almanac, truth, actor_days)).sum()),
        "campaigns": sum(not misuse.ambiguous for misuse in truth.campaigns),
    }


def _dirty(almanac: Almanac, truth: Truth, actor_days: I64) -> NDArray[np.bool_]:
    """Which of the ascending actor-days are in a campaign of the actor's, or a day past it."""
    dirty = np.zeros(len(actor_days), bool)
    for misuse in truth.campaigns:
        times = misuse.rows["time"]
        first, last = (np.array([times.min(), times.max()]) - almanac.start) // DAY
        until = min(last + GRACE_DAYS + 1, almanac.days)
        for actor in np.unique(misuse.rows["actor"]).tolist():
            days = actor * almanac.days + np.array([first, until])
            low, high = np.searchsorted(actor_days, days)
            dirty[low:high] = True
    return dirty
