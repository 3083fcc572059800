"""What the pages say of the code is what the code says of itself."""

import re
from collections.abc import Iterable
from math import log
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec
import pytest

from detectors.alerts import Alert
from detectors.kernels.actors import SKETCH_DAYS
from detectors.kernels.carry import SHIFT, SLEEPLESS_HOURS
from detectors.kernels.cohorts import DAILY_MEMORY
from detectors.kernels.days import MEMORY_DAYS
from detectors.kernels.pairs import ONE_DAY_PAIRS, PAIR_DAYS
from detectors.kernels.sketch import LIST_LENGTH, REGISTERS
from detectors.lessons import MOST_OF_ONE, PRIOR
from detectors.shards.actors import ACTOR_DAYS
from detectors.shards.subjects import IDLE_DAYS
from detectors.verdicts import MOST_KEPT, Ruling, Verdict
from streams.cli import COMMANDS
from streams.ingest.clock import FOLLOWERS
from streams.ingest.rejects import Reason
from streams.ingest.schema import FIELDS, FORBIDDEN
from streams.simulate import WORLDS, Recipe, build
from streams.simulate.levels import LEVEL_OF_FIELD
from streams.summary import Summary
from tests.docs.generate import PARTS, up_to_date
from tests.docs.pages import DOCS, ROOT, blocks, name, pages, table

EVENTS = DOCS / "events.md"
DETECTION = DOCS / "detection.md"
QUICKSTART = DOCS / "quickstart.md"
SIMULATE = DOCS / "simulate.md"

TIMES = {"event_time", "actor_created_at"}
CITED = {
    f"remembers about {MEMORY_DAYS:.0f} days": DETECTION,
    f"lasting shift by {SHIFT:g} spreads": DETECTION,
    f"in {SLEEPLESS_HOURS} or more of the last 24 hours": DETECTION,
    f"{ONE_DAY_PAIRS} days, other pairs after {PAIR_DAYS}": DETECTION,
    f"networks after {IDLE_DAYS}, accounts after {ACTOR_DAYS}": DETECTION,
    f"up to {LIST_LENGTH} and by HyperLogLog with {REGISTERS} registers": DETECTION,
    f"periods of {SKETCH_DAYS} days": DETECTION,
    f"half-life of {log(0.5) / log(DAILY_MEMORY):.0f} days": DETECTION,
    f"the next {FOLLOWERS} vote": EVENTS,
    f"seen on {PRIOR:.0f} further alerts": DETECTION,
    f"count in full up to {MOST_OF_ONE},": DETECTION,
    f"The last {MOST_KEPT:,} are remembered": DETECTION,
}
"""Phrases with a constant of the code in them, and the page that has them."""


def plain(page: Path) -> str:
    """A page's text without line breaks."""
    return " ".join(page.read_text().split())


def names_in(cells: Iterable[str]) -> list[str]:
    """What stands in backticks in some cells."""
    return [word for cell in cells for word in re.findall(r"`([^`]+)`", cell)]


def written(kind: Any) -> str:
    """A field's type and limits as the table of events writes them."""
    limits = [meta for meta in get_args(kind) if isinstance(meta, msgspec.Meta)]
    if get_origin(kind) is Literal:
        return " ".join(f"`{word}`" for word in get_args(kind))
    if limits:
        bare, (meta,) = get_args(kind)[0], limits
        if bare is str:
            return (
                f"text, {meta.min_length}–{meta.max_length}"
                if meta.min_length
                else (f"text, ≤ {meta.max_length}")
            )
        if get_origin(bare) is list:
            return f"texts, ≤ {meta.max_length} of {written(get_args(bare)[0])[6:]}"
        word = "integer" if bare is int else "number"
        whole = meta.le is None or meta.le == 2**31 - 1
        return f"{word}, ≥ {meta.ge}" if whole else f"{word}, {meta.ge}–{meta.le}"
    if kind is bool:
        return "true or false"
    (rest,) = [part for part in get_args(kind) if part is not type(None)]
    return written(rest)


