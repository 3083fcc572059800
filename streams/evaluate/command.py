"""`probewatch evaluate`."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import click
import msgspec
import orjson

from detectors.alerts import Alert
from detectors.errors import InputError
from streams.options import IN_FILE, OUT_FILE, keep_apart
from streams.terminal import console

from . import outcome
from .figures import figures
from .records import Labels, read_alerts, read_labels, read_searches
from .table import print_figures

EPILOG = """\b
Example:
  probewatch simulate --world police --seed 7 --out log.jsonl --labels labels.jsonl
  probewatch replay log.jsonl --pseudonyms none --alerts alerts.jsonl
  probewatch evaluate alerts.jsonl labels.jsonl --events log.jsonl
"""

# As pseudonyms are written outside the process: key epoch, then 128 bits in base32.
_PSEUDONYM = re.compile(r"p\d+_[a-z2-7]{26}")


@click.command(epilog=EPILOG)
@click.argument("alerts", type=IN_FILE)
@click.argument("labels", type=IN_FILE)
@click.option(
    "--events",
    multiple=True,
    type=IN_FILE,
    metavar="FILE",
    help="The log that was judged; give it again for more files. Lets exposure before the "
    "first alert, and actor-days, be counted.",
)
@click.option(
    "--json",
    "json_path",
    metavar="OUT",
    type=OUT_FILE,
    help="Write the figures there too, as probewatch.evaluation.v1.",
)
def evaluate(alerts: str, labels: str, events: tuple[str, ...], json_path: Path | None) -> None:
    """Compare ALERTS with LABELS: what was found, how soon, and what was false.

    ALERTS is what `replay --alerts` wrote, LABELS what `simulate --labels` did; ids must be
    written alike in both (`replay --pseudonyms none`). Files may be .gz or .zst.
    """
    keep_apart([alerts, labels, *events], [json_path])
    searches = chain.from_iterable(map(read_searches, events)) if events else None
    truth = read_labels(labels)
    judged = outcome.evaluate(_comparable(read_alerts(alerts), truth), truth, searches)
    result = figures(judged)
    if json_path is not None:
        json_path.write_bytes(orjson.dumps(msgspec.to_builtins(result), option=orjson.OPT_INDENT_2))
    print_figures(result, console())


def _comparable(alerts: Iterable[Alert], labels: Labels) -> Iterator[Alert]:
    """The alerts, unless they name pseudonyms where the labels name plain ids.

    Raises:
        InputError: no alert could ever match, and all would look false.
    """
    labelled = frozenset[str]().union(
        *(campaign.actors for campaign in labels.campaigns),
        *(group.actors for group in labels.groups),
    )
    plain = labelled and not any(map(_is_pseudonym, labelled))
    for alert in alerts:
        if plain and alert.actors and all(map(_is_pseudonym, alert.actors)):
            raise InputError(
                "the alerts name pseudonyms and the labels plain ids, so none can match; "
                "replay with --pseudonyms none"
            )
        yield alert


def _is_pseudonym(text: str) -> bool:
    return _PSEUDONYM.fullmatch(text) is not None
