"""Forgetting rows: who goes, and that nothing of them is left behind."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.baseline import no_peers
from detectors.estimators import DEFAULT, prior_of
from detectors.kernels.bits import count_days
from detectors.kernels.hashing import FREE, find_row
from detectors.kernels.pairs import LOG_UNIT, ONE_DAY_PAIRS, PAIR_DAYS
from detectors.shards.actors import ACTOR_DAYS, ActorShard
from detectors.shards.batch import stretch_of
from detectors.shards.retention import staying
from detectors.shards.subjects import IDLE_DAYS, NetworkShard, SubjectShard
from detectors.state.actors import DAY
from tests.logs import MONDAY, Fields, at, batch, in_order, one_in, search

ROOM = 10_000
START = MONDAY // DAY
OF_ACTORS = ("pairs", "named", "explained", "social", "returning", "return_days", "return_logs")
"""What an actor's row counts of its pairs."""


class Shards:
    """One shard of each kind, fed day by day."""

    def __init__(self, most_actors: int = ROOM, most_pairs: int = ROOM) -> None:
        self.actors = ActorShard(most_actors, most_pairs, release_after=21, prior=prior_of(DEFAULT))
        self.subjects = SubjectShard(ROOM)
        self.networks = NetworkShard(ROOM)

    def observe(self, events: list[Fields]) -> None:
        """Events in order of time, learned at the end of each day."""
        log = batch(events)
        days = log.rows["time"] // DAY
        for day in np.unique(days).tolist():
            start, stop = np.searchsorted(days, [day, day + 1]).tolist()
            part = log.take(start, stop)
            n = len(part)
            stretch = stretch_of(part, day)
            numbers = np.arange(n)
            self.actors.observe(numbers, stretch, no_peers(), np.zeros(n, np.int64))
            self.subjects.observe(numbers, stretch)
            self.networks.observe(numbers, stretch)
            self.actors.close(day)

    def evict(self, today: int) -> None:
        """Let every shard forget."""
        for shard in (self.actors, self.subjects, self.networks):
            shard.evict(today)


def check_whole(shards: Shards) -> None:
    """Every row is found by its key, holds what it drew alone, and is counted once."""
    actors, pools = shards.actors.actors, shards.actors.pools
    rows, pairs = actors.rows[: len(actors)], shards.actors.pairs.rows[: len(shards.actors.pairs)]
    for table in (shards.actors.actors, shards.actors.pairs, shards.subjects.subjects):
        found = [find_row(table.view(0), key) for key in table.keys[: len(table)]]
        assert found == list(range(len(table)))
    for name, column in (("baselines", "baseline"), ("rhythms", "rhythm")):
        drawn = rows[column][rows[column] != FREE]
        assert pools[name].live == len(drawn) == len(set(drawn.tolist()))
    histories = pairs["history"][pairs["history"] != FREE]
    assert pools["histories"].live == len(histories) == len(set(histories.tolist()))
    assert pools["sheets"].live == int((rows["sheets"] != FREE).sum())
    assert pools["short"].live + pools["dense"].live == int((rows["sketch"] != FREE).sum())
    counted: dict[str, Counter[int]] = {name: Counter() for name in OF_ACTORS}
    for pair in pairs[pairs["person"] == 1]:
        row = int(pair["actor_row"])
        counted["pairs"][row] += 1
        counted["named"][row] += pair["searches"]
        counted["explained"][row] += pair["explained"]
        counted["social"][row] += pair["social"]
        if pair["history"] != FREE:
            days = count_days(pools["histories"].rows[pair["history"]]["days"])
            counted["returning"][row] += days > 1
            counted["return_days"][row] += days - 1
            counted["return_logs"][row] += round(LOG_UNIT * math.log(max(days - 1, 1)))
    for name, count in counted.items():
        assert rows[name].tolist() == [count[row] for row in range(len(rows))], name


lives = st.lists(
    st.builds(
        lambda actor, person, days, capture, case: [
            search(
                at(day, 9),
                f"actor-{actor}",
                f"person-{person}",
                source_ip=f"10.0.{actor}.0",
                capture_class=capture,
                **case,
            )
            for day in days
        ],
        st.integers(0, 4),
        st.integers(0, 5),
        st.lists(st.integers(0, 200), min_size=1, max_size=6),
        st.sampled_from(["cctv", "social"]),
        st.sampled_from([{}, {"case_ref": "case"}]),
    ),
    min_size=1,
    max_size=10,
)


@given(searches=lives, today=st.integers(200, 400))
@one_in(2)
def test_nothing_is_left_of_what_is_forgotten(searches: list[list[Fields]], today: int) -> None:
    """Counts, pools and indexes agree before and after, and whoever comes back begins anew."""
    events = in_order(event for life in searches for event in life)
    shards = Shards()
    shards.observe(events)
    check_whole(shards)

    shards.evict(START + today)
    check_whole(shards)
    short, dense = shards.networks.short.live, shards.networks.dense.live
    assert short + dense == 2 * len(shards.networks.networks)

    shards.observe([{**e, "event_time": e["event_time"] + 400 * DAY} for e in events])
    check_whole(shards)


