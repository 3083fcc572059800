"""What goes wrong: each fault is done to the scene, and over when its function returns."""

import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from tests.kafka.cluster import KafkaCluster

from .application import SESSION_SECONDS
from .crashes import LOSE_A_BLOCK, STEPS
from .fleet import Fleet

WORKERS: Final = 2
_VISITOR: Final = 2
"""The number of the worker that comes and goes; the others are 0 and 1."""

_AWAY_SECONDS: Final = 60.0
_STEP_SECONDS: Final = 20.0
_POLL_SECONDS: Final = 0.1
_PATIENCE_SECONDS: Final = 90.0

# In a view of the files of its own: every place for temporary files is full. The directory
# of the settings ($0), which is such a place as a rule, is kept.
_NO_ROOM: Final = """
set -e
mount --bind "$0" /mnt
mkdir -p /mnt/full
mount -t tmpfs -o size=1m tmpfs /mnt/full
cat /dev/zero > /mnt/full/zeros 2> /dev/null || true
for place in /var/tmp /dev/shm /tmp; do mount --bind /mnt/full $place; done
mkdir -p "$0"
mount --bind /mnt "$0"
cd /tmp
if echo room > room; then exit 1; fi
export TMPDIR=/tmp HOME=/tmp
exec "$@"
"""


class UnreachedError(Exception):
    """The moment at which the fault was to happen did not come."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What faults are done to.

    Attributes:
        kafka: the brokers.
        brokers: how many.
        fleet: the workers.
        directory: for what a fault needs.
        dice: all chance comes from it.
    """

    kafka: KafkaCluster
    brokers: int
    fleet: Fleet
    directory: Path
    dice: Random

    def wait(self, seconds: float) -> None:
        """Let time pass; whoever ends meanwhile is started again."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.fleet.revive()
            time.sleep(_POLL_SECONDS)

    def wait_for(self, what: Callable[[], bool], seconds: float = _PATIENCE_SECONDS) -> bool:
        """Wait until something is so; whether it is in time."""
        until = time.monotonic() + seconds
        while not what():
            if time.monotonic() > until:
                return False
            self.fleet.revive()
            time.sleep(_POLL_SECONDS)
        return True

    def somebody(self) -> int:
        """One of the workers."""
        return self.dice.choice(self.fleet.numbers)


Fault = Callable[[Scene], None]


def kill_one(scene: Scene) -> None:
    """A worker is killed."""
    scene.fleet.kill(scene.somebody())


def kill_all(scene: Scene) -> None:
    """All workers are killed within a moment."""
    for number in scene.fleet.numbers:
        scene.fleet.kill(number)


def freeze_one(scene: Scene) -> None:
    """A worker sleeps until the group has given it up, and wakes."""
    number = scene.somebody()
    scene.fleet.signal(number, signal.SIGSTOP)
    scene.wait(SESSION_SECONDS + scene.dice.uniform(2.0, 6.0))
    scene.fleet.signal(number, signal.SIGCONT)


def come_and_go(scene: Scene) -> None:
    """A third worker joins, works and leaves in order."""
    scene.fleet.start(_VISITOR)
    scene.wait_for(scene.fleet.ready)
    scene.wait(scene.dice.uniform(2.0, 5.0))
    status = scene.fleet.stop(_VISITOR)
    if status:
        raise AssertionError(f"a worker that was told to stop ended with status {status}")


def no_room(scene: Scene) -> None:
    """A worker comes whose every directory to write to is on a full disk."""
    before = len(scene.fleet.ends)
    wrapper = ("unshare", "--mount", "sh", "-c", _NO_ROOM, str(scene.directory))
    scene.fleet.start(_VISITOR, wrapper=wrapper)
    scene.wait_for(scene.fleet.ready)
    scene.wait(scene.dice.uniform(2.0, 5.0))
    status = scene.fleet.stop(_VISITOR)
    if status or len(scene.fleet.ends) > before:
        raise AssertionError("a worker did not work without room on disk")


def restart_broker(scene: Scene) -> None:
    """A broker is stopped in order and started."""
    broker = scene.dice.randrange(scene.brokers)
    scene.kafka.stop(broker)
    scene.wait(scene.dice.uniform(0.0, 3.0))
    scene.kafka.start(broker)


def kill_broker(scene: Scene) -> None:
    """A broker is killed and started."""
    broker = scene.dice.randrange(scene.brokers)
    scene.kafka.kill(broker)
    scene.wait(scene.dice.uniform(0.0, 3.0))
    scene.kafka.start(broker)


def hang_broker(scene: Scene) -> None:
    """A broker says nothing for a minute, its connections open."""
    broker = scene.dice.randrange(scene.brokers)
    scene.kafka.pause(broker)
    scene.wait(_AWAY_SECONDS)
    scene.kafka.resume(broker)


def lose_broker(scene: Scene) -> None:
    """A broker is killed and stays away for a minute."""
    broker = scene.dice.randrange(scene.brokers)
    scene.kafka.kill(broker)
    scene.wait(_AWAY_SECONDS)
    scene.kafka.start(broker)


def crash(step: str, scene: Scene) -> None:
    """A worker dies at a step of a checkpoint."""
    times = scene.dice.randint(1, 4)
    # Not everybody has partitions of every topic.
    for number in scene.dice.sample(scene.fleet.numbers, len(scene.fleet.numbers)):
        orders = scene.fleet.orders(number)
        orders.give(step, times)
        if scene.wait_for(lambda: not orders.pending, _STEP_SECONDS):  # noqa: B023
            return
        orders.withdraw()
    raise UnreachedError(f"{step}: no worker came by")


def lose_a_block(scene: Scene) -> None:
    """A block is not sent, and the worker believes that it was: what may never happen."""
    for number in scene.fleet.numbers:
        scene.fleet.orders(number).give(LOSE_A_BLOCK, 1)
    scene.wait_for(lambda: not all(scene.fleet.orders(n).pending for n in scene.fleet.numbers))
    for number in scene.fleet.numbers:
        scene.fleet.orders(number).withdraw()


KINDS: Final[Mapping[str, Fault]] = {
    "worker killed": kill_one,
    "all workers killed": kill_all,
    "worker asleep beyond its session": freeze_one,
    "worker joins and leaves": come_and_go,
    "worker without room on disk": no_room,
    "broker restarted": restart_broker,
    "broker killed": kill_broker,
    "broker hangs for a minute": hang_broker,
    "broker gone for a minute": lose_broker,
    **{f"worker dies {step}": partial(crash, step) for step in STEPS},
}
"""All faults by what the table calls them."""

SABOTAGE: Final = "a block is lost"
"""What must not go unnoticed; it is not among the faults that are drawn."""

FAULTS: Final[Mapping[str, Fault]] = {**KINDS, SABOTAGE: lose_a_block}


def plan(count: int, dice: Random, only: str | None = None) -> list[str]:
    """So many kinds by chance, each as often as every other, give or take one."""
    kinds = [kind for kind in KINDS if only is None or only in kind]
    drawn: list[str] = []
    while len(drawn) < count:
        drawn += dice.sample(kinds, len(kinds))
    return drawn[:count]
