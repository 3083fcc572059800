"""Where a worker can be made to die: at every step by which something becomes durable.

The product knows nothing of this. `install` puts subclasses in the place of some of its
classes; they die (`os._exit`, which runs nothing more and flushes nothing) when a file of
orders names the step that they come by. One order is of another kind: to lose a block, so
that it can be seen whether that would be noticed.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from streams.blocks import decode
from streams.checkpoints.log import StateLog
from streams.engine import process
from streams.engine.app import Engine
from streams.service import keeper
from streams.service.flow import Commit, Partition
from streams.service.sender import Sender, Sent

ORDERS_VARIABLE: Final = "CHAOS_ORDERS"
STATUS: Final = 9

STEPS: Final = (
    "as a checkpoint begins",
    "after some records of it",
    "before it is committed",
    "after it is committed",
    "before old checkpoints are deleted",
    "after old checkpoints are deleted",
    "before offsets of blocks are committed",
    "before offsets of queries are committed",
    "after offsets of queries are committed",
)
(
    BEGIN,
    SOME_RECORDS,
    BEFORE_COMMIT,
    AFTER_COMMIT,
    BEFORE_DELETION,
    AFTER_DELETION,
    BEFORE_OFFSETS,
    BEFORE_SOURCE,
    AFTER_SOURCE,
) = STEPS

LOSE_A_BLOCK: Final = "as a block is sent"


class Orders:
    """A file that says at which step to die, and how many times to pass it before."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._passed: dict[str, int] = {}

    def give(self, step: str, times: int) -> None:
        """Let the worker die at a step, when it comes by for the so-manieth time."""
        written = self._file.with_suffix(".new")
        written.write_text(f"{times} {step}")
        written.rename(self._file)

    def withdraw(self) -> None:
        """Let it live."""
        self._file.unlink(missing_ok=True)

    @property
    def pending(self) -> bool:
        """Whether it was not carried out yet."""
        return self._file.exists()

    def names(self, step: str) -> bool:
        """Whether the order is for this step."""
        try:
            return self._file.read_text().endswith(f" {step}")
        except FileNotFoundError:
            return False

    def reach(self, step: str) -> None:
        """Die here, if that is the order."""
        if not self.names(step):
            return
        times = int(self._file.read_text().split(" ", 1)[0])
        self._passed[step] = self._passed.get(step, 0) + 1
        if self._passed[step] >= times:
            self.withdraw()
            os._exit(STATUS)

    def obey_once(self, order: str) -> bool:
        """Whether this is the order, which is carried out by that."""
        obeyed = self.names(order)
        if obeyed:
            self.withdraw()
        return obeyed


def install(orders: Orders) -> None:
    """Let this process's worker obey."""
    # Where they are used by name.
    vars(keeper)["StateLog"] = _mortal_log(orders)
    vars(process)["Engine"] = _mortal_engine(orders)
    vars(process)["Sender"] = _forgetful_sender(orders)


def _mortal_log(orders: Orders) -> type[StateLog]:
    class MortalLog(StateLog):
        """Dies in the middle of a checkpoint."""

        async def _commit(self, *arguments: Any) -> Any:
            orders.reach(BEGIN)
            return await super()._commit(*arguments)

        async def _send(self, key: bytes, value: bytes) -> Any:
            sent = await super()._send(key, value)
            if orders.names(SOME_RECORDS):
                # Else it would die with all of them in its own memory.
                await sent
                orders.reach(SOME_RECORDS)
            return sent

        @asynccontextmanager
        async def _transaction(self) -> AsyncIterator[None]:
            async with super()._transaction():
                yield
                orders.reach(BEFORE_COMMIT)
            orders.reach(AFTER_COMMIT)

        async def _cut(self) -> None:
            before = self.cut_offset
            if self.journal.superseded() is not None:
                orders.reach(BEFORE_DELETION)
            await super()._cut()
            if self.cut_offset > before:
                orders.reach(AFTER_DELETION)

    return MortalLog


def _mortal_engine(orders: Orders) -> type[Engine]:
    class MortalEngine(Engine):
        """Dies as it commits offsets; those of queries bear a clock, those of blocks nothing."""

        async def commit(self, commits: Mapping[Partition, Commit]) -> bool:
            of_queries = any(commit.metadata for commit in commits.values())
            orders.reach(BEFORE_SOURCE if of_queries else BEFORE_OFFSETS)
            done = await super().commit(commits)
            if of_queries:
                orders.reach(AFTER_SOURCE)
            return done

    return MortalEngine


def _forgetful_sender(orders: Orders) -> type[Sender]:
    class ForgetfulSender(Sender):
        """Says that it sent a block, and did not."""

        async def send(
            self,
            topic: str,
            value: bytes,
            *,
            key: bytes | None = None,
            partition: int | None = None,
        ) -> Sent:
            of_actors = topic.endswith(".actors") and len(decode(value).batch)
            if of_actors and orders.obey_once(LOSE_A_BLOCK):
                sent: Sent = asyncio.get_running_loop().create_future()
                sent.set_result(None)
                return sent
            return await super().send(topic, value, key=key, partition=partition)

    return ForgetfulSender
