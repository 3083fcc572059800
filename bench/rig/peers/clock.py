"""How a candidate measures itself: from the first tenth of its events to the last of them."""

import json
import os
import sys
import time


class Clock:
    """Counts events; at the last of them the process says what they took, and ends.

    Args:
        events: how many will be counted.
    """

    def __init__(self, events: int) -> None:
        self._skipped = events // 10
        self._events = events
        self._count = 0
        self._began = 0
        self._wall = self._cpu = 0.0

    def count(self, events: int = 1) -> None:
        """Say that some were done."""
        self._count += events
        if not self._began and self._count >= self._skipped:
            self._began = self._count
            self._wall, self._cpu = time.perf_counter(), time.process_time()
        if self._count >= self._events:
            wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
            said = {"events": self._count - self._began, "wall": wall, "cpu": cpu}
            sys.stdout.write(json.dumps(said) + "\n")
            sys.stdout.flush()
            # What is slow to stop is not what is measured.
            os._exit(0)