@pytest.mark.parametrize("page", pages(), ids=name)
def test_generated_parts_are_up_to_date(page: Path) -> None:
    """`python -m tests.docs.generate` would change nothing."""
    assert up_to_date(page.read_text()) == page.read_text()


def test_all_parts_are_on_a_page() -> None:
    """The default configuration, and of each pattern its description and its settings."""
    text = "".join(page.read_text() for page in pages())

    assert all(text.count(f"<!-- generated:{part} -->") == 1 for part in PARTS)


def test_events_are_described_field_by_field() -> None:
    """The table has every field of the schema, in its order, with its type, limits and level."""
    rows = [[cells[0].strip("`"), *cells[1:3]] for cells in table(EVENTS, "Fields")]

    assert rows == [
        [
            field,
            "time" if field in TIMES else written(FIELDS[field].type),
            "" if FIELDS[field].required else LEVEL_OF_FIELD[field].name,
        ]
        for field in FIELDS
    ]


def test_rejects_are_described() -> None:
    """Every reason, and every forbidden field."""
    text = plain(EVENTS)

    assert [row[0].strip("`") for row in table(EVENTS, "What rejects a record")] == list(
        get_args(Reason)
    )
    assert all(f"`{field}`" in text for field in FORBIDDEN)


def test_verdicts_are_described() -> None:
    """Every field of the record, and every word for what an alert turned out to be."""
    rows = {row[0].strip("`"): row for row in table(EVENTS, "Verdicts")}

    assert [*rows] == list(Verdict.__struct_fields__)
    assert names_in([rows["verdict"][1]]) == list(Ruling)
    for field in msgspec.structs.fields(Verdict):
        assert rows[field.name][2].startswith("required: ") == field.required


def test_the_alert_shown_is_one() -> None:
    """It has all fields of an alert and no other, and each is explained."""
    (block,) = blocks(QUICKSTART, "json")
    alert = msgspec.json.decode(block.text, type=Alert)
    heads = [row[0] for row in table(QUICKSTART, "An alert, field by field")]

    assert msgspec.to_builtins(alert).keys() == msgspec.json.decode(block.text).keys()
    assert sorted(names_in(heads)) == sorted(Alert.__struct_fields__)


def test_the_summary_is_explained() -> None:
    """Every field has a line, save the name of the format."""
    heads = [row[0] for row in table(QUICKSTART, "The summary")]

    assert {*names_in(heads), "schema"} == set(Summary.__struct_fields__)


def test_commands_that_are_named_exist() -> None:
    """After `probewatch` comes a command that there is, on every page; and each has its place."""
    text = "".join(page.read_text() for page in pages())
    named = set(re.findall(r"(?:`|\$ |\| )probewatch ([a-z][a-z-]*)", text))

    assert named == set(COMMANDS)


@pytest.mark.parametrize("phrase", CITED)
def test_constants_are_cited_as_they_are(phrase: str) -> None:
    """A number in prose is the number in the code."""
    assert phrase in plain(CITED[phrase])


@pytest.mark.parametrize("world", WORLDS)
def test_look_alikes_are_explained(world: str) -> None:
    """Every group that a world's labels name stands in the table, with that world."""
    scenario = build(Recipe(world=world, seed=1, actors=120, days=14))
    groups = {label["name"] for label in scenario.labels() if label["type"] == "group"}
    known = {row[0].strip("`") for row in table(SIMULATE, "Look-alikes") if world in row[1]}

    assert groups
    assert groups <= known


def test_every_world_is_described() -> None:
    """With how many actors it has unless told otherwise."""
    rows = {row[0].strip("`"): row[2] for row in table(SIMULATE, "Worlds")}

    assert {world: f"{kind.actors:,}" for world, kind in WORLDS.items()} == {
        world: size.split()[0] for world, size in rows.items()
    }


def test_nothing_is_promised_that_does_not_run() -> None:
    """A script of bench/ or a page's path in prose exists."""
    text = "".join(page.read_text() for page in pages())
    paths = set(re.findall(r"\b((?:bench|detectors|streams|tests)/[\w/]+\.(?:py|toml))\b", text))

    assert paths
    assert all((ROOT / path).exists() for path in paths)
