"""What changes when events arrive out of order, within the lateness that is allowed.

A world's log is replayed as it happened and then, several times, with every event delayed
at random by up to so much. Counts, bitmaps and sketches must be the same in the end, decayed
values agree to rounding. Sequential tests see another sequence, so an episode close to the
threshold may be gained or lost; a sort window of an hour puts the order back first.
"""

import math
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import click
import msgspec
import numpy as np
import zstandard
from numpy.typing import NDArray
from rich.progress import track

from bench.rig.logs import write
from bench.rig.states import Difference, Role, differences
from bench.rig.tables import Sheet, show
from detectors.alerts import Alert, PatternCode
from detectors.calibration import calibrate
from detectors.config import Detection
from detectors.shards.tables import Arrays
from detectors.snapshot import unpack
from streams.outputs import Outputs
from streams.replay import replay
from streams.settings import Settings
from streams.settings.sections import Input
from streams.simulate import WORLDS, Recipe, build
from streams.simulate.scenario import FEWEST_ACTORS, MOST_DAYS
from streams.summary import Summary
from streams.terminal import console

DELAYS = {"1 min": 60_000, "10 min": 600_000, "59 min": 3_540_000}
"""Milliseconds; an hour is allowed."""

SORTING = Settings(input=Input(sort_window=timedelta(hours=1)))

EPILOG = """\b
Example:
  python bench/reorder.py --world consumer --actors 500 --days 30 --orders 1
"""


Times = NDArray[np.int64]


class Outcome(NamedTuple):
    """What a replay came to: every revision in order, the state at the end, and figures."""

    alerts: tuple[Alert, ...]
    state: Arrays
    summary: Summary


class Change(NamedTuple):
    """An episode that was raised in one order and not in the other.

    Attributes:
        pattern: of the episode.
        gained: whether it is there in the other order only.
        margin: nats by which its evidence passed the threshold where it was raised.
        share: the same as a share of the threshold.
    """

    pattern: PatternCode
    gained: bool
    margin: float
    share: float


def run(lines: Sequence[bytes], settings: Settings) -> Outcome:
    """Replay some lines."""
    alerts: list[Alert] = []
    with tempfile.TemporaryDirectory() as directory:
        log, saved = Path(directory, "log.jsonl"), Path(directory, "state")
        log.write_bytes(b"".join(lines))
        outputs = Outputs(names="none", save_state=saved, on_alert=alerts.append)
        summary = replay(settings, [str(log)], outputs, lambda _read, _total, _events: None)
        _, state = unpack(zstandard.ZstdDecompressor().decompress(saved.read_bytes()))
    return Outcome(tuple(alerts), state, summary)


def disordered(times: Times, delay: int, seed: int) -> NDArray[np.int64]:
    """The order in which events arrive that are delayed by up to `delay` each."""
    late = np.random.default_rng(seed).integers(0, delay, len(times), endpoint=True)
    return np.argsort(times + late, kind="stable")


def changes(before: Sequence[Alert], after: Sequence[Alert]) -> Iterator[Change]:
    """The episodes gained and lost, by pattern and margin."""
    these, those = ({alert.alert_id: alert for alert in alerts} for alerts in (before, after))
    for alert_id in sorted(these.keys() ^ those.keys()):
        gained = alert_id in those
        alert = those[alert_id] if gained else these[alert_id]
        yield Change(alert.pattern, gained, *margin(alert, Detection()))


def margin(alert: Alert, detection: Detection) -> tuple[float, float]:
    """Nats by which an episode's best evidence passed the threshold, and as a share of it."""
    patterns = {pattern.code: pattern for pattern in detection.patterns.all()}
    budget = detection.budget.false_alerts_per_10000_actor_days
    scale = calibrate(patterns[alert.pattern], budget)
    nats = math.log(scale.allowed / alert.rarity) / scale.rate
    return nats, nats / scale.threshold


def shifts(before: Sequence[Alert], after: Sequence[Alert]) -> list[float]:
    """Minutes by which the raising of episodes moved that are there in both orders."""
    these, those = (
        {alert.alert_id: datetime.fromisoformat(alert.raised_event_time) for alert in alerts}
        for alerts in (before, after)
    )
    return [
        abs((those[alert_id] - at).total_seconds()) / 60
        for alert_id, at in these.items()
        if alert_id in those
    ]


def same_alerts(one: Sequence[Alert], other: Sequence[Alert]) -> bool:
    """Whether both are the same to the byte, but for the hash of the configuration."""
    texts = [
        [msgspec.json.encode(msgspec.structs.replace(alert, config_hash="")) for alert in alerts]
        for alerts in (one, other)
    ]
    return texts[0] == texts[1]


def agreement(found: Sequence[Difference], role: Role) -> str:
    """How far the values of one role agree, in a cell."""
    off = [field for field in found if field.role is role and field.differing]
    if not off:
        return "identical"
    if role is Role.DECAYED:
        return f"{max(field.largest for field in off):.0e}"
    return f"{sum(field.differing for field in off):,} differ"


