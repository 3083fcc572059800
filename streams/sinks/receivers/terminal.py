"""Standard output, for whoever watches it."""

import asyncio
from typing import TextIO

from streams.sinks.formats.line import line
from streams.sinks.messages import DELIVERED, Message, Outcome, Plain


class Terminal(Plain):
    """A line for each message."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    async def deliver(self, message: Message) -> Outcome:
        """Write it; a pipe that nobody reads makes this sink wait, and nothing else."""
        try:
            await asyncio.to_thread(self._write, line(message))
        except OSError:
            return Outcome("file")
        return DELIVERED

    def _write(self, text: str) -> None:
        self._out.write(text + "\n")
        self._out.flush()
