from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.baseline import no_peers
from detectors.checks.trial import chosen
from detectors.concerns import CONCERNS
from detectors.config import Detection
from detectors.events import EventBatch
from detectors.shards.batch import SHARDS, shards_of, stretch_of
from detectors.stages import (
    ActorStage,
    LaterStage,
    Stage,
    cohort_stage,
    network_stage,
    subject_stage,
)
from detectors.state.actors import DAY
from tests.logs import Fields, batch, name_of, one_in, stories

LATER: dict[str, Callable[..., LaterStage[Any]]] = {
    "subject": subject_stage,
    "network": network_stage,
    "cohort": cohort_stage,
}


def judged(log: EventBatch) -> Any:
    """The first day of a log, with what the actors' shards say of it."""
    today = int(log.rows["time"][0] // DAY)
    days = np.maximum.accumulate(log.rows["time"] // DAY)
    first = log.take(0, int(np.searchsorted(days, today + 1)))
    stretch = stretch_of(first, today)
    stage = ActorStage(Detection(), "test", name_of)
    stage.begin(today)
    stage.observe(stretch, no_peers())
    return stretch


@pytest.mark.parametrize("kind", LATER)
@given(events=stories(days=1))
@one_in(4)
def test_what_does_not_concern_a_stage_changes_nothing(kind: str, events: list[Fields]) -> None:
    """So it need not be sent there."""
    stretch = judged(batch(events))
    concerned = CONCERNS[kind](stretch.batch.rows, stretch.actor_figures)
    rows = stretch.batch.rows[concerned]
    offsets = np.zeros(len(rows) + 1, np.int64)
    ids = [one for one, kept in zip(stretch.batch.event_ids, concerned, strict=True) if kept]
    sent = EventBatch(rows, ids, offsets, stretch.batch.exposed[:0], stretch.batch.names)
    whole, part = (LATER[kind](Detection(), "test", name_of) for _ in range(2))

    whole.observe(stretch)
    part.observe(stretch_of(sent, stretch.today, stretch.actor_figures[concerned]))

    assert arrays_of(part, "shard") == arrays_of(whole, "shard")


def arrays_of(stage: Stage[Any], begin: str) -> dict[tuple[int, str], bytes]:
    """The bytes of every unit's arrays whose names begin so."""
    return {
        (number, key): array.tobytes()
        for number, unit in stage.units.items()
        for key, array in unit.arrays().items()
        if key.startswith(begin)
    }


@given(events=stories(days=1), count=st.sampled_from([2, 3, 5]))
@one_in(4)
def test_stages_with_some_of_the_shards_do_as_one_with_all(
    events: list[Fields], count: int
) -> None:
    """If each is given the events of its shards, in their order."""
    log = batch(events)
    today = int(log.rows["time"][0] // DAY)
    whole = ActorStage(Detection(), "test", name_of)
    whole.begin(today)
    whole.observe(stretch_of(log, today), no_peers())

    for number in range(count):
        part = ActorStage(Detection(), "test", name_of, range(number, SHARDS, count))
        part.begin(today)
        mine = np.flatnonzero(shards_of(log.rows["actor"][:, 0]) % count == number)
        part.observe(stretch_of(chosen(log, mine), today), no_peers())
        expected = arrays_of(whole, "")
        for name, found in arrays_of(part, "").items():
            assert found == expected[name], name
