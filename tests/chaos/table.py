"""The result of a run, as Markdown: fit for a terminal and for a page of the docs."""

from collections.abc import Sequence
from itertools import chain
from statistics import median

import click

from .rounds import Injected, Result


def print_results(results: Sequence[Result]) -> None:
    """Print what was done and what came of it."""
    click.echo()
    _print(
        ("Fault", "times", "recovered", "ready again, s", "caught up, s"),
        [_fault_row(kind, those) for kind, those in _by_kind(results).items()],
    )
    click.echo()
    _print(
        (
            *("Round", "seed", "partitions", "brokers", "faults", "events", "searches"),
            *("duplicates", "actors", "pairs", "subjects", "networks"),
            *("alerts", "revisions", "sent again", "different", "units equal", "verdict"),
        ),
        [_round_row(number, result) for number, result in enumerate(results, 1)],
    )
    click.echo()
    for sentence in chain.from_iterable(_remarks(n, each) for n, each in enumerate(results, 1)):
        click.echo(f"- {sentence}")


def _by_kind(results: Sequence[Result]) -> dict[str, list[Injected]]:
    kinds: dict[str, list[Injected]] = {}
    for injected in chain.from_iterable(result.injected for result in results):
        kinds.setdefault(injected.kind, []).append(injected)
    return dict(sorted(kinds.items()))


def _fault_row(kind: str, those: Sequence[Injected]) -> tuple[str, ...]:
    done = [each for each in those if not each.unreached]
    ready = [each.ready for each in done if each.ready is not None]
    caught_up = [each.caught_up for each in done if each.caught_up is not None]
    recovered = sum(not each.wrong for each in done)
    return kind, f"{len(done)}", f"{recovered}", _spread(ready), _spread(caught_up)


def _spread(seconds: Sequence[float]) -> str:
    """Median and most."""
    return f"{median(seconds):.0f} (most {max(seconds):.0f})" if seconds else "-"


def _round_row(number: int, result: Result) -> tuple[str, ...]:
    orders, verdict = result.orders, result.verdict
    assert verdict is not None
    return (
        f"{number}",
        f"{orders.seed}",
        f"{orders.partitions}",
        f"{orders.brokers}",
        f"{sum(not each.unreached for each in result.injected)}",
        f"{result.sent:,}",
        f"{verdict.searches:,}",
        f"{verdict.duplicates:,}",
        *(f"{count:,}" for count in verdict.entities.values()),
        f"{verdict.alerts:,}",
        f"{verdict.revisions:,}",
        f"{verdict.repeated:,}",
        f"{verdict.differing:,}",
        "{} of {}".format(*verdict.same_units),
        "WRONG" if result.wrong else "exact",
    )


def _remarks(number: int, result: Result) -> list[str]:
    remarks = [f"round {number}: {sentence}" for sentence in result.wrong]
    remarks += [
        f"round {number}: not reached: {each.unreached}"
        for each in result.injected
        if each.unreached
    ]
    remarks += [
        f"round {number}: worker {end.worker} ended by itself with status {end.status}: {end.said}"
        for end in result.ends
    ]
    if result.fenced:
        remarks.append(f"round {number}: {result.fenced} partitions of sleepers had new owners")
    return remarks


def _print(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for line in (head, ["-" * width for width in widths], *rows):
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo(f"| {' | '.join(cells)} |")
