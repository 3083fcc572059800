"""Calls that may hang for good: a terminal that nobody reads, a disk that does not answer."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class Lane:
    """One thread for the calls of one receiver, in their order.

    asyncio's own threads are few, and shared: calls that hang would take them all, from
    checkpoints and from the look-up of names too, and the process would wait for them at its end.
    For this one nobody waits.
    """

    def __init__(self) -> None:
        self._calls = SimpleQueue[tuple[Future[Any], Callable[[], Any]]]()
        self._thread: threading.Thread | None = None

    async def do(self, call: Callable[[], T]) -> T:
        """What the call returns or raises, once those before it are done."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="sink", daemon=True)
            self._thread.start()
        future = Future[T]()
        self._calls.put((future, call))
        return await asyncio.wrap_future(future)

    def _work(self) -> None:
        while True:
            future, call = self._calls.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
                future.set_exception(error)