@pytest.mark.parametrize(
    ("days", "lifetime"), [([0], ONE_DAY_PAIRS), ([0, 1], PAIR_DAYS), ([0, 0], ONE_DAY_PAIRS)]
)
def test_a_person_is_forgotten_after_a_lifetime(days: list[int], lifetime: int) -> None:
    """Sooner if searched for on one day only, else when its days have left the bitmap."""
    shards = Shards()
    shards.observe([search(at(day, 9, i), "ada", "ann") for i, day in enumerate(days)])

    # The row stays for two days more, in which a late event could still meet it.
    shards.evict(START + days[-1] + lifetime + 1)
    assert len(shards.actors.pairs) == 1

    shards.evict(START + days[-1] + lifetime + 2)
    assert len(shards.actors.pairs) == 0
    assert shards.actors.tracked["pair"].evicted == 1


@pytest.mark.parametrize("days", [[0], [0, 1], [0, 1, 2, 2]])
@pytest.mark.parametrize("swept", [False, True])
def test_a_person_begins_anew_after_a_lifetime(days: list[int], swept: bool) -> None:  # noqa: FBT001
    """Whether the row was swept away before the next search or not."""
    lifetime = ONE_DAY_PAIRS if len(set(days)) == 1 else PAIR_DAYS
    back = search(at(days[-1] + lifetime, 9), "ada", "ann")
    anew, alone = Shards(), Shards()
    alone.observe([back])

    anew.observe([search(at(day, 9, i), "ada", "ann") for i, day in enumerate(days)])
    if swept:
        anew.evict(START + days[-1] + lifetime + 2)
    anew.observe([back])
    check_whole(anew)

    names = ["pairs", "named", "explained", "social", "returning", "return_days", "return_logs"]
    assert anew.actors.actors.rows[names][0] == alone.actors.actors.rows[names][0]
    assert anew.actors.pairs.rows[0] == alone.actors.pairs.rows[0]
    assert anew.actors.pools["histories"].live == 0


def test_an_actor_is_forgotten_after_a_lifetime() -> None:
    """With all that it drew, unless a pattern suspected it meanwhile."""
    shards = Shards()
    shards.observe([search(at(0, 9), "ada", "ann"), search(at(0, 10), "bob", "ann")])
    bob = int(np.flatnonzero(shards.actors.actors.rows["last"] == at(0, 10))[0])
    shards.actors.suspect(np.array([bob], np.int32), np.array([START + 100]))

    shards.evict(START + ACTOR_DAYS)
    kept = shards.actors.actors.rows[: len(shards.actors.actors)]
    assert kept["last"].tolist() == [at(0, 10)]
    assert shards.actors.tracked["actor"].evicted == 1


def test_persons_and_networks_are_forgotten() -> None:
    """After so many days without a search."""
    shards = Shards()
    shards.observe([search(at(0, 9), "ada", "ann", source_ip="10.0.0.0")])

    shards.evict(START + IDLE_DAYS - 1)
    assert (len(shards.subjects.subjects), len(shards.networks.networks)) == (1, 1)

    shards.evict(START + IDLE_DAYS)
    assert (len(shards.subjects.subjects), len(shards.networks.networks)) == (0, 0)


def test_the_longest_idle_go_first() -> None:
    """A full shard makes room, and keeps whom it saw last."""
    shards = Shards(most_actors=20, most_pairs=40)
    shards.observe([search(at(day, 9), f"actor-{day}", "ann") for day in range(20)])

    shards.evict(START + 20)
    kept = shards.actors.actors.rows["last"][: len(shards.actors.actors)]
    assert kept.tolist() == [at(day, 9) for day in range(2, 20)]
    check_whole(shards)


@given(
    ages=st.lists(st.integers(0, 40), max_size=60),
    limit=st.integers(1, 80),
    lifetime=st.integers(1, 50),
)
def test_staying_rows_are_the_youngest(ages: list[int], limit: int, lifetime: int) -> None:
    """At most nine tenths of the limit stay, and none that is older than one that goes."""
    age = np.array(ages, np.int64)
    kept = staying(age, np.full(len(age), lifetime), limit)
    within = int(np.count_nonzero(age < lifetime))
    stay = min(within, int(0.9 * limit))
    if kept is None:
        assert len(age) - stay <= 0.05 * len(age)
        return

    assert np.count_nonzero(kept) == stay
    assert (age[kept] < lifetime).all()
    assert age[kept].max(initial=0) <= age[~kept & (age < lifetime)].min(initial=lifetime)
