"""Kinds of option value that several commands take, checked before any work is done."""

import os
from pathlib import Path
from typing import Any

import click

IN_FILE = click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True)
"""A file that can be read, or `-`."""


class OutFile(click.Path):
    """A file that can be written: better told at once than after an hour's work."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, writable=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path, if its directory exists."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not path.parent.is_dir():
            self.fail(f"Directory '{path.parent}' does not exist.", param, ctx)
        return path


OUT_FILE = OutFile()
