import asyncio
from collections.abc import Sequence

import pytest
from aiohttp import ClientSession, web

from detectors.errors import BrokerError
from streams.demo import watch
from streams.demo.watch import Probe, Tally


class Worker:
    """Answers as a worker that comes through these stages, the last of which stays.

    Attributes:
        asked: how often.
    """

    def __init__(self, tallies: Sequence[Tally]) -> None:
        self._tallies = list(tallies)
        self.asked = 0

    async def metrics(self, _: web.Request) -> web.Response:
        """The next stage, by the names of the contract and with others between them."""
        now = self._tallies[min(self.asked, len(self._tallies) - 1)]
        self.asked += 1
        return web.Response(
            text=f"""# TYPE probewatch_events counter
probewatch_events_total {now.events - 1}.0
# TYPE probewatch_events_late counter
probewatch_events_late_total 1.0
# TYPE probewatch_rows_applied counter
probewatch_rows_applied_total{{stage="actor"}} {now.rows - 2}
probewatch_rows_applied_total{{stage="subject"}} 2
# TYPE probewatch_alerts counter
probewatch_alerts_total{{pattern="bulk_scraping"}} {now.alerts}
# TYPE probewatch_consumer_lag_records gauge
probewatch_consumer_lag_records{{topic="a"}} {now.lag}
# TYPE other gauge
other NaN
"""
        )

    async def ready(self, _: web.Request) -> web.Response:
        """At the third time."""
        self.asked += 1
        return web.Response(status=200 if self.asked == 3 else 503)


async def probed(worker: Worker, what: str, *, seen: int = 0) -> Tally | None:
    """What a probe makes of a worker."""
    app = web.Application()
    app.add_routes([web.get("/metrics", worker.metrics), web.get("/readyz", worker.ready)])
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        async with ClientSession() as session:
            probe = Probe(f"http://{host}:{port}", session)
            if what == "tally":
                return await probe.tally()
            await (probe.ready() if what == "ready" else probe.done(10, lambda: seen))
            return None
    finally:
        await runner.cleanup()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two questions."""
    monkeypatch.setattr(watch, "_POLL_SECONDS", 0.0)


def test_metrics_are_added_up() -> None:
    """Over stages and topics; what is late was taken too."""
    assert asyncio.run(probed(Worker([Tally(12, 9, 3, 4)]), "tally")) == Tally(12, 9, 3, 4)


def test_a_worker_is_ready_when_it_says_so() -> None:
    """It is asked until then, and no longer."""
    worker = Worker([])
    asyncio.run(probed(worker, "ready"))

    assert worker.asked == 3


@pytest.mark.parametrize(
    ("tallies", "asked"),
    [
        ([Tally(10, 30, 0, 0)], 4),
        ([Tally(9, 30, 0, 0), Tally(10, 30, 0, 0)], 5),
        ([Tally(10, 20, 0, 0), Tally(10, 20, 0, 0), Tally(10, 30, 0, 0)], 6),
        ([Tally(10, 30, 0, 1), Tally(10, 30, 0, 1), Tally(10, 30, 0, 0)], 6),
        ([Tally(10, 30, 3, 0), Tally(10, 30, 3, 0), Tally(10, 30, 2, 0)], 6),
    ],
    ids=["idle", "not all taken", "rows still come", "lag", "alerts not seen yet"],
)
def test_a_worker_is_done_once_nothing_changes_any_more(tallies: list[Tally], asked: int) -> None:
    """Three times in a row everything was taken, applied, read and seen."""
    worker = Worker(tallies)
    asyncio.run(probed(worker, "done", seen=2))

    assert worker.asked == asked


def test_a_worker_that_never_gets_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up some time, with what it last said."""
    monkeypatch.setattr(watch, "_MOST_SECONDS", 0.0)

    with pytest.raises(BrokerError, match="does not finish"):
        asyncio.run(probed(Worker([Tally(0, 0, 0, 9)]), "done"))
