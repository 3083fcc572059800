"""An actor's pairs against a plain list of its looks."""

import math
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.baseline import no_peers
from detectors.estimators import DEFAULT, prior_of
from detectors.events import EventBatch, Records
from detectors.kernels.pairs import LOG_UNIT, ONE_DAY_PAIRS, PAIR_DAYS
from detectors.shards.actors import ActorShard
from detectors.shards.batch import stretch_of
from tests.logs import (
    DAY,
    MINUTE,
    MONDAY,
    Fields,
    at,
    batch,
    figures_of,
    in_order,
    one_in,
    search,
    stories,
)

WINDOW = 128
"""Days that a pair looks back."""


def logs(days: set[int]) -> int:
    """ln(days beyond the first), in parts of a nat."""
    return round(LOG_UNIT * math.log(max(len(days) - 1, 1)))


class Looks:
    """What an actor's searches come to by definition."""

    def __init__(self) -> None:
        # Per person: (local day, whether with a reason, whether from social media, probe).
        self.looks: dict[int, list[tuple[int, bool, bool, int]]] = defaultdict(list)
        self.probes: set[int] = set()

    def days(self, person: int, *, plain: bool = False) -> set[int]:
        """Days with a look (or with one without a reason), as far back as the window goes."""
        looks = self.looks[person]
        newest = max((day for day, *_ in looks), default=0)
        return {d for d, reason, *_ in looks if newest - d < WINDOW and not (plain and reason)}

    def observe(self, row: Any) -> dict[str, float]:
        """Take an event in, and say what the figures of its pair should be."""
        if row["outcome"] != 0:
            return {}
        person, probe = int(row["subject"][0]), int(row["probe"])
        if person == 0:
            self.probes |= {probe}
            return {}
        looks = self.looks[person]
        if row["relation"] == 1:
            return {}
        day = (int(row["time"]) + MINUTE * int(row["utc_offset"])) // DAY
        looked = {d for d, *_ in looks}
        if looked and day - max(looked) >= (ONE_DAY_PAIRS if len(looked) == 1 else PAIR_DAYS):
            looks.clear()
        before = self.days(person)
        reason = row["case"][0] != 0 or row["relation"] == 2
        looks.append((day, reason, row["capture"] == 3, probe))
        after = self.days(person)
        others = [self.days(other) for other in self.looks if other != person]
        named = [look for other, had in self.looks.items() if other != person for look in had]
        cells = len({probe % 64 for *_, probe in looks if probe})
        return {
            "pair_searches": len(looks),
            "pair_explained": sum(reason for _, reason, *_ in looks),
            "pair_social": sum(social for _, _, social, _ in looks),
            "pair_days": len(after),
            "pair_plain_days": len(self.days(person, plain=True)),
            "pair_probes": float(np.float32(64 * math.log(64 / max(64 - cells, 1)))),
            "pair_since": min(day for day, *_ in looks),
            "pair_is_new": len(looks) == 1,
            "pair_new_days": len(after) - len(before) if before else 0,
            "pair_returned": int(len(after) > 1) - int(len(before) > 1),
            "other_pairs": len(others),
            "other_returning": sum(len(days) > 1 for days in others),
            "other_return_days": sum(max(len(days) - 1, 0) for days in others),
            "other_return_logs": sum(logs(days) for days in others) / LOG_UNIT,
            "pair_new_logs": logs(after) - logs(before),
            "other_named": len(named),
            "other_social": sum(social for _, _, social, _ in named),
        }


def differing(log: EventBatch, figures: Records) -> list[tuple[int, str, float, float]]:
    """Event, field, what the kernel says and what it should."""
    actors: dict[int, Looks] = defaultdict(Looks)
    wrong = []
    for number, (row, found) in enumerate(zip(log.rows, figures, strict=True)):
        if row["operation"] not in (0, 5) or found["row"] < 0:
            continue
        expected = actors[int(row["actor"][0])].observe(row)
        wrong += [
            (number, name, found[name], value)
            for name, value in expected.items()
            if found[name] != value
        ]
    return wrong


@given(events=stories(tenants=1))
@one_in(2)
def test_pairs_are_what_was_looked_up(events: list[Fields]) -> None:
    """Counts, days, reasons and probes of a pair, and of all others, as a list would give them."""
    log = batch(events)

    assert differing(log, figures_of(log).actors) == []


looks = st.builds(
    search,
    st.builds(
        lambda day, hour: MONDAY + day * DAY + hour * 60 * MINUTE,
        st.one_of(st.integers(0, 300), st.sampled_from([0, 1, 64, 127, 128, 129, 256])),
        st.integers(0, 23),
    ),
    subject=st.sampled_from(["a", "b", "c"]),
    actor_tz=st.sampled_from(["America/Los_Angeles"]),
    case_ref=st.sampled_from(["case"]),
)


@given(events=st.lists(looks, max_size=40), backwards=st.booleans())
@one_in(2)
def test_pairs_over_a_year(events: list[Fields], backwards: bool) -> None:  # noqa: FBT001
    """Days that fell out of the window count nowhere, not even among the other pairs."""
    ordered = in_order(events)
    log = batch(ordered[::-1] if backwards else ordered)

    assert differing(log, observed(log)) == []


def observed(log: EventBatch) -> Records:
    """The figures from one actor shard that never forgets a row."""
    shard = ActorShard(1_000, 1_000, release_after=21, prior=prior_of(DEFAULT))
    stretch = stretch_of(log, int(log.rows["time"].max(initial=0)) // DAY)
    numbers = np.arange(len(log))
    shard.observe(numbers, stretch, no_peers(), np.zeros(len(log), np.int64))
    return stretch.actor_figures


def test_reach_is_the_first_successful_look() -> None:
    """A search that failed reaches nobody, and does not stand in the way of its repetition."""
    probe = {"probe_id": "probe"}
    log = batch(
        [
            search(at(0, 9, 0), **probe, outcome="failure", error_code="ThrottlingException"),
            search(at(0, 9, 1), **probe),
            search(at(0, 9, 2), **probe),
            search(at(0, 9, 3), subject="ann", outcome="denied"),
            search(at(0, 9, 4), subject="ann"),
            search(at(0, 9, 5), subject="ann"),
            search(at(0, 9, 6)),
            search(at(0, 9, 7)),
        ]
    )

    assert figures_of(log).actors["reach_today"].tolist() == [0, 1, 1, 1, 2, 2, 3, 4]


def test_own_face_counts_as_a_person_but_not_as_a_look() -> None:
    """Verified self-searches leave the pair without searches, days and evidence."""
    log = batch(search(at(day, 9), subject="me", subject_relation="self") for day in range(5))
    actors = figures_of(log).actors

    assert actors["pair_searches"].tolist() == actors["pair_days"].tolist() == [0] * 5
    assert actors["searches"].tolist() == [1, 2, 3, 4, 5]
    assert actors["reach_today"].tolist() == [1, 0, 0, 0, 0]


@pytest.mark.parametrize("operation", ["verify", "enrol", "detect", "extract", "delete", "other"])
def test_only_searches_are_judged(operation: str) -> None:
    """What is no 1:N search has no figures."""
    log = batch([search(at(0), subject="ann", operation=operation)])

    assert figures_of(log).actors["row"].tolist() == [-1]
