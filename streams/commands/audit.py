"""`probewatch audit`."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import click
import orjson

from detectors.errors import InputError
from streams.audit.chain import Broken, Head, Whole, verify
from streams.audit.file import lines
from streams.kafka.reading import records
from streams.kafka.security import client_options
from streams.kafka.topics import topics
from streams.options import CONFIG, OUT_FILE, READ_FILE
from streams.settings import Settings, find, load

EPILOG = """\b
Example:
  probewatch audit verify
  probewatch audit verify --file trail.jsonl --expect 41:9f2c…
  probewatch audit export --out trail.jsonl

Exit code 1: the trail is broken or empty, or cannot be read.
"""


class NotedHead(click.ParamType):
    """A head as `verify` prints it: number and hash, with a colon between."""

    name = "SEQ:HASH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Head:
        """The head."""
        if isinstance(value, Head):
            return value
        seq, _, noted = str(value).partition(":")
        if not seq.isdecimal() or len(noted) != len(Head().hash):
            self.fail(f"{value!r} is no number and hash with a colon between.", param, ctx)
        return Head(int(seq), noted.lower())


@click.group(epilog=EPILOG)
def audit() -> None:
    """Check, or copy, the trail of alerts and decisions."""


@audit.command("verify", epilog="\b\nExample:\n  probewatch audit verify --file trail.jsonl")
@click.option(
    "--file",
    "path",
    type=READ_FILE,
    metavar="FILE",
    help="Check a copy in a file; otherwise the topic.",
)
@click.option(
    "--expect",
    "expected",
    multiple=True,
    type=NotedHead(),
    metavar="SEQ:HASH",
    help="A head that was noted before; give it again for more. Without one, nobody can tell that "
    "all of the trail was written anew, or that its end is missing.",
)
@click.option(
    "--shortened", is_flag=True, help="The oldest records were deleted; begin with what is there."
)
@click.option("--may-be-empty", is_flag=True, help="A trail without any record is fine too.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@CONFIG
def check(
    path: Path | None,
    expected: tuple[Head, ...],
    config: Path | None,
    *,
    shortened: bool,
    may_be_empty: bool,
    as_json: bool,
) -> None:
    """Check that each record follows the one before it, and none was changed.

    A trail without any record fails, since one that was wiped looks the same.
    """
    kept = lines(path) if path else _topic(_settings(config))
    where = str(path) if path else topics(_settings(config).kafka).audit.name
    result = verify(kept, expected, shortened=shortened)
    if as_json:
        click.echo(orjson.dumps(_plain(result)).decode())
    elif isinstance(result, Whole) and (result.head.seq >= 0 or may_be_empty):
        click.echo(_told(where, result))
    if isinstance(result, Broken):
        if as_json:
            raise click.exceptions.Exit(1)
        raise InputError(f"{where}: record {result.seq} {result.what}")
    if result.head.seq < 0 and not may_be_empty:
        raise InputError(f"{where}: is empty; where that is as it should be, give --may-be-empty")


@audit.command("export", epilog="\b\nExample:\n  probewatch audit export --out trail.jsonl")
@click.option("--out", type=OUT_FILE, metavar="FILE", help="Where to; otherwise standard output.")
@CONFIG
def export(out: Path | None, config: Path | None) -> None:
    """Copy the trail from its topic, a record a line; `verify --file` checks the copy."""
    settings = _settings(config)
    if out is None:
        _copy(settings, click.get_binary_stream("stdout"))
        return
    with out.open("wb") as file:
        _copy(settings, file)


def _copy(settings: Settings, file: BinaryIO) -> None:
    file.writelines(line + b"\n" for line in _topic(settings))


def _topic(settings: Settings) -> Iterator[bytes]:
    """The records in the topic."""
    options = client_options(settings.kafka, os.environ).for_aiokafka()
    return iter(asyncio.run(_all(records(options, topics(settings.kafka).audit.name))))


async def _all(found: AsyncIterator[Any]) -> list[bytes]:
    return [record.value or b"" async for record in found]


def _settings(config: Path | None) -> Settings:
    return load(find(config, os.environ))


def _told(where: str, whole: Whole) -> str:
    if whole.head.seq < 0:
        return f"{where}: is empty"
    count = whole.head.seq - whole.first + 1
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in sorted(whole.kinds.items()))
    again = f"; {whole.repeated:,} alert revisions were published again" if whole.repeated else ""
    since = f" since record {whole.first}" if whole.first else ""
    head = f"{whole.head.seq}:{whole.head.hash}"
    return f"{where}: whole, {count:,} records{since} ({kinds}){again}\nhead {head}"


def _plain(result: Whole | Broken) -> dict[str, object]:
    if isinstance(result, Broken):
        return {"whole": False, "record": result.seq, "what": result.what}
    return {
        "whole": True,
        "first": result.first,
        "head": {"seq": result.head.seq, "hash": result.head.hash},
        "kinds": dict(result.kinds),
        "repeated": result.repeated,
    }
