"""What the page on sinks says to write into the settings can be written there."""

import tomllib
from pathlib import Path
from typing import get_args

import pytest

from streams.settings import parse
from streams.settings.sinks import Kind
from streams.sinks.metrics import OutcomeWord
from tests.docs.pages import DOCS, Block, blocks

PAGE = DOCS / "sinks.md"


@pytest.mark.parametrize("block", list(blocks(PAGE, "toml")), ids=lambda block: f"{block.line}")
def test_examples_are_settings(block: Block) -> None:
    """Each is taken as it stands."""
    assert parse(tomllib.loads(block.text), PAGE.name, Path()).sinks


def test_every_type_has_an_example() -> None:
    """And every outcome is explained."""
    examples = "".join(block.text for block in blocks(PAGE, "toml"))
    text = PAGE.read_text()

    assert all(f'type = "{kind}"' in examples for kind in get_args(Kind))
    assert all(f"`{outcome}`" in text for outcome in get_args(OutcomeWord))
