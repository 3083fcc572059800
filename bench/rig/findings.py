"""The figures of many runs as tables."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from streams.evaluate import Evaluation, Figures, figures
from streams.evaluate.figures import FALSE_ALERT_RULE, PER, Detection, Spread
from streams.evaluate.outcome import FalseAlert
from streams.intervals import garwood, wilson

from .promptness import DEADLINES, Delay
from .tables import Sheet

NO_GROUP = "(nobody's look-alike)"


def sheets(
    pooled: Evaluation,
    by_world: Mapping[str, Evaluation],
    delays: Sequence[Delay],
    group_days: Mapping[str, int],
) -> Iterator[Sheet]:
    """All tables.

    Args:
        pooled: all runs together.
        by_world: the runs of each world together.
        delays: of all campaigns of all runs.
        group_days: actor-days by look-alike group, over all runs.
    """
    parts = {world: figures(judged) for world, judged in by_world.items()}
    together = figures(pooled)
    yield _found(together)
    yield _found_by_world(parts)
    yield _kept(delays)
    yield _false_alerts({"all": together, **parts})
    yield _look_alikes(pooled.false_alerts, group_days)


def _found(pooled: Figures) -> Sheet:
    rows = [
        [
            *(row.pattern, row.difficulty or "all"),
            *_share(row.found, row.campaigns),
            *map(_spread, (row.searches, row.active_days, row.identities)),
            _spread(row.share_exposed, "{:.0%}"),
        ]
        for row in pooled.detection
    ]
    return Sheet(
        "Campaigns found, and what went before the alert (median / 95th percentile)",
        ("pattern", "difficulty"),
        ("found", "rate", "95 %", "searches", "active days", "people", "exposed"),
        rows,
        "searches, active days, people: of campaigns found, up to the alert and with it; "
        "exposed: share of all people that the campaign exposed, 100% if it was missed.",
    )


def _found_by_world(by_world: Mapping[str, Figures]) -> Sheet:
    rows = [
        [row.pattern, row.difficulty or "all", world, *_share(row.found, row.campaigns)]
        for row, world in _ordered(by_world)
    ]
    columns = ("pattern", "difficulty", "world")
    return Sheet("Campaigns found by world", columns, ("found", "rate", "95 %"), rows)


def _ordered(by_world: Mapping[str, Figures]) -> Iterator[tuple[Detection, str]]:
    rows = [(row, world) for world, part in by_world.items() for row in part.detection]
    for kind in dict.fromkeys((row.pattern, row.difficulty) for row, _ in rows):
        yield from ((row, world) for row, world in rows if (row.pattern, row.difficulty) == kind)


def _kept(delays: Sequence[Delay]) -> Sheet:
    rows = []
    for deadline in DEADLINES:
        same = [d for d in delays if d.pattern is deadline.pattern]
        for names in (*((name,) for name in deadline.difficulties), deadline.difficulties):
            due = [delay for delay in same if delay.difficulty in names]
            if due:
                kept = sum(map(deadline.kept, due))
                which = ", ".join(names)
                rows.append([deadline.pattern, which, deadline.text, *_share(kept, len(due))])
    columns = ("pattern", "difficulty", "within")
    return Sheet("Campaigns found in time", columns, ("found", "rate", "95 %"), rows)


def _false_alerts(parts: Mapping[str, Figures]) -> Sheet:
    rows = [
        [
            *(world, row.pattern or "all", str(row.count)),
            *(f"{part.actor_days or 0:,.0f}", *_rate(row.count, part.actor_days)),
        ]
        for world, part in parts.items()
        for row in part.false_alerts
    ]
    columns = ("false alerts", "clean actor-days", f"per {PER:,}", "95 %")
    return Sheet("False alerts", ("world", "pattern"), columns, rows, FALSE_ALERT_RULE)


def _look_alikes(wrong: Sequence[FalseAlert], days: Mapping[str, int]) -> Sheet:
    counts = Counter(name for alert in wrong for name in alert.groups or (NO_GROUP,))
    rows = [
        [
            *(name, str(counts[name]), f"{days[name]:,}" if name in days else "n/a"),
            *_rate(counts[name], days.get(name)),
        ]
        for name in sorted(days.keys() | counts, key=lambda name: (-counts[name], name))
    ]
    return Sheet(
        "False alerts by look-alike",
        ("group",),
        ("false alerts", "its actor-days", f"per {PER:,}", "95 %"),
        rows,
        "An alert on somebody outside every group counts for the groups of the people searched.",
    )


def total(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Sums by name."""
    summed: Counter[str] = Counter()
    for count in counts:
        summed.update(count)
    return dict(summed)


def _share(hits: int, trials: int) -> list[str]:
    interval = wilson(hits, trials)
    ends = f"{interval.low:.0%} – {interval.high:.0%}"
    return [f"{hits}/{trials}", f"{hits / trials:.0%}", ends]


def _rate(count: int, days: float | None) -> list[str]:
    if not days:
        return ["n/a", "n/a"]
    low, high = (PER / days * end for end in garwood(count))
    return [f"{PER / days * count:.2f}", f"{low:.2f} – {high:.2f}"]


def _spread(spread: Spread | None, form: str = "{:,.0f}") -> str:
    if spread is None:
        return "n/a"
    return f"{form.format(spread.median)} / {form.format(spread.p95)}"
