import asyncio
from itertools import pairwise
from typing import Any

import orjson
import pytest

from streams.demo.traffic import Traffic, Unmasked
from streams.ingest.ingest import Ingest
from streams.ingest.pseudonyms import PseudonymKey
from streams.simulate import Recipe, build
from tests.alerts import an_alert

RECIPE = Recipe(world="police", seed=1, actors=20, days=3)
KEY = PseudonymKey(bytes(range(32)), 0)


class Producer:
    """Keeps what it is given to send."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.flushed = 0

    async def send(self, topic: str, value: bytes) -> None:
        """Keep it."""
        self.sent.append((topic, value))

    async def flush(self) -> None:
        """Note how much there was."""
        self.flushed = len(self.sent)


def sent(names: Unmasked) -> tuple[Producer, list[tuple[int, int]]]:
    """The traffic in a tenth of a second, and what was told meanwhile."""
    producer: Any = Producer()
    told: list[tuple[int, int]] = []
    traffic = Traffic(RECIPE)
    asyncio.run(traffic.send(producer, "queries", 0.1, names, lambda *now: told.append(now)))
    return producer, told


def test_every_event_is_sent_once_and_in_order() -> None:
    """The log is that of `simulate`, and all of it is on its way at the end."""
    producer, _ = sent(Unmasked(KEY))

    assert [orjson.loads(value) for _, value in producer.sent] == list(build(RECIPE).events())
    assert {topic for topic, _ in producer.sent} == {"queries"}
    assert producer.flushed == len(Traffic(RECIPE))


def test_the_clock_goes_forward_to_the_end() -> None:
    """What is told never goes back, and ends with the last event."""
    producer, told = sent(Unmasked(KEY))

    assert all(earlier <= later for earlier, later in pairwise(told))
    assert told[-1][1] == len(producer.sent)
    assert len(told) > 1


def test_labels_name_the_log() -> None:
    """They are a file's lines, the first about the whole log."""
    traffic = Traffic(RECIPE)

    assert orjson.loads(traffic.labels().splitlines()[0])["events"] == len(traffic)


@pytest.mark.parametrize("epoch", [0, 7])
def test_who_is_behind_an_alert_is_known_here(epoch: int) -> None:
    """Pseudonyms as the service writes them become the ids that labels name."""
    key = PseudonymKey(KEY.secret, epoch)
    names = Unmasked(key)
    event = next(event for event in build(RECIPE).events() if event.get("subject_id"))
    line = orjson.dumps(event)
    (row,) = Ingest(key).decode([line], 0).batch.rows
    pseudonyms = {
        kind: key.write(kind, (int(row[kind][0]), int(row[kind][1])))
        for kind in ("actor", "subject")
    }
    alert = an_alert(actors=(pseudonyms["actor"], "x"), subjects=(pseudonyms["subject"],))

    assert names.plain(alert) == alert
    names.learn([line])
    assert names.plain(alert).actors == (event["actor_id"], "x")
    assert names.plain(alert).subjects == (event["subject_id"],)
