"""How a process is stopped: by signals, in order if that is possible, else by force."""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOGGER = logging.getLogger(__name__)


class Stopping:
    """How a process ends: in order once it works, at once as long as it only begins.

    Attributes:
        asked: whether somebody asked for it.
        in_order: whether whoever works looks at `asked`.
    """

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.in_order = False

    def stop(self, working: "asyncio.Task[None]") -> None:
        """Ask for it."""
        self.asked.set()
        if not self.in_order:
            working.cancel()


@contextmanager
def on_signals(told: Callable[[], None]) -> Iterator[None]:
    """Call `told` at the signals that end a process."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGTERM, signal.SIGINT)
    for number in numbers:
        loop.add_signal_handler(number, told)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def end_by_force_in(seconds: float) -> None:
    """End the process if it has not ended by itself by then: a broker that is away may hang us."""

    def end() -> None:
        _LOGGER.error(
            "could not stop within %.0f s; what was not saved will be read again", seconds
        )
        os._exit(1)

    watch = threading.Timer(seconds, end)
    watch.daemon = True
    watch.start()
