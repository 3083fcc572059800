"""`python -m tests.chaos`: break everything around the service, and count its events."""

import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle, groupby
from random import Random

import click

from tests.kafka.cluster import KafkaCluster

from .faults import KINDS, SABOTAGE, plan
from .rounds import Orders, Result, run
from .story import WORLDS
from .table import print_results

_FAULTS_A_ROUND = 15
_SECONDS_A_FAULT = 20.0
"""About as long as one takes, with what comes before and after."""
_SHAPES = ((1, 1), (8, 1), (1, 1), (8, 1), (8, 3))
"""Partitions and brokers of the rounds, where nothing else is asked for."""


@click.command()
@click.option("--faults", type=click.IntRange(min=0), default=75, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=None, help="Otherwise by chance.")
@click.option("--partitions", type=click.IntRange(1, 32), help="Otherwise 1 and 8 in turn.")
@click.option("--brokers", type=click.Choice(["1", "3"]), help="Otherwise 1, in the end 3.")
@click.option(
    "--events", type=click.IntRange(min=1), default=1_000_000, show_default=True, help="In all."
)
@click.option("--only", metavar="KIND", help="Only faults whose name has this in it.")
@click.option("--sabotage", is_flag=True, help="Lose a block in each round: exit code 1, or else.")
def main(  # noqa: PLR0913 - a command has as many parameters as options
    *,
    faults: int,
    seed: int | None,
    partitions: int | None,
    brokers: str | None,
    events: int,
    only: str | None,
    sabotage: bool,
) -> None:
    """Feed the service on Apache Kafka, break what can break, and compare with `replay`.

    Exit code 1: an event was lost or counted twice, an alert is missing or another one.
    """
    if only is not None and not any(only in kind for kind in KINDS):
        raise click.UsageError(f"--only: expected a part of one of: {', '.join(KINDS)}")
    for name in ("aiokafka", "kafka"):
        # The feeder's brokers go away all the time.
        logging.getLogger(name).setLevel(logging.CRITICAL)
    seed = Random().randrange(1 << 31) if seed is None else seed  # noqa: S311
    click.echo(f"seed {seed}")
    kinds = plan(faults, Random(seed), only)  # noqa: S311
    shapes = [(partitions or p, int(brokers or b)) for p, b in _SHAPES]
    results: list[Result] = []
    rounds = _rounds(kinds, seed, events, shapes, [SABOTAGE] * sabotage)
    for count, same in groupby(rounds, lambda each: each.brokers):
        with KafkaCluster(count) as kafka:
            for orders in same:
                results.append(_tell(len(results) + 1, orders, kafka))
    print_results(results)
    sys.exit(any(result.wrong for result in results))


def _rounds(
    kinds: Sequence[str],
    seed: int,
    events: int,
    shapes: Iterable[tuple[int, int]],
    last: Sequence[str],
) -> Iterator[Orders]:
    """The faults spread over rounds; each ends with the `last`."""
    parts = [kinds[at : at + _FAULTS_A_ROUND] for at in range(0, len(kinds), _FAULTS_A_ROUND)]
    parts = parts or [[]]
    each = events // len(parts)
    for number, (part, world, (partitions, brokers)) in enumerate(
        zip(parts, cycle(WORLDS), cycle(shapes), strict=False)
    ):
        faults = [*part, *last]
        yield Orders(
            seed=seed + number,
            world=world,
            events=each,
            partitions=partitions,
            brokers=brokers,
            faults=faults,
            rate=each / (_SECONDS_A_FAULT * max(1, len(faults))),
        )


def _tell(number: int, orders: Orders, kafka: KafkaCluster) -> Result:
    """Run a round and say so."""
    click.echo(
        f"round {number}: seed {orders.seed}, {orders.world}, {orders.events} events, "
        f"{orders.partitions} partitions, {orders.brokers} brokers"
    )
    result = run(orders, kafka, click.echo)
    for sentence in result.wrong:
        click.echo(f"WRONG: {sentence}")
    return result


if __name__ == "__main__":
    main()
