"""`probewatch snooze`."""

import asyncio
import os
import secrets
from datetime import timedelta
from pathlib import Path

import click
import msgspec

from detectors.alerts import Alert, PatternCode
from detectors.errors import InputError
from streams.decisions.desk import at_desk
from streams.decisions.reader import now
from streams.decisions.records import Snooze
from streams.decisions.silences import covered
from streams.options import CONFIG
from streams.settings import Settings, find, load
from streams.settings.durations import EXPECTED, parse_duration
from streams.settings.suppressions import PSEUDONYM
from streams.terminal import console, print_table, printable

from .spoken import BY, LAST, SOMEBODY, Matching, Time, reached, to_the_second

EPILOG = """\b
Example:
  probewatch snooze --alert k3rmdq --for 8h --owner anna
  probewatch snooze --pattern bulk_scraping --tenant acme --until 2026-03-31T08:00:00Z --owner soc
  probewatch snooze --list
  probewatch snooze --end 5f0c2a91
"""


class Duration(click.ParamType):
    """A span of time as in settings."""

    name = "duration"

    def convert(
        self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """The span."""
        span = value if isinstance(value, timedelta) else parse_duration(value)
        if span is None or not span:
            self.fail(f"{value!r}: expected {EXPECTED}", param, ctx)
        return span


@click.command(epilog=EPILOG)
@click.option("--alert", "alert_id", metavar="ALERT_ID", help="Of one alert.")
@click.option(
    "--entity",
    type=Matching("pseudonym", PSEUDONYM, "a pseudonym as alerts have it"),
    metavar="PSEUDONYM",
    help="Of alerts about this account, person, pair or group.",
)
@click.option(
    "--pattern",
    type=click.Choice([code.value for code in PatternCode]),
    help="Of alerts of this pattern ...",
)
@click.option("--tenant", metavar="TENANT", help="... and of this tenant alone.")
@click.option("--until", type=Time(), metavar="TIME", help="When people wish to hear again.")
@click.option("--for", "span", type=Duration(), metavar="DURATION", help="Or in how long: 8h, 3d.")
@click.option("--owner", type=SOMEBODY, metavar="WHO", help="Who answers for it.")
@BY
@click.option("--list", "lists", is_flag=True, help="Show the snoozes that have not ended.")
@click.option("--end", metavar="SNOOZE_ID", help="Let one end now.")
@CONFIG
def snooze(
    alert_id: str | None,
    entity: str | None,
    pattern: str | None,
    tenant: str | None,
    until: int | None,
    span: timedelta | None,
    owner: str | None,
    by: str,
    end: str | None,
    config: Path | None,
    *,
    lists: bool,
) -> None:
    """Have nobody woken by some alerts for a while; name what, for how long, and who answers.

    Nothing changes but the delivery: silenced alerts stay in their topics and on the page, and
    are counted. One that turns critical is delivered all the same, unless it, or one like it,
    was critical already. It ends by the clock, not by the log's time.
    """
    settings = load(find(config, os.environ))
    if lists or end:
        given = (alert_id, entity, pattern, tenant, until, span, owner)
        if any(one is not None for one in given) or (lists and end):
            raise click.UsageError("--list and --end stand alone.")
        asyncio.run(_tend(settings, end, by))
        return
    if sum(one is not None for one in (alert_id, entity, pattern)) != 1:
        raise click.UsageError("Name one of --alert, --entity, or --pattern with --tenant.")
    if (pattern is None) != (tenant is None):
        raise click.UsageError("--pattern and --tenant go together.")
    if (until is None) == (span is None):
        raise click.UsageError("Say either --until or --for.")
    if owner is None:
        raise click.UsageError("--owner is missing: who answers for it?")
    written = now()
    ends = until if span is None else written + span // timedelta(milliseconds=1)
    if ends is None or ends <= written:
        raise click.UsageError("--until is over already.")
    if ends >= LAST:
        raise click.UsageError("--for is longer than there are years: expected an end before 9999.")
    draft = Snooze(
        snooze_id=secrets.token_hex(4),
        event_time=0,
        by=by,
        written_at=written,
        owner=owner,
        until=ends,
        alert_id=alert_id,
        entity=entity,
        pattern=None if pattern is None else PatternCode(pattern),
        tenant_id=tenant,
    )
    asyncio.run(_give(settings, draft))


async def _give(settings: Settings, draft: Snooze) -> None:
    async with at_desk(settings, os.environ) as desk:
        found = covered(draft, await desk.alerts(draft.alert_id))
        if draft.alert_id is not None and not found:
            raise InputError(f"{draft.alert_id}: no such alert in the topics of alerts")
        severities = sorted((alert.severity for alert in found), key=lambda one: one.rank)
        given = msgspec.structs.replace(
            draft,
            event_time=reached(desk.ledger.begun),
            severity=severities[-1] if severities else None,
        )
        await desk.publish(given)
    told = told_of(given, found)
    click.echo(f"snooze {given.snooze_id}: {told} until {to_the_second(given.until)} UTC.")


def told_of(given: Snooze, found: list[Alert]) -> str:
    """What a snooze comes to, in words, by the alerts that it matches now."""
    critical = given.severity == "critical"
    rest = "critical ones too" if critical else "unless one is critical"
    matching = f"{len(found)} by now" if found else "none matches now, is it spelt right?"
    return f"{_what(given)}: {matching}; nobody is told, {rest},"


async def _tend(settings: Settings, end: str | None, by: str) -> None:
    """End a snooze, or show all."""
    async with at_desk(settings, os.environ) as desk:
        snoozes = [one for one in desk.ledger.silences.snoozes if one.until > now()]
        if end is None:
            _show(snoozes)
            return
        ending = [one for one in snoozes if one.snooze_id == end]
        if not ending:
            raise InputError(f"{end}: no such snooze, or it has ended")
        moment = now()
        await desk.publish(
            msgspec.structs.replace(ending[0], until=moment, written_at=moment, by=by)
        )
    click.echo(f"snooze {end} has ended.")


def _what(one: Snooze) -> str:
    if one.alert_id is not None:
        return f"alert {printable(one.alert_id)}"
    if one.entity is not None:
        return f"alerts about {one.entity}"
    return f"{one.pattern} of {printable(one.tenant_id or '')}"


def _show(snoozes: list[Snooze]) -> None:
    rows = [
        (
            (
                one.snooze_id,
                _what(one),
                to_the_second(one.until),
                one.owner,
                one.by,
                one.severity or "",
            ),
            False,
        )
        for one in snoozes
    ]
    columns = ("snooze", "of", "until", "owner", "by", "severity then")
    print_table(console(), "Snoozes", columns, (), rows)
