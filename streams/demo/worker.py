"""A worker of its own process for the embedded broker: `python -m streams.demo.worker CONFIG`.

It has nothing to lose, so it can be ended at any time, and is, whatever it is doing.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from detectors.errors import BrokerError, ProbewatchError
from streams.embedded import leashed
from streams.logs import log_to
from streams.settings import load

_STOP_SECONDS: Final = 2.0
"""For leaving in order; then it is killed."""


class WorkerProcess:
    """A worker that runs as a child of this process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._out = _stream(process.stdout)
        # Read from the start: a pipe that is full would stop it.
        self._said = asyncio.create_task(_stream(process.stderr).read())

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
        said = (await asyncio.shield(self._said)).decode(errors="replace").splitlines()
        status = await self._process.wait()
        last = said[-1] if said else "it said nothing"
        raise BrokerError(f"the worker ended with status {status}: {last}")

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
async def working(config: Path, environ: Mapping[str, str]) -> AsyncIterator[WorkerProcess]:
    """A worker by these settings, for as long as the context lasts."""
    # Without the directory one stands in, which may have modules of the same names.
    command = [sys.executable, "-P", "-m", __name__, str(config)]
    process = await asyncio.create_subprocess_exec(
        *leashed(command),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environ,
        # Ctrl-C is for us, who end it.
        process_group=0,
    )
    worker = WorkerProcess(process)
    try:
        yield worker
    finally:
        await worker.end()


def _stream(pipe: asyncio.StreamReader | None) -> asyncio.StreamReader:
    if pipe is None:
        raise TypeError("the process was started without this pipe")
    return pipe


def main(config: Path) -> None:
    """Serve until told to stop; the address goes to standard output, errors to the other."""
    # Takes seconds to import, which only the child has to wait for.
    from streams.engine.process import serve  # noqa: PLC0415

    log_to(level="warning")
    try:
        asyncio.run(serve(load(config), os.environ, durable=False, on_start=_say))
    except ProbewatchError as error:
        sys.exit(str(error))


def _say(address: str) -> None:
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
