"""A worker of its own for the embedded broker: `python -m streams.demo.worker CONFIG LEVEL`.

It has nothing to lose, so it can be ended at any time, and is, whatever it is doing.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, cast

from detectors.errors import BrokerError, ProbewatchError
from streams.embedded import leashed
from streams.logs import Level, log_to
from streams.settings import load

_STOP_SECONDS: Final = 2.0
"""For leaving in order; then it is killed."""


_LONGEST_LINE: Final = 1 << 20
"""Bytes: an error's trace is on the line of its message."""


class WorkerProcess:
    """A worker that runs as a child of this process.

    Args:
        process: the child.
        echo: shown what it says of itself.
    """

    def __init__(
        self, process: asyncio.subprocess.Process, echo: Callable[[str], None] = lambda _: None
    ) -> None:
        self._process = process
        self._out = _stream(process.stdout)
        # Read from the start: a pipe that is full would stop it.
        self._said = asyncio.create_task(_last(_stream(process.stderr), echo))

    async def address(self) -> str:
        """Where its HTTP server is, as soon as it listens.

        Raises:
            BrokerError: it ended instead.
        """
        line = await self._out.readline()
        if not line:
            await self.ended()
        return line.decode().strip()

    async def ended(self) -> None:
        """Wait until it ends by itself, which it should not.

        Raises:
            BrokerError: with the last line that it said.
        """
        last = await asyncio.shield(self._said)
        status = await self._process.wait()
        raise BrokerError(f"the worker ended with status {status}: {last or 'it said nothing'}")

    async def end(self) -> None:
        """End it, in order if it can do so soon."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        await self._said


@asynccontextmanager
async def working(
    config: Path, environ: Mapping[str, str], level: Level | None = None
) -> AsyncIterator[WorkerProcess]:
    """A worker by these settings, for as long as the context lasts.

    Args:
        config: the settings.
        environ: of the process.
        level: from which on what it says is shown on standard error; None shows nothing.
    """
    # Without the directory one stands in, which may have modules of the same names.
    command = [sys.executable, "-P", "-m", __name__, str(config), level or "warning"]
    process = await asyncio.create_subprocess_exec(
        *leashed(command),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environ,
        limit=_LONGEST_LINE,
        # Ctrl-C is for us, who end it.
        process_group=0,
    )
    worker = WorkerProcess(process) if level is None else WorkerProcess(process, _echo)
    try:
        yield worker
    finally:
        await worker.end()


def _stream(pipe: asyncio.StreamReader | None) -> asyncio.StreamReader:
    if pipe is None:
        raise TypeError("the process was started without this pipe")
    return pipe


async def _last(lines: asyncio.StreamReader, echo: Callable[[str], None]) -> str:
    """The last line; each is shown as it comes."""
    last = ""
    async for line in lines:
        last = line.decode(errors="replace").rstrip()
        echo(last)
    return last


def _echo(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main(config: Path, level: Level) -> None:
    """Serve until told to stop; the address goes to standard output, errors to the other."""
    # Takes seconds to import, which only the child has to wait for.
    from streams.engine.process import serve  # noqa: PLC0415

    log_to(level=level)
    try:
        asyncio.run(serve(load(config), os.environ, durable=False, on_start=_say))
    except ProbewatchError as error:
        sys.exit(str(error))


def _say(address: str) -> None:
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), cast("Level", sys.argv[2]))
