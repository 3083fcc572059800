"""Standard output, for whoever watches it."""

import os

from streams.sinks.formats.line import line
from streams.sinks.messages import DELIVERED, Message, Outcome, Plain

from .lanes import Lane


class Terminal(Plain):
    """A line for each message.

    Args:
        descriptor: of an open file. It is written to past Python's buffers: one that hangs with
            their lock would keep the process from ending.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lane = Lane()

    async def deliver(self, message: Message) -> Outcome:
        """Write it; a pipe that nobody reads makes this sink wait, and nothing else."""
        text = (line(message) + "\n").encode(errors="replace")
        try:
            await self._lane.do(lambda: self._write(text))
        except OSError:
            return Outcome("file")
        return DELIVERED

    def _write(self, text: bytes) -> None:
        while text:
            text = text[os.write(self._descriptor, text) :]
