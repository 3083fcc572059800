"""What cannot be judged yet at a tenant, why, and until when."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from detectors.alerts import PatternCode
from detectors.base import Pattern
from detectors.census import ON_BASELINES
from detectors.levels import ENOUGH, NEEDS
from detectors.shards.conduct import LEAST_DAYS
from detectors.standing import Standing
from detectors.tenure import OPEN_DAYS

FIELDS: Final = (
    "",
    "gallery_id, candidate_limit or score_threshold",
    "subject_id",
    "case_ref or purpose",
    "a client or a network",
    "a probe with its score or its near-duplicates",
    "case_ref",
)
"""What a search must carry to count in each row of `levels.carried`."""

ROWS: Final = {0: (), 1: (1,), 2: (2,), 3: (2, 3)}
"""Of which rows a level takes the fields: a limit is not asked for where persons are named."""


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """What patterns cannot judge of a tenant, or judge by less.

    Attributes:
        patterns: which.
        judged: whether they judge what there is to judge, by less.
        why: what it is for, in words and numbers.
        until: the first day (UTC) on which it is over at the present rate; None if none is known.
    """

    patterns: tuple[PatternCode, ...]
    judged: bool
    why: str
    until: str | None = None


class WarmUp(msgspec.Struct, frozen=True, kw_only=True):
    """How far a tenant is known.

    Attributes:
        since: the first day of the log on which one of its accounts did anything.
        level: capability level, 0 to 3.
        accounts: that ever searched and are remembered.
        young: of them, those without a clean day that is over.
        clean_days: unsuspected days of its accounts that are remembered, fading.
        own_law: how much its own traffic weighs in what is taken for rare, 0 to 1, by pattern;
            the rest is the law that was fitted on simulated worlds.
        gaps: what cannot be judged yet, or by less.
    """

    tenant: str
    since: str
    level: int
    accounts: int
    young: int
    clean_days: float
    own_law: dict[PatternCode, float]
    gaps: tuple[Gap, ...]


def warm_up(standing: Standing, patterns: Sequence[Pattern]) -> WarmUp:
    """Say of a tenant what cannot be judged yet."""
    gaps = (*_lacking(standing, patterns), *_unripe(standing), *_young(standing))
    return WarmUp(
        tenant=standing.tenant,
        since=day_of(standing.term.since),
        level=standing.level,
        accounts=standing.accounts.searching,
        young=standing.accounts.young,
        clean_days=standing.clean_days,
        own_law=standing.own_law,
        gaps=gaps,
    )


def _lacking(standing: Standing, patterns: Sequence[Pattern]) -> Iterator[Gap]:
    """Fields that lack, and the patterns that cannot see without them."""
    short: dict[tuple[int, ...], list[PatternCode]] = {}
    for pattern in patterns:
        if pattern.code in standing.blind:
            lacking = tuple(r for r in _rows(pattern) if standing.carried[r] <= ENOUGH)
            short.setdefault(lacking, []).append(pattern.code)
    for lacking, codes in sorted(short.items()):
        carried = " and ".join(
            f"{standing.carried[row]:.1%} carry {FIELDS[row]}" for row in lacking
        )
        yield Gap(
            patterns=tuple(codes),
            judged=False,
            why=f"of its searches {carried}, where more than {ENOUGH:.0%} must",
        )


def _rows(pattern: Pattern) -> tuple[int, ...]:
    """What a pattern lives on, without the row of reasons if it lives on one kind of them."""
    rows = ROWS[pattern.level]
    if pattern.code not in NEEDS:
        return rows
    own = NEEDS[pattern.code]
    return (*(row for row in rows if FIELDS[own] not in FIELDS[row]), own)


def _unripe(standing: Standing) -> Iterator[Gap]:
    """Too few clean days of accounts."""
    if standing.clean_days >= LEAST_DAYS:
        return
    own, ripe = standing.accounts.own, standing.ripe_in
    why = f"{standing.clean_days:.0f} of {LEAST_DAYS:.0f} clean days of accounts"
    if own:
        why += f"; {own:,} accounts are judged by days of their own"
    if ripe is None:
        early = standing.clean_days <= 0.0
        why += f"; {'too early to say until when' if early else 'never more at the present rate'}"
    yield Gap(
        patterns=(PatternCode.UNUSUAL_ACTIVITY,),
        judged=False,
        why=why,
        until=None if ripe is None else day_of(standing.today + ripe),
    )


def _young(standing: Standing) -> Iterator[Gap]:
    """Accounts without a past."""
    young, suspected = standing.accounts.young, standing.accounts.suspected
    if not young:
        return
    but = f"; {suspected:,} have had suspect days only" if suspected else ""
    yield Gap(
        patterns=ON_BASELINES,
        judged=True,
        why=f"{young:,} of {standing.accounts.searching:,} accounts have no clean day that is "
        f"over, and are compared with their peers alone{but}",
        until=None if young == suspected else day_of(standing.today + OPEN_DAYS),
    )


def day_of(day: int) -> str:
    """A day since the epoch, as it is written.

    >>> day_of(19_723)
    '2024-01-01'
    """
    return (datetime.fromtimestamp(0, UTC) + timedelta(days=day)).date().isoformat()
