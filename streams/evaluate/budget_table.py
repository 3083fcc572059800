"""The budget's report for people."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console

from detectors.alerts import PatternCode
from streams.promise import rounded, spoken
from streams.terminal import Row, print_table, printable

from .budget import Line, Report
from .warmup import Gap, WarmUp

MOST_TENANTS = 20

_HELD = ("days", "alerts", "real", "promised", "at most", "needed")


def print_budget(report: Report, out: Console) -> None:
    """Print what was held by pattern and by tenant, and what cannot be judged yet."""
    first = report.lines[0]
    out.print(f"{report.first_day} to {report.last_day}: {spoken(first)}.")
    out.print(_wanted(first))
    out.print()
    where = "all tenants" if first.tenant is None else printable(first.tenant)
    of_first = [line for line in report.lines if line.tenant == first.tenant]
    rows = [_row(line.pattern or "all", line) for line in of_first]
    print_table(out, f"Held at {where}, per 10,000 actor-days", ("pattern", ""), _HELD, rows)
    out.print(
        "at most: so many can be false with 95 % confidence, each line by itself, if all but the "
        "real ones are; needed: further actor-days without an alert until that is the promise"
    )
    out.print()
    if first.tenant is not None:
        _print_warm_up(report.warm_up[0], out)
        return
    lines = [line for line in report.lines if line.tenant is not None and line.pattern is None]
    lines.sort(key=lambda line: (-line.actor_days, line.tenant or ""))
    shown = lines[:MOST_TENANTS]
    rows = [_row(printable(line.tenant or ""), line) for line in shown]
    print_table(out, "Held by tenant, all patterns", ("tenant", ""), _HELD, rows)
    out.print()
    known = {warm_up.tenant: warm_up for warm_up in report.warm_up}
    _print_tenants([known[line.tenant] for line in shown if line.tenant is not None], out)
    if len(lines) > len(shown):
        out.print(f"… and {len(lines) - len(shown):,} more, with fewer actor-days.")
    out.print("--tenant says of one what it lacks.")


def _wanted(line: Line) -> str:
    """What it would take to be sure."""
    if line.state == "above":
        return (
            "That is surely more than was promised: some of the alerts are real, or the promise "
            "is not kept here. Verdicts tell."
        )
    if line.state == "kept":
        return "So the promise was kept here, with 95 % confidence."
    span = "" if line.days is None else f", {line.days:,} days at the present rate,"
    return (
        f"It takes {line.needed:,} more actor-days without another alert{span} to say with 95 % "
        "confidence that the promise is kept."
    )


def _row(name: str, line: Line) -> Row:
    cells = (
        name,
        line.state if line.actor_days else "-",
        f"{line.actor_days:,}",
        f"{line.alerts:,}",
        f"{line.real:,}",
        rounded(line.promised),
        "-" if line.most is None else rounded(line.most),
        f"{line.needed:,}",
    )
    return cells, line.state == "above"


def _print_tenants(tenants: Sequence[WarmUp], out: Console) -> None:
    columns = ("since", "level", "own law", "accounts", "no past", "clean days", "ripe")
    rows = [(_known(tenant), False) for tenant in tenants]
    print_table(out, "Known of tenants", ("tenant",), columns, rows)
    out.print(
        "own law: weight of its own traffic in what is rare, the rest is the shipped law's; no "
        "past: accounts compared with their peers alone; ripe: when unusual_activity judges it"
    )


def _known(tenant: WarmUp) -> tuple[str, ...]:
    ripe = [gap for gap in tenant.gaps if PatternCode.UNUSUAL_ACTIVITY in gap.patterns]
    return (
        printable(tenant.tenant),
        tenant.since,
        f"L{tenant.level}",
        _own(tenant),
        f"{tenant.accounts:,}",
        f"{tenant.young:,}",
        f"{tenant.clean_days:,.0f}",
        (ripe[0].until or "-") if ripe else "yes",
    )


def _own(tenant: WarmUp) -> str:
    """What its own traffic weighs, over the patterns."""
    least, most = min(tenant.own_law.values()), max(tenant.own_law.values())
    return f"{least:.0%}" if f"{least:.0%}" == f"{most:.0%}" else f"{least:.0%}-{most:.0%}"


def _print_warm_up(tenant: WarmUp, out: Console) -> None:
    out.print(
        f"Judged since {tenant.since}, capability level {tenant.level}. In what is rare its own "
        f"traffic weighs {_own(tenant)}, by pattern; the shipped law the rest."
    )
    for line in _gaps(tenant.gaps):
        out.print(line)


def _gaps(gaps: Iterable[Gap]) -> Iterator[str]:
    none = True
    for gap in gaps:
        none = False
        how = "Judged by less" if gap.judged else "Not judged"
        until = f"; until {gap.until}" if gap.until else ""
        yield f"{how} by {', '.join(gap.patterns)}: {gap.why}{until}."
    if none:
        yield "All patterns judge it in full."
