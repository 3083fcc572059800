"""`probewatch decisions`."""

import asyncio
import os
from pathlib import Path

import click

from streams.decisions.desk import at_desk
from streams.decisions.records import Configuration, Decision, Ruled
from streams.options import CONFIG, OUT_FILE
from streams.settings import find, load
from streams.terminal import console, print_table, printable

from .spoken import day_of, to_the_second, write

EPILOG = """\b
Example:
  probewatch decisions
  probewatch decisions --export decisions.jsonl
  probewatch replay log.jsonl --decisions decisions.jsonl
"""


@click.command(epilog=EPILOG)
@click.option("--export", type=OUT_FILE, metavar="OUT.jsonl", help="Write them for replay.")
@CONFIG
def decisions(export: Path | None, config: Path | None) -> None:
    """Show what people have decided: verdicts, snoozes, configurations, oldest first.

    An export holds each as it counts, so that `replay --decisions` over the same log does the same.
    """
    settings = load(find(config, os.environ))

    async def work() -> None:
        async with at_desk(settings, os.environ) as desk:
            held = [*desk.ledger.decisions()]
        if export is not None:
            write(export, held)
            return
        rows = [(_row(one), False) for one in held]
        print_table(console(), "Decisions", ("what", "by", "written", "holds"), (), rows)
        if desk.rejected:
            click.echo(f"{len(desk.rejected)} records are no decisions.", err=True)

    asyncio.run(work())


def _row(one: Decision) -> tuple[str, str, str, str]:
    written = to_the_second(one.written_at)
    if isinstance(one, Ruled):
        said = f"verdict: {printable(one.verdict.alert_id)} is {one.verdict.verdict.value}"
        return said, one.by, written, f"from {day_of(one.verdict.event_time)}"
    if isinstance(one, Configuration):
        said = f"configuration {one.config_hash}"
        return said, one.by, written, f"from {day_of(one.event_time)}"
    return f"snooze {one.snooze_id}", one.by, written, f"until {to_the_second(one.until)}"
