"""`probewatch evaluate promotion`."""

import os
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import click
import msgspec
import orjson
from rich.console import Console

from detectors.verdicts import Verdict
from streams.decisions.exported import read_exported
from streams.evaluate.promotion import Candidate, Promotion
from streams.evaluate.promotion import promotion as weighed
from streams.evaluate.records import Search, read_alerts, read_searches
from streams.options import IN_FILE, keep_apart
from streams.settings import find, load
from streams.terminal import console, print_table, printable

from .nested import config_option, events_option, json_option, verdict_files_option

EPILOG = """\b
Example:
  probewatch replay log.jsonl --alerts alerts.jsonl
  probewatch evaluate promotion alerts.jsonl --events log.jsonl --verdicts verdicts.jsonl
"""


@click.command(epilog=EPILOG, short_help="Whether patterns in the shadow should page.")
@click.argument("alerts", nargs=-1, required=True, type=IN_FILE, metavar="ALERTS...")
@events_option()
@verdict_files_option("Analysts' verdicts")
@config_option()
@json_option("probewatch.promotion.v1")
def promotion(
    *,
    alerts: tuple[str, ...],
    events: tuple[str, ...],
    verdict_files: tuple[Path, ...],
    config: Path | None,
    json_path: Path | None,
) -> None:
    """Say what alerts in the shadow would have added to those that paged, and what to do.

    ALERTS hold both kinds, as `replay --alerts` writes them, or are copies of the topics of live
    and of shadow alerts over the same stretch.
    """
    keep_apart([*alerts, *events, *map(str, verdict_files)], [json_path])
    settings = load(find(config, os.environ))
    verdicts: list[Verdict] = []
    for path in verdict_files:
        verdicts += read_exported(path, settings).heard.verdicts
    revisions = chain.from_iterable(map(read_alerts, alerts))
    result = weighed(revisions, settings.detection, _searches(events), verdicts)
    if json_path is not None:
        text = orjson.dumps(msgspec.to_builtins(result), option=orjson.OPT_INDENT_2)
        json_path.write_bytes(text)
    _print(result, console())


def _searches(events: Sequence[str]) -> Iterator[Search] | None:
    return chain.from_iterable(map(read_searches, events)) if events else None


def _print(result: Promotion, out: Console) -> None:
    days = "unknown; give --events" if result.actor_days is None else f"{result.actor_days:,}"
    out.print(f"{result.live:,} live alerts; actor-days: {days}")
    if not result.candidates:
        out.print("Nothing in the shadow would have paged.")
        return
    out.print()
    rows = [(_row(candidate), candidate.advice == "promote") for candidate in result.candidates]
    numbers = ("alerts", "rate", "promised", "known", "new", "right", "wrong")
    print_table(out, "In the shadow, per 10,000 actor-days", ("pattern", "advice"), numbers, rows)
    out.print()
    for candidate in result.candidates:
        out.print(f"{_name(candidate)}: {candidate.advice}; {candidate.why}.")


def _name(candidate: Candidate) -> str:
    where = f" at {printable(candidate.tenant_id)}" if candidate.tenant_id else ""
    return candidate.pattern.replace("_", " ") + where


def _row(candidate: Candidate) -> tuple[str, ...]:
    said = candidate.verdicts
    return (
        _name(candidate),
        candidate.advice,
        f"{candidate.alerts:,}",
        "n/a" if candidate.rate is None else f"{candidate.rate:.2f}",
        f"{candidate.promised:.2g}",
        f"{candidate.known:,}",
        f"{candidate.new:,}",
        f"{said.get('true', 0):,}",
        f"{said.get('false', 0) + said.get('benign', 0):,}",
    )