class Order(NamedTuple):
    """One replay in another order, with and without sorting, beside that in order of time."""

    delay: str
    seed: int
    plain: Outcome
    found: Sequence[Difference]
    changed: Sequence[Change]
    moved: Sequence[float]
    sorted_alerts: bool
    sorted_state: bool


def tried(delay: str, seed: int, lines: Sequence[bytes], times: Times, base: Outcome) -> Order:
    """Replay the lines out of order and compare with `base`."""
    shuffled = [lines[place] for place in disordered(times, DELAYS[delay], seed)]
    plain, put_back = run(shuffled, Settings()), run(shuffled, SORTING)
    return Order(
        delay,
        seed,
        plain,
        list(differences(base.state, plain.state)),
        list(changes(base.alerts, plain.alerts)),
        [minutes for minutes in shifts(base.alerts, plain.alerts) if minutes],
        same_alerts(base.alerts, put_back.alerts),
        not any(field.differing for field in differences(base.state, put_back.state)),
    )


def orders_sheet(orders: Sequence[Order]) -> Sheet:
    """One row for every order."""
    rows = [
        [
            *(order.delay, str(order.seed)),
            str(order.plain.summary.late + order.plain.summary.clock_ahead),
            *(agreement(order.found, role) for role in Role),
            "+{} −{}".format(*map([c.gained for c in order.changed].count, (True, False))),
            f"{len(order.moved)}, {max(order.moved, default=0):.0f} min",
            *("same" if same else "other" for same in (order.sorted_alerts, order.sorted_state)),
        ]
        for order in orders
    ]
    return Sheet(
        "Replays in another order, against the one in order of time",
        ("delayed by up to", "order"),
        ("late", *Role, "episodes", "raised at another time", "sorted alerts", "sorted state"),
        rows,
        "late: events judged late or ahead of time. Of decayed values the largest relative "
        "difference, of others how many differ. sorted: after a sort window of an hour.",
    )


def changes_sheet(orders: Sequence[Order]) -> Sheet:
    """One row for every episode gained or lost."""
    rows = [
        [
            *(order.delay, str(order.seed), change.pattern),
            "gained" if change.gained else "lost",
            *(f"{change.margin:.2f}", f"{change.share:.1%}"),
        ]
        for order in orders
        for change in order.changed
    ]
    return Sheet(
        "Episodes gained and lost, and by how much their evidence passed the threshold",
        ("delayed by up to", "order", "pattern", "episode"),
        ("nats", "of the threshold"),
        rows,
    )


def fields_sheet(orders: Sequence[Order]) -> Sheet:
    """One row for every field that differs in some order."""
    by_field: defaultdict[tuple[Role, str, str], list[Difference]] = defaultdict(list)
    for field in (field for order in orders for field in order.found if field.differing):
        by_field[field.role, field.kind, field.field].append(field)
    rows = [
        [
            *key,
            f"{max(field.differing / field.compared for field in fields):.1%}",
            f"{max(field.typical for field in fields):.0e}",
            f"{max(field.largest for field in fields):.0e}",
        ]
        for key, fields in sorted(by_field.items())
    ]
    return Sheet(
        "Fields that differ, in the order that they differ most in",
        ("what", "of", "field"),
        ("rows that differ", "typically by", "at most by"),
        rows,
        "Differences are shares of the larger value.",
    )


@click.command(epilog=EPILOG, help=__doc__)
@click.option("--world", type=click.Choice(list(WORLDS)), default="police", show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option(
    "--actors",
    type=click.IntRange(min=FEWEST_ACTORS),
    help="How many search. [default: as many as are usual]",
)
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=90, show_default=True)
@click.option("--orders", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--markdown", is_flag=True, help="Print for the documentation.")
def main(  # noqa: PLR0913 - a command has as many parameters as options
    *, world: str, seed: int, actors: int | None, days: int, orders: int, markdown: bool
) -> None:
    """Replay in every order, and print what differs."""
    scenario = build(Recipe(world=world, seed=seed, actors=actors, days=days))
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory, "log.jsonl")
        write(scenario.events(), log)
        lines = log.read_bytes().splitlines(keepends=True)
    times = scenario.rows["time"].astype(np.int64)
    base = run(lines, Settings())
    turns = [(delay, number) for delay in DELAYS for number in range(orders)]
    results = [
        tried(delay, number, lines, times, base)
        for delay, number in track(
            turns,
            "orders",
            console=console(sys.stderr),
            disable=not sys.stderr.isatty(),
            transient=True,
        )
    ]
    for sheet in (orders_sheet(results), changes_sheet(results), fields_sheet(results)):
        show(sheet, console(), markdown=markdown)
    raised = len({alert.alert_id for alert in base.alerts})
    console().print(f"{world}, seed {seed}: {len(lines):,} events, {raised} episodes in order.")


if __name__ == "__main__":
    main()
