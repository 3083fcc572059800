"""`probewatch evaluate`, and what it can do besides comparing alerts with labels."""

import os
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import click
import msgspec
import orjson

from detectors.alerts import Alert
from detectors.config import Detection
from streams.evaluate import outcome
from streams.evaluate.comparison import compare as compare_runs
from streams.evaluate.comparison import judged
from streams.evaluate.curve import curve as swept
from streams.evaluate.discoveries import LEVELS
from streams.evaluate.discoveries import discoveries as tried
from streams.evaluate.figures import figures
from streams.evaluate.names import comparable, refuse_unlike
from streams.evaluate.plot import plot
from streams.evaluate.records import Search, read_alerts, read_labels, read_searches
from streams.evaluate.reports import print_comparison, print_curve, print_discoveries
from streams.evaluate.table import print_figures
from streams.options import IN_FILE, OUT_FILE, keep_apart, pseudonyms_option
from streams.outputs import NameMode, Outputs
from streams.progress import reading
from streams.settings import find, load
from streams.terminal import console

from .budget import budget
from .nested import CONFIG, WithOthers, config_option, events_option, json_option
from .promotion import promotion

EPILOG = """\b
Example:
  probewatch simulate --world police --seed 7 --out log.jsonl --labels labels.jsonl
  probewatch replay log.jsonl --pseudonyms none --alerts alerts.jsonl
  probewatch evaluate alerts.jsonl labels.jsonl --events log.jsonl
  probewatch evaluate compare old.jsonl new.jsonl
"""


@click.command(cls=WithOthers, epilog=EPILOG)
@click.argument("alerts", type=IN_FILE)
@click.argument("labels", type=IN_FILE)
@events_option()
@json_option("probewatch.evaluation.v1")
def evaluate(alerts: str, labels: str, events: tuple[str, ...], json_path: Path | None) -> None:
    """Compare ALERTS with LABELS: what was found, how soon, and what was false.

    ALERTS is what `replay --alerts` wrote, LABELS what `simulate --labels` did; ids must be
    written alike in both (`replay --pseudonyms none`). Files may be .gz or .zst.

    The commands below compare two runs, with labels or without, draw detection against the
    alert budget, and try other rules of what to let through.
    """
    keep_apart([alerts, labels, *events], [json_path])
    truth = read_labels(labels)
    found = comparable(read_alerts(alerts), truth)
    result = figures(outcome.evaluate(found, truth, _searches(events)))
    _write(result, json_path)
    print_figures(result, console())


COMPARE_EPILOG = """\b
Example:
  probewatch evaluate compare old.jsonl new.jsonl --json comparison.json
  probewatch evaluate compare --config old.toml --config new.toml march.jsonl.gz
"""


@click.command(epilog=COMPARE_EPILOG, short_help="Two runs: which alerts come, which go.")
@click.argument("files", nargs=-1, required=True, type=IN_FILE, metavar="FILE...")
@click.option(
    "--config",
    "configs",
    multiple=True,
    type=CONFIG,
    metavar="FILE",
    help="Given twice: replay the FILEs, which are logs, under A and then under B.",
)
@pseudonyms_option("How such a replay writes ids; labels take none as a rule.")
@click.option("--labels", type=IN_FILE, metavar="FILE", help="The truth, if it is known.")
@events_option()
@click.option(
    "--examples",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    help="Show at most so many alerts that are new, and gone.",
)
@json_option("probewatch.comparison.v1")
def compare(
    *,
    files: tuple[str, ...],
    configs: tuple[Path, ...],
    pseudonyms: NameMode,
    labels: str | None,
    events: tuple[str, ...],
    examples: int,
    json_path: Path | None,
) -> None:
    """Compare two runs over the same log: alerts that come, go, or are raised sooner.

    FILEs are the alerts of run A and of run B, as `replay --alerts` wrote them; or, with two
    --config, a log to replay under both. No labels are needed; with them, campaigns that are
    newly or no longer found are counted too.
    """
    keep_apart([*files, *events, *filter(None, [labels])], [json_path])
    if configs:
        names, runs = list(map(str, configs)), _replayed(files, configs, pseudonyms)
        events = events or files
    else:
        names, runs = list(files), _read(files)
    refuse_unlike(*runs)
    result = compare_runs(*runs)
    if labels is not None:
        truth = read_labels(labels)
        log = list(_searches(events) or ()) or None
        outcomes = [outcome.evaluate(comparable(run, truth), truth, log) for run in runs]
        result = msgspec.structs.replace(result, judged=judged(*outcomes))
    _write(result, json_path)
    out = console()
    hashes = (result.config_hash_before, result.config_hash_after)
    for letter, name, config in zip("AB", names, hashes, strict=True):
        out.print(f"{letter}: {name} (configuration {', '.join(config) or 'unknown'})")
    out.print()
    print_comparison(result, out, examples)


