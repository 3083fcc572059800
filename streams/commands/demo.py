"""`probewatch demo`."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

import click

from streams.logs import LEVELS, Level
from streams.terminal import console

EPILOG = """\b
Example:
  probewatch demo
  probewatch demo --seconds 120 --port 10980
  probewatch demo --seconds 10 --exit > alerts.txt
  probewatch demo --log-level info 2> worker.log
"""

_KILLED = 128
"""What shells add to the number of the signal that ended a process."""


@click.command(epilog=EPILOG)
@click.option(
    "--seconds",
    type=click.FloatRange(min=1, max=3600),
    default=45,
    show_default=True,
    help="Within which two months of traffic are sent.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    help="Of the web page and of metrics, on this machine alone.  [default: any that is free]",
)
@click.option("--exit", "ends", is_flag=True, help="End after the traffic instead of by Ctrl-C.")
@click.option(
    "--log-level",
    type=click.Choice(LEVELS),
    help="Show from which level on what the worker says, on standard error.  [default: nothing]",
)
def demo(*, seconds: float, port: int, ends: bool, log_level: Level | None) -> None:
    """Run the whole service on this machine, and show what it finds in simulated police searches.

    It starts a broker that is for trying only, a worker, and traffic with misuse in it; shows
    alerts as they come, here and on a web page; and leaves nothing behind.
    """
    # Whoever waits for minutes wants to know before the first import what for.
    click.echo("Starting; the first time this takes a minute or two, to compile.", err=True)
    # Takes a second to import.
    from streams.demo.play import play  # noqa: PLC0415
    from streams.demo.screen import Screen  # noqa: PLC0415

    screen = Screen(console())
    stopped = asyncio.run(_until_told(play(screen, seconds, port, stay=not ends, level=log_level)))
    # Once everything was shown, to be stopped is how it ends.
    if stopped is not None and not screen.concluded:
        raise click.exceptions.Exit(_KILLED + stopped)


async def _until_told(work: Coroutine[Any, Any, None]) -> signal.Signals | None:
    """Do the work, unless a signal to stop comes before it is done: which one."""
    task = asyncio.create_task(work)
    told: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        # Once: what is being cleaned up must not be cancelled as well.
        if not told:
            told.append(number)
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    await asyncio.wait([task])
    if not told:
        task.result()
    return told[0] if told else None
