"""A command that has others below it, and the options that these share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from streams.options import IN_FILE, OUT_FILE, READ_FILE, F

CONFIG = click.Path(path_type=Path)


class WithOthers(click.Command):
    """A command that does something by itself, and has others below it, by name.

    A first argument that is one of the names calls that; `./name` is a file.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.others: dict[str, click.Command] = {}

    def add(self, other: click.Command) -> None:
        """Let its name call it."""
        self.others[str(other.name)] = other

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """The context of what is called."""
        other = self.others.get(args[0]) if args else None
        if other is None:
            return super().make_context(info_name, args, parent, **extra)
        return other.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Do what is called."""
        return super().invoke(ctx) if ctx.command is self else ctx.command.invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the options, and the others behind them."""
        super().format_options(ctx, formatter)
        with formatter.section("Commands"):
            formatter.write_dl([(n, c.get_short_help_str(60)) for n, c in self.others.items()])


def events_option(*, required: bool = False) -> Callable[[F], F]:
    """`--events`."""
    return click.option(
        "--events",
        multiple=True,
        type=IN_FILE,
        metavar="FILE",
        required=required,
        help="The log that was judged; give it again for more files. Lets exposure before the "
        "first alert, and actor-days, be counted.",
    )


def verdict_files_option(meaning: str) -> Callable[[F], F]:
    """`--verdicts`, and what they are for."""
    return click.option(
        "--verdicts",
        "verdict_files",
        multiple=True,
        type=READ_FILE,
        metavar="FILE",
        help=f"{meaning}; give it again for more files.",
    )


def json_option(schema: str) -> Callable[[F], F]:
    """`--json`."""
    return click.option(
        "--json",
        "json_path",
        metavar="OUT",
        type=OUT_FILE,
        help=f"Write the figures there too, as {schema}.",
    )


def config_option() -> Callable[[F], F]:
    """`--config`, for the patterns' shares of the budget."""
    return click.option(
        "--config",
        type=CONFIG,
        metavar="FILE",
        help="Settings of the run, for the patterns' shares of the budget; otherwise "
        "$PROBEWATCH_CONFIG, ./probewatch.toml or the defaults.",
    )
