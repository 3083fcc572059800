"""`probewatch demo`."""

import asyncio
import signal

import click

from streams.terminal import console

EPILOG = """\b
Example:
  probewatch demo
  probewatch demo --seconds 120 --port 10980
  probewatch demo --seconds 10 --exit > alerts.txt
"""

TERMINATED = 143
"""128 + SIGTERM, as shells have it."""


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
def demo(*, seconds: float, port: int, ends: bool) -> None:
    """Run the whole service on this machine, and show what it finds in simulated police searches.

    It starts a broker that is for trying only, a worker, and traffic with misuse in it; shows
    alerts as they come, here and on a web page; and leaves nothing behind.
    """
    asyncio.run(_demo(seconds, port, stay=not ends))


async def _demo(seconds: float, port: int, *, stay: bool) -> None:
    # Takes a second to import.
    from streams.demo.play import play  # noqa: PLC0415
    from streams.demo.screen import Screen  # noqa: PLC0415

    screen = Screen(console())
    playing = asyncio.create_task(play(screen, seconds, port, stay=stay))
    told: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        # Once: what is being cleaned up must not be cancelled again.
        if not told:
            told.append(number)
            playing.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    try:
        await playing
    except asyncio.CancelledError:
        if not screen.concluded:
            raise (click.Abort() if told == [signal.SIGINT] else click.exceptions.Exit(TERMINATED)) from None
