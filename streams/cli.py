"""The console script: which commands there are, and how what goes wrong is told."""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import NamedTuple, NoReturn

import click

from detectors.errors import ConfigError, ProbewatchError

PROGRAM = "probewatch"
FAILED = 1
MISUSED = 2
INTERRUPTED = 130
"""128 + SIGINT, as shells have it."""


class Lazy(NamedTuple):
    """A command that is imported when it is called, and what the list of commands says of it."""

    module: str
    attribute: str
    summary: str


COMMANDS = {
    "demo": Lazy(
        "streams.commands.demo", "demo", "Show what it finds in simulated police searches."
    ),
    "run": Lazy("streams.commands.run", "run", "Judge the queries that come in through Kafka."),
    "deliver": Lazy(
        "streams.commands.deliver", "deliver", "Deliver alerts to sinks, and nothing else."
    ),
    "replay": Lazy("streams.commands.replay", "replay", "Judge the queries in files."),
    "explain": Lazy(
        "streams.commands.explain", "explain", "Say why an alert was raised, or an event not."
    ),
    "simulate": Lazy(
        "streams.simulate.command", "simulate", "Make synthetic queries with labelled misuse."
    ),
    "evaluate": Lazy(
        "streams.commands.evaluate", "evaluate", "Compare alerts with labels, or two runs."
    ),
    "verdict": Lazy("streams.commands.verdict", "verdict", "Say what an alert turned out to be."),
    "snooze": Lazy(
        "streams.commands.snooze", "snooze", "Have nobody woken by some alerts for a while."
    ),
    "reload": Lazy(
        "streams.commands.reload", "reload", "Change how all workers judge, without a restart."
    ),
    "decisions": Lazy(
        "streams.commands.decisions", "decisions", "Show or export what people have decided."
    ),
    "topics": Lazy(
        "streams.commands.topics", "topics", "Create, check, describe the topics in Kafka."
    ),
    "audit": Lazy("streams.commands.audit", "audit", "Check the trail of alerts and decisions."),
    "check-config": Lazy(
        "streams.commands.check_config", "check_config", "Say what is wrong with a configuration."
    ),
}

EPILOG = """\b
Example:
  probewatch demo
  probewatch replay queries.jsonl.gz --alerts alerts.jsonl
"""


class LazyGroup(click.Group):
    """A group whose commands are imported one at a time: `--help` imports none."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The commands in the order in which one meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command."""
        lazy = COMMANDS.get(cmd_name)
        if lazy is None:
            return None
        command: click.Command = getattr(importlib.import_module(lazy.module), lazy.attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List them without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, lazy.summary) for name, lazy in COMMANDS.items()])


@click.group(
    PROGRAM, cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name=PROGRAM, message="%(prog)s %(version)s")
def probewatch() -> None:
    """Find misuse of a face-search API in its query log: scraping, stalking, probing and more."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 done, 1 the work failed, 2 wrong usage or configuration."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; what goes wrong on purpose is one line on standard error."""
    try:
        status = probewatch.main(arguments, prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return MISUSED
    except click.Abort:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone, and nobody is there to be told; without this,
        # the interpreter would complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (click.ClickException, ProbewatchError, OSError) as error:
        click.echo(f"{PROGRAM}: {' '.join(_message(error).split())}", err=True)
        return MISUSED if isinstance(error, (click.UsageError, ConfigError)) else FAILED
    return status if isinstance(status, int) else 0


def _message(error: click.ClickException | ProbewatchError | OSError) -> str:
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else PROGRAM
        return f"{error.format_message()} See {command} --help."
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, OSError):
        return f"{error.filename or 'input or output'}: {error.strerror or error}"
    return str(error)
