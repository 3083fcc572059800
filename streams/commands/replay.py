"""`probewatch replay`."""

import os
from pathlib import Path

import click
import msgspec

from detectors.alerts import Alert
from streams.options import (
    CONFIG,
    IN_FILE,
    OUT_FILE,
    READ_FILE,
    keep_apart,
    pseudonyms_option,
    verdicts_option,
)
from streams.outputs import NameMode, Outputs
from streams.progress import reading
from streams.report import latest, print_alerts, print_summary
from streams.settings import Settings, find, load
from streams.settings.sections import Format
from streams.terminal import console

EPILOG = """\b
Example:
  probewatch replay monday.jsonl.gz tuesday.jsonl.gz --alerts alerts.jsonl
  zcat access.log.gz | probewatch replay - --format combined --pseudonyms none
"""


@click.command(epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, type=IN_FILE, metavar="FILE...")
@verdicts_option("Analysts' verdicts, which count from the day after theirs on.")
@click.option(
    "--decisions",
    type=READ_FILE,
    metavar="FILE.jsonl",
    help="Verdicts and configurations as `probewatch decisions --export` writes them.",
)
@click.option("--alerts", type=OUT_FILE, metavar="OUT.jsonl", help="Every revision of every alert.")
@click.option("--scores", type=OUT_FILE, metavar="OUT.npz", help="Every event's score by pattern.")
@click.option("--rejects", type=OUT_FILE, metavar="OUT.jsonl", help="Why records were rejected.")
@click.option("--summary", type=OUT_FILE, metavar="OUT.json", help="The summary, as JSON.")
@click.option("--save-state", type=OUT_FILE, metavar="STATE", help="What is known at the end.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["query", "combined"]),
    help="query: probewatch.query.v1 as JSON lines; combined: a web server's log. "
    "[default: as configured]",
)
@CONFIG
@pseudonyms_option("none writes ids as they are given: for synthetic or already pseudonymous data.")
def replay(
    files: tuple[str, ...],
    verdicts: Path | None,
    decisions: Path | None,
    format_: Format | None,
    config: Path | None,
    pseudonyms: NameMode,
    **outputs: Path | None,
) -> None:
    """Judge the queries in FILEs, in the order given, and show the alerts.

    A FILE holds a query per line, plain or compressed (.gz, .zst); - is standard input.
    Nothing but the files named is written, and the same input gives the same alerts.
    """
    said = [path for path in (verdicts, decisions) if path]
    keep_apart([*files, *map(str, said)], outputs.values())
    settings = _settings(config, format_)
    # Imported here so that --help and wrong usage do not wait for the compiled kernels.
    from streams.replay import replay as judge  # noqa: PLC0415

    alerts: dict[str, Alert] = {}

    def keep(alert: Alert) -> None:
        alerts[alert.alert_id] = alert

    destination = Outputs(**outputs, names=pseudonyms, on_alert=keep)
    with reading() as progress:
        result = judge(settings, files, destination, progress, said)
    out = console()
    print_alerts(latest(alerts.values()), out)
    out.print()
    print_summary(result, out)
    if not result.events:
        raise click.exceptions.Exit(1)


def _settings(config: Path | None, format_: Format | None) -> Settings:
    settings = load(find(config, os.environ))
    if format_ is None:
        return settings
    return msgspec.structs.replace(
        settings, input=msgspec.structs.replace(settings.input, format=format_)
    )
