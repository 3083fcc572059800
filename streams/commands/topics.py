"""`probewatch topics`."""

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import click
import orjson
from rich.console import Console

from streams.kafka import admin as administration
from streams.kafka.connection import Admin, connected
from streams.kafka.security import client_options
from streams.kafka.topics import UNLIMITED, Finding
from streams.kafka.topics import topics as topics_of
from streams.options import CONFIG
from streams.settings import Kafka, find, load
from streams.settings.durations import format_duration
from streams.terminal import console, print_table

EPILOG = """\b
Example:
  probewatch topics create
  probewatch topics check --config probewatch.toml
  probewatch topics describe --json | jq '.partitions[].lag'

Exit code 1: a topic is missing or is not as it should be.
"""


@click.group(epilog=EPILOG)
def topics() -> None:
    """Create, check or describe the topics that the service needs."""


@topics.command(epilog="\b\nExample:\n  probewatch topics create")
@CONFIG
def create(config: Path | None) -> None:
    """Create the topics that are missing, and check the others, which stay as they are."""
    kafka = _kafka(config)
    with _admin(kafka) as admin:
        findings = administration.create(admin, topics_of(kafka), kafka.replication_factor)
    _print_findings(findings)


@topics.command(epilog="\b\nExample:\n  probewatch topics check")
@CONFIG
def check(config: Path | None) -> None:
    """Say which topics are missing or not as they should be; nothing is changed."""
    kafka = _kafka(config)
    with _admin(kafka) as admin:
        findings = administration.check(admin, topics_of(kafka))
    _print_findings(findings)


@topics.command(epilog="\b\nExample:\n  probewatch topics describe --json")
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="A JSON object a topic, one a line.")
def describe(config: Path | None, *, as_json: bool) -> None:
    """Show what the topics hold, and how far the service has read them."""
    kafka = _kafka(config)
    with _admin(kafka) as admin:
        described = administration.describe(admin, topics_of(kafka), kafka.application)
    if as_json:
        for each in described:
            click.echo(orjson.dumps(_plain(each)))
    else:
        out = console()
        _print_topics(described, out)
        out.print()
        _print_lag(described, kafka.application, out)
    _exit([each.finding for each in described])


def _kafka(config: Path | None) -> Kafka:
    return load(find(config, os.environ)).kafka


def _admin(kafka: Kafka) -> AbstractContextManager[Admin]:
    return connected(client_options(kafka, os.environ))


def _print_findings(findings: Iterable[Finding]) -> None:
    findings = list(findings)
    rows = [((each.topic, each.state, each.text), not each.fine) for each in findings]
    print_table(console(), "Topics", ("topic", "is", ""), (), rows)
    _exit(findings)


def _exit(findings: Iterable[Finding]) -> None:
    if not all(each.fine for each in findings):
        raise click.exceptions.Exit(1)


def _print_topics(described: Iterable[administration.Description], out: Console) -> None:
    rows = [
        (
            (
                each.topic.name,
                each.finding.state,
                each.config.get("cleanup.policy", ""),
                _kept(each.config.get("retention.ms", "")),
                f"{len(each.partitions)}",
                f"{each.replication}",
                f"{each.records:,}",
            ),
            not each.finding.fine,
        )
        for each in described
    ]
    left = ("topic", "is", "cleanup", "kept")
    print_table(out, "Topics", left, ("partitions", "copies", "records"), rows)


def _print_lag(described: Iterable[administration.Description], group: str, out: Console) -> None:
    rows = [
        (
            (
                each.topic.name,
                f"{partition.partition}",
                f"{partition.committed:,}",
                f"{partition.end:,}",
                f"{partition.lag:,}",
            ),
            False,
        )
        for each in described
        for partition in each.partitions
        if partition.committed is not None
    ]
    if rows:
        numbers = ("partition", "read to", "of", "lag")
        print_table(out, f"Read by {group}", ("topic",), numbers, rows)
    else:
        out.print(f"Nothing was read by {group} yet.")


def _kept(retention_ms: str) -> str:
    if retention_ms in {"", UNLIMITED}:
        return retention_ms and "for ever"
    return format_duration(timedelta(milliseconds=int(retention_ms)))


def _plain(each: administration.Description) -> dict[str, object]:
    """A description as JSON has it."""
    return {
        "topic": each.topic.name,
        "purpose": each.topic.purpose,
        "is": each.finding.state,
        "text": each.finding.text,
        "replication": each.replication,
        "config": dict(each.config),
        "partitions": [
            {
                "partition": partition.partition,
                "begin": partition.begin,
                "end": partition.end,
                "committed": partition.committed,
                "lag": partition.lag,
            }
            for partition in each.partitions
        ],
    }
