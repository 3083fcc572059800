"""`probewatch verdict`."""

import asyncio
import os
from pathlib import Path

import click

from detectors.errors import InputError
from detectors.verdicts import Ruling, judged
from streams.decisions.desk import Desk, at_desk
from streams.decisions.ledger import Ledger
from streams.decisions.reader import now
from streams.decisions.records import MOST_NOTES, Ruled, in_words
from streams.ingest.times import to_millis
from streams.options import CONFIG, OUT_FILE
from streams.settings import find, load
from streams.terminal import console, print_table, printable

from .spoken import BY, CODE_OF_ONES_OWN, Time, day_of, reached, to_the_second, write

EPILOG = """\b
Example:
  probewatch verdict k3rmdq false --note red-team --by anna
  probewatch verdict --list
  probewatch verdict --export verdicts.jsonl
  probewatch replay log.jsonl --verdicts verdicts.jsonl

true: misuse. false: none. benign: what the pattern looks for, done with leave. duplicate:
another alert tells of the same.
"""


@click.command(epilog=EPILOG)
@click.argument("alert_id", required=False)
@click.argument("ruling", required=False, type=click.Choice([ruling.value for ruling in Ruling]))
@click.option(
    "--note",
    type=CODE_OF_ONES_OWN,
    multiple=True,
    metavar="CODE",
    help=f"Why, as a code of your own list; up to {MOST_NOTES} times. Not for anybody's name.",
)
@BY
@click.option(
    "--at", type=Time(), metavar="TIME", help="Event time of the verdict. [default: the log's]"
)
@click.option("--list", "lists", is_flag=True, help="Show the verdicts that hold or will hold.")
@click.option("--export", type=OUT_FILE, metavar="OUT.jsonl", help="Write them for replay.")
@CONFIG
def verdict(
    alert_id: str | None,
    ruling: str | None,
    note: tuple[str, ...],
    by: str,
    at: int | None,
    export: Path | None,
    config: Path | None,
    *,
    lists: bool,
) -> None:
    """Say what the alert ALERT_ID turned out to be: true, false, benign or duplicate.

    It is written to the topic of decisions, and counts from the first day of event time on that
    begins after it: it moves shares of the budget and ranks what is alike, within bounds. The
    alert itself stays as it is. The last verdict on an alert holds.
    """
    if lists or export:
        if alert_id is not None:
            raise click.UsageError("--list and --export take no alert.")
    elif alert_id is None or ruling is None:
        raise click.UsageError("An alert's id and a verdict are needed, or --list.")
    if len(note) > MOST_NOTES:
        raise click.UsageError(f"At most {MOST_NOTES} notes.")
    settings = load(find(config, os.environ))

    async def work() -> None:
        async with at_desk(settings, os.environ) as desk:
            if alert_id is not None and ruling is not None:
                click.echo(await _rule(desk, alert_id, Ruling(ruling), note, by, at))
            if export is not None:
                write(export, _ruled(desk.ledger))
            if lists:
                _show(desk.ledger)

    asyncio.run(work())


async def _rule(
    desk: Desk, alert_id: str, ruling: Ruling, note: tuple[str, ...], by: str, at: int | None
) -> str:
    """Publish a verdict; what will come of it."""
    found = await desk.alerts(alert_id)
    if not found:
        raise InputError(f"{alert_id}: no such alert in the topics of alerts")
    alert = found[0]
    last = int(to_millis([alert.last_event_time])[0])
    time = at if at is not None else max(last, reached(desk.ledger.begun))
    before = desk.ledger.ruled_last(alert_id)
    record = Ruled(verdict=judged(alert, ruling, time), by=by, written_at=now(), note=note)
    taken = await desk.publish(record)
    begins = day_of(taken.verdict.event_time if isinstance(taken, Ruled) else time)
    tenant = printable(alert.tenant_id or "several tenants")
    return (
        f"{alert.pattern}, {alert.entity.type} of {tenant}: "
        f"{ruling.value}, by {by}. It counts from {begins} (event time, UTC) on."
        + ("" if before is None else f" It replaces the one before: {in_words(before)}.")
    )


def _ruled(ledger: Ledger) -> list[Ruled]:
    return [one for one in ledger.decisions() if isinstance(one, Ruled)]


def _show(ledger: Ledger) -> None:
    rows = [
        (
            (
                printable(one.verdict.alert_id),
                one.verdict.verdict.value,
                one.verdict.pattern.value,
                printable(one.verdict.tenant_id or "several"),
                one.by,
                " ".join(one.note),
                to_the_second(one.written_at),
                day_of(one.verdict.event_time),
            ),
            False,
        )
        for one in _ruled(ledger)
    ]
    columns = ("alert", "is", "pattern", "tenant", "by", "note", "written", "counts from")
    print_table(console(), "Verdicts", columns, (), rows)
