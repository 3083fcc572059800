"""One round: a service of its own, fed while things go wrong, and judged when all is read."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from tests.kafka.cluster import KafkaCluster

from .application import CHECKPOINT_SECONDS, Application
from .faults import FAULTS, WORKERS, Scene, UnreachedError
from .feeder import Feeder
from .fleet import End, Fleet
from .leaks import leaks
from .reference import reference
from .story import Line, story
from .verdict import Verdict, judge

_START_SECONDS: Final = 120.0
_RECOVERY_SECONDS: Final = 240.0
_READ_SECONDS: Final = 600.0
_CALM_SECONDS: Final = 2.0 * CHECKPOINT_SECONDS
"""What is behind goes up and down with the checkpoints, so it is looked at for two of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a round is to be.

    Attributes:
        seed: of all chance in it.
        world: of the log.
        events: in the log.
        partitions: of every topic.
        brokers: 1 or 3.
        faults: kinds, in order.
        rate: events a second while faults happen.
    """

    seed: int
    world: str
    events: int
    partitions: int
    brokers: int
    faults: Sequence[str]
    rate: float


@dataclass(frozen=True, slots=True)
class Injected:
    """A fault that happened.

    Attributes:
        kind: of fault.
        ready: seconds from its beginning until all workers said that they were ready.
        caught_up: until no more was behind than before; None if that did not come.
        unreached: why it could not happen; then nothing else counts.
        wrong: what should not have happened.
    """

    kind: str
    ready: float | None = None
    caught_up: float | None = None
    unreached: str = ""
    wrong: str = ""


@dataclass(slots=True)
class Result:
    """What came of a round."""

    orders: Orders
    injected: list[Injected] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    fenced: int = 0
    sent: int = 0
    verdict: Verdict | None = None
    wrong: list[str] = field(default_factory=list)


def run(orders: Orders, kafka: KafkaCluster, tell: Callable[[str], None]) -> Result:
    """Run a round on brokers that are there."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        return _Round(orders, kafka, Path(name), tell).run()


class _Round:
    def __init__(
        self, orders: Orders, kafka: KafkaCluster, directory: Path, tell: Callable[[str], None]
    ) -> None:
        self._orders = orders
        self._kafka = kafka
        self._directory = directory
        self._tell = tell
        self._dice = Random(orders.seed)  # noqa: S311
        key = self._dice.randbytes(32)
        self._application = Application(kafka.bootstrap, directory, orders.partitions, key)
        self._result = Result(orders)

    def run(self) -> Result:
        orders, result, application = self._orders, self._result, self._application
        told = story(orders.world, orders.seed, orders.events)
        truth = reference(told, application.settings, self._directory)
        application.create()
        with Fleet(application.file, self._directory) as fleet:
            scene = Scene(
                self._kafka,
                orders.brokers,
                fleet,
                self._directory,
                self._dice,
            )
            for number in range(WORKERS):
                fleet.start(number)
            if not scene.wait_for(fleet.ready, _START_SECONDS):
                raise TimeoutError(f"the workers did not get ready: {fleet.ends}")
            with self._feeder(told.lines) as feeder:
                for kind in orders.faults:
                    self._inject(kind, scene, feeder)
                feeder.hurry()
                if not scene.wait_for(lambda: feeder.done, _READ_SECONDS):
                    result.wrong.append(f"only {feeder.sent} events could be sent")
            if not scene.wait_for(self._all_read, _READ_SECONDS):
                result.wrong.append(f"{application.behind()} records were never read")
            for number in fleet.numbers:
                if status := fleet.stop(number):
                    result.wrong.append(f"worker {number} stopped with status {status}")
            result.ends, result.fenced = fleet.ends, fleet.fenced
        result.sent = application.sent()
        if result.sent != len(told.lines):
            result.wrong.append(f"the topic has {result.sent} events, expected {len(told.lines)}")
        verdict, units = judge(application, truth)
        result.verdict = verdict
        result.wrong += verdict.wrong
        result.wrong += leaks(application, units, told.witness)
        result.wrong += [f"{each.kind}: {each.wrong}" for each in result.injected if each.wrong]
        application.disconnect()
        return result

    def _feeder(self, lines: Sequence[Line]) -> Feeder:
        return Feeder(
            self._kafka.bootstrap,
            self._application.topics.queries.name,
            self._orders.partitions,
            lines,
            self._orders.rate,
        )

    def _all_read(self) -> bool:
        if self._application.behind() != 0:
            return False
        # What was read last may still become blocks.
        time.sleep(_CALM_SECONDS)
        return self._application.behind() == 0

    def _inject(self, kind: str, scene: Scene, feeder: Feeder) -> None:
        usual = self._usually_behind(scene)
        scene.wait(scene.dice.uniform(0.0, 2.0))
        began = time.monotonic()
        self._tell(f"{feeder.sent:>8} events  {kind}")
        try:
            FAULTS[kind](scene)
        except UnreachedError as error:
            self._result.injected.append(Injected(kind, unreached=str(error)))
            return
        except AssertionError as error:
            self._result.injected.append(Injected(kind, wrong=str(error)))
            return
        ready = scene.wait_for(scene.fleet.ready, _RECOVERY_SECONDS)
        ready_after = time.monotonic() - began
        caught_up = scene.wait_for(lambda: self._is_behind_by(usual), _RECOVERY_SECONDS)
        caught_up_after = time.monotonic() - began
        self._result.injected.append(
            Injected(
                kind,
                ready_after if ready else None,
                caught_up_after if caught_up else None,
                wrong="" if ready and caught_up else "did not recover",
            )
        )

    def _usually_behind(self, scene: Scene) -> int:
        """The most that is behind while nothing is wrong."""
        most = 0
        until = time.monotonic() + _CALM_SECONDS
        while time.monotonic() < until:
            scene.wait(0.2)
            most = max(most, self._application.behind() or 0)
        return most

    def _is_behind_by(self, records: int) -> bool:
        behind = self._application.behind()
        return behind is not None and behind <= records
