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

_STOP_SECONDS: Final = 3.0
"""For leaving in order; then it is killed."""


class WorkerProcess:
    """A worker that runs as a child of this process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def address(self) -> str:
        """Where its HTTP server is, as soon as it listens.

        Raises:
            BrokerError: it ended instead.
        """
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            await self.ended()
        return line.decode().strip()

    async def ended(self) -> None:
        """Wait until it ends by itself, which it should not.

        Raises:
            BrokerError: with the last line that it said.
        """
        assert self._process.stderr is not None
        said = (await self._process.stderr.read()).decode(errors="replace").strip()
        status = await self._process.wait()
        raise BrokerError(f"the worker ended with status {status}: {said.rpartition(chr(10))[2]}")

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
