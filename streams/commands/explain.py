"""`probewatch explain`."""

import os
from pathlib import Path

import click
import msgspec
import orjson

from detectors.alerts import PatternCode
from detectors.errors import InputError
from streams.ingest.sources import STDIN
from streams.options import (
    CONFIG,
    IN_FILE,
    OUT_FILE,
    keep_apart,
    pseudonyms_option,
    verdicts_option,
)
from streams.outputs import NameMode
from streams.progress import reading
from streams.settings import Settings, find, load
from streams.settings.sections import Format
from streams.terminal import console

EPILOG = """\b
Example:
  probewatch explain fkgk7dcx6kfzsne56bs7ylx2rq --alerts alerts.jsonl
  probewatch explain fkgk7dcx6kfzsne56bs7ylx2rq --from queries.jsonl.gz --plot why.svg
  probewatch explain --event 260d5f9ccb03492b --from queries.jsonl.gz --json

Exit code 1: there is no such alert or event, or the event was rejected or came too late.
"""


@click.command(epilog=EPILOG)
@click.argument("alert_id", required=False)
@click.option(
    "--alerts",
    type=IN_FILE,
    metavar="FILE",
    help="Where the alert is, as `replay --alerts` wrote it; otherwise in the topics of alerts.",
)
@click.option("--event", "event_id", metavar="EVENT_ID", help="Explain an event, not an alert.")
@click.option(
    "--from",
    "files",
    multiple=True,
    type=IN_FILE,
    metavar="FILE",
    help="The log; give it again for more files, in the order of time.",
)
@click.option("--tenant", metavar="TENANT", help="Whose event, if several have one with that id.")
@click.option(
    "--pattern",
    type=click.Choice([code.value for code in PatternCode]),
    help="Draw what this pattern made of the event.  [default: the strongest]",
)
@verdicts_option("Analysts' verdicts to heed meanwhile, as in `replay`.")
@click.option("--json", "as_json", is_flag=True, help="Print probewatch.explanation.v1.")
@click.option(
    "--plot",
    "picture",
    type=OUT_FILE,
    metavar="OUT",
    help="Draw a timeline there, .svg or .png; takes matplotlib (probewatch[plot]).",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["query", "combined"]),
    help="Of the log, as in `replay`.  [default: as configured]",
)
@CONFIG
@pseudonyms_option("How ids of the log are written: as when the alert was made.")
def explain(
    *,
    alert_id: str | None,
    alerts: str | None,
    event_id: str | None,
    files: tuple[str, ...],
    tenant: str | None,
    pattern: str | None,
    verdicts: Path | None,
    as_json: bool,
    picture: Path | None,
    format_: Format | None,
    config: Path | None,
    pseudonyms: NameMode,
) -> None:
    """Say why ALERT_ID was raised, or why an event of a log did or did not raise an alert.

    For an alert: who, when, each reason's number beside what was expected, how rare, what each
    revision said, and how far it is from other outcomes. For an event the log is judged up to
    it, and each pattern tells its evidence and what would have changed it.
    """
    keep_apart([*files, *filter(None, [alerts])], [picture])
    if (alert_id is None) == (event_id is None):
        raise click.UsageError("Give either ALERT_ID or --event.", click.get_current_context())
    if STDIN in files:
        raise click.UsageError("Name a file: the log is read twice.", click.get_current_context())
    settings = _settings(config, format_)
    # Imported here so that --help and wrong usage do not wait for the compiled kernels.
    from streams.explain import answers  # noqa: PLC0415

    asked = answers.Asked(settings, files, pseudonyms, verdicts, picture)
    with reading() as progress:
        if alert_id is not None:
            told = answers.of_alert(asked, alert_id, alerts, os.environ, progress)
        elif files:
            code = PatternCode(pattern) if pattern else None
            told = answers.of_event(asked, str(event_id), tenant, code, progress)
        else:
            message = "Give --from, the log that the event is in."
            raise click.UsageError(message, click.get_current_context())
    if as_json:
        click.echo(_json(told.explained))
    else:
        told.show(console())
    if picture is not None:
        click.echo(f"The timeline is in {picture}.", err=True)


def _json(explained: object) -> str:
    try:
        text = orjson.dumps(msgspec.to_builtins(explained), option=orjson.OPT_INDENT_2)
    except orjson.JSONEncodeError as error:
        # An alert that others than Probewatch wrote may hold any number.
        raise InputError(f"it cannot be written as JSON: {error}") from error
    return text.decode()


def _settings(config: Path | None, format_: Format | None) -> Settings:
    settings = load(find(config, os.environ))
    if format_ is None:
        return settings
    return msgspec.structs.replace(
        settings, input=msgspec.structs.replace(settings.input, format=format_)
    )
