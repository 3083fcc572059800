"""`probewatch demo`."""

from pathlib import Path
from tempfile import TemporaryDirectory

import click
import orjson
from rich.console import Console

from detectors.alerts import Alert
from streams.evaluate import Evaluation, evaluate, read_labels
from streams.outputs import Outputs
from streams.progress import reading
from streams.report import latest, print_alerts
from streams.settings import Settings
from streams.terminal import console

EPILOG = """\b
Example:
  probewatch demo
"""
ACTORS = 120
DAYS = 60
# Any would do; this one is like most: about half of what was planted is found.
SEED = 2


@click.command(epilog=EPILOG)
def demo() -> None:
    """Simulate a police force's face searches, some of them misuse, and show what is found.

    Needs nothing and leaves nothing behind.
    """
    out = console()
    with TemporaryDirectory(prefix="probewatch-") as directory:
        log, labels = Path(directory, "log.jsonl"), Path(directory, "labels.jsonl")
        events = _simulate(log, labels)
        out.print(f"{events:,} simulated face searches by {ACTORS} police officers in {DAYS} days:")
        alerts = _judge(log)
        truth = evaluate(alerts, read_labels(str(labels)))
    print_alerts(latest(alerts), out)
    _conclude(truth, out)


def _simulate(log: Path, labels: Path) -> int:
    """Write a log and its labels; how many events it has."""
    # Imported here, as in `replay`, so that --help need not wait.
    from streams.simulate.scenario import Recipe, build  # noqa: PLC0415

    scenario = build(Recipe(world="police", seed=SEED, actors=ACTORS, days=DAYS))
    with log.open("wb") as file:
        file.writelines(orjson.dumps(event) + b"\n" for event in scenario.events())
    with labels.open("wb") as file:
        file.writelines(orjson.dumps(label) + b"\n" for label in scenario.labels())
    return len(scenario.rows)


def _judge(log: Path) -> list[Alert]:
    """Every revision of every alert."""
    from streams.replay import replay  # noqa: PLC0415

    alerts: list[Alert] = []
    files = [str(log)]
    with reading() as progress:
        replay(Settings(), files, Outputs(names="none", on_alert=alerts.append), progress)
    return alerts


def _conclude(truth: Evaluation, out: Console) -> None:
    planted = [campaign for campaign in truth.campaigns if not campaign.ambiguous]
    found = sum(campaign.found_at is not None for campaign in planted)
    out.print()
    out.print(
        f"Of {len(planted)} planted campaigns of misuse {found} were found; "
        f"{len(truth.false_alerts)} alerts were false."
    )
    out.print("Go on with a log of your own: probewatch replay queries.jsonl")
