"""Alerts that belong together: those of one campaign id, and those whose people are the same.

An alert's `campaign_id` says what it is about: one account, one person, or one group of accounts.
That is known when it is raised, and never changes. Which of these are one campaign is seen only
when all alerts are there, so it is seen here, where they are shown:

- an alert on a person, and those on pairs of that person with one of the accounts that it names;
- an alert on a group of accounts, and those on scraping by one of the accounts that it names;
- two alerts on groups, if the smaller one's accounts are mostly the other's too.

Joined are campaigns, so that an account of a ring brings along its other alerts. That is a function
of the set of alerts, in whatever order they came. It does not join two persons whom different
accounts look for, an account's replacement with the account, nor what a crowd's members do
besides.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Final

from detectors.alerts import Alert, PatternCode

_MOSTLY: Final = 0.5


def campaigns(alerts: Sequence[Alert]) -> list[list[Alert]]:
    """The alerts by campaign; campaigns, and alerts in each, in the order in which they came."""
    parent = {_anchor(alert): _anchor(alert) for alert in alerts}

    def root(anchor: str) -> str:
        while parent[anchor] != anchor:
            anchor = parent[anchor]
        return anchor

    for one, other in _linked(alerts):
        # The smaller id stands for both, so that the order does not matter.
        first, second = sorted((root(one), root(other)))
        parent[second] = first
    found: dict[str, list[Alert]] = {}
    for alert in alerts:
        found.setdefault(root(_anchor(alert)), []).append(alert)
    return list(found.values())


def _anchor(alert: Alert) -> str:
    return alert.campaign_id or alert.alert_id


def _linked(alerts: Iterable[Alert]) -> Iterator[tuple[str, str]]:
    """Anchors of alerts that belong together."""
    by_kind: defaultdict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        by_kind[alert.entity.type].append(alert)
    linked = (
        *_on_a_person(by_kind["subject"], by_kind["pair"]),
        *_of_a_group(by_kind["cohort"], by_kind["actor"]),
        *_of_groups(by_kind["cohort"]),
    )
    for one, other in linked:
        yield _anchor(one), _anchor(other)


def _on_a_person(persons: Iterable[Alert], pairs: Iterable[Alert]) -> Iterator[tuple[Alert, Alert]]:
    known: defaultdict[tuple[str, str], list[Alert]] = defaultdict(list)
    for pair in pairs:
        for subject in pair.subjects:
            known[pair.actors[0], subject].append(pair)
    for alert in persons:
        for actor in alert.actors:
            yield from ((alert, pair) for pair in known.get((actor, alert.entity.id), ()))


def _of_a_group(
    groups: Iterable[Alert], accounts: Iterable[Alert]
) -> Iterator[tuple[Alert, Alert]]:
    scrapers: defaultdict[tuple[str | None, str], list[Alert]] = defaultdict(list)
    for alert in accounts:
        if alert.pattern is PatternCode.BULK_SCRAPING:
            scrapers[alert.tenant_id, alert.entity.id].append(alert)
    for alert in groups:
        for actor in alert.actors:
            yield from ((alert, other) for other in scrapers.get((alert.tenant_id, actor), ()))


def _of_groups(groups: Iterable[Alert]) -> Iterator[tuple[Alert, Alert]]:
    for one, other in combinations(groups, 2):
        if one.tenant_id == other.tenant_id and _same_accounts(one, other):
            yield one, other


def _same_accounts(one: Alert, other: Alert) -> bool:
    """Whether the smaller group is mostly part of the larger."""
    smaller, larger = sorted((set(one.actors), set(other.actors)), key=len)
    return bool(smaller) and len(smaller & larger) > _MOSTLY * len(smaller)