def _read(files: Sequence[str]) -> list[list[Alert]]:
    if len(files) != 2:  # noqa: PLR2004 - A and B
        raise click.UsageError(
            "Give two files of alerts, or two --config and a log.", click.get_current_context()
        )
    return [list(read_alerts(file)) for file in files]


def _replayed(files: Sequence[str], configs: Sequence[Path], names: NameMode) -> list[list[Alert]]:
    """The alerts of the logs under each configuration."""
    context = click.get_current_context()
    if len(configs) != 2:  # noqa: PLR2004 - A and B
        raise click.UsageError("Give --config twice, for A and for B.", context)
    if "-" in files:
        raise click.UsageError("Standard input cannot be replayed twice; name a file.", context)
    # Imported here so that --help and wrong usage do not wait for the compiled kernels.
    from streams.replay import replay  # noqa: PLC0415

    runs: list[list[Alert]] = []
    for settings in [load(config) for config in configs]:
        alerts: list[Alert] = []
        with reading() as progress:
            replay(settings, files, Outputs(names=names, on_alert=alerts.append), progress)
        runs.append(alerts)
    return runs


CURVE_EPILOG = """\b
Example:
  printf '[budget]\\nfalse_alerts_per_10000_actor_days = 100\\n' > generous.toml
  probewatch replay log.jsonl --config generous.toml --pseudonyms none --alerts many.jsonl
  probewatch evaluate curve many.jsonl labels.jsonl --events log.jsonl --plot curve.svg
"""


@click.command(epilog=CURVE_EPILOG, short_help="Detection against the alert budget.")
@click.argument("alerts", type=IN_FILE)
@click.argument("labels", type=IN_FILE)
@events_option()
@config_option()
@click.option(
    "--budget",
    "budgets",
    multiple=True,
    type=click.FloatRange(min=0, min_open=True),
    metavar="NUMBER",
    help="A budget to look at; give it again for more. [default: 1, 2, 5 in every decade]",
)
@click.option(
    "--plot",
    "picture",
    type=OUT_FILE,
    metavar="OUT",
    help="Draw it there, .svg or .png; takes matplotlib (probewatch[plot]).",
)
@json_option("probewatch.curve.v1")
def curve(
    *,
    alerts: str,
    labels: str,
    events: tuple[str, ...],
    config: Path | None,
    budgets: tuple[float, ...],
    picture: Path | None,
    json_path: Path | None,
) -> None:
    """Show what every alert budget would find, and accuse falsely, from one generous run.

    ALERTS come from a replay with a large budget; each tells by its rarity from which budget
    on it would be there.
    """
    keep_apart([alerts, labels, *events], [json_path, picture])
    truth = read_labels(labels)
    found = comparable(read_alerts(alerts), truth)
    result = swept(found, truth, _detection(config).patterns, _searches(events), budgets)
    if picture is not None:
        plot(result, picture)
    _write(result, json_path)
    print_curve(result, console())


DISCOVERIES_EPILOG = """\b
Example:
  probewatch evaluate discoveries many.jsonl --events log.jsonl --labels labels.jsonl
"""


@click.command(
    epilog=DISCOVERIES_EPILOG, short_help="What false-discovery control would let through."
)
@click.argument("alerts", type=IN_FILE)
@events_option(required=True)
@click.option("--labels", type=IN_FILE, metavar="FILE", help="The truth, if it is known.")
@config_option()
@click.option(
    "--level",
    "levels",
    multiple=True,
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=LEVELS,
    show_default=True,
    help="False discovery rate to try; give it again for more.",
)
@json_option("probewatch.discoveries.v1")
def discoveries(
    *,
    alerts: str,
    events: tuple[str, ...],
    labels: str | None,
    config: Path | None,
    levels: Sequence[float],
    json_path: Path | None,
) -> None:
    """Show what online false-discovery control would have let through of ALERTS.

    LOND, SAFFRON and e-LOND bound the share of false ones among all alerts, where the budget
    bounds how many there are per actor-day. This is a report: alerts are judged by the budget.
    """
    keep_apart([alerts, *events, *filter(None, [labels])], [json_path])
    truth = None if labels is None else read_labels(labels)
    found = read_alerts(alerts) if truth is None else comparable(read_alerts(alerts), truth)
    searches = _searches(events) or iter(())
    result = tried(found, searches, _detection(config).patterns, truth, levels)
    _write(result, json_path)
    print_discoveries(result, console())


def _searches(events: Sequence[str]) -> Iterator[Search] | None:
    return chain.from_iterable(map(read_searches, events)) if events else None


def _detection(config: Path | None) -> Detection:
    return load(find(config, os.environ)).detection


def _write(result: msgspec.Struct, path: Path | None) -> None:
    if path is not None:
        path.write_bytes(orjson.dumps(msgspec.to_builtins(result), option=orjson.OPT_INDENT_2))


for _command in (budget, compare, curve, discoveries, promotion):
    evaluate.add(_command)
