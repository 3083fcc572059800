"""A log as days of accounts, and what a security engineer would count of them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import log1p
from typing import NamedTuple

import msgspec

from streams.evaluate.records import Instant, moment

from .suspicions import Suspicion

SPAN = 30
"""Days that a rule looks back over, as query languages of log stores do by default."""


class Query(msgspec.Struct, frozen=True):
    """What other methods are given of a search."""

    event_time: Instant
    tenant_id: str
    actor_id: str
    operation: str
    actor_role: str = ""
    subject_id: str = ""
    probe_id: str = ""
    source_ip: str = ""
    device_id: str = ""
    case_ref: str = ""
    candidate_count: int = 0
    candidate_limit: int = 0
    score_threshold: float = 0.0
    top_score: float = 0.0

    @property
    def at(self) -> float:
        """Seconds since the epoch."""
        return moment(self.event_time).timestamp()


Account = tuple[str, str]


@dataclass(slots=True)
class Day:
    """An account's searches on a UTC day."""

    role: str
    number: int
    last: float = 0.0
    searches: int = 0
    explained: int = 0
    limits: int = 0
    returned: int = 0
    thresholds: float = 0.0
    hours: set[int] = field(default_factory=set)
    people: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    probes: set[str] = field(default_factory=set)
    probes_at: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    networks: set[str] = field(default_factory=set)
    devices: set[str] = field(default_factory=set)

    def add(self, query: Query) -> None:
        """One more search."""
        self.last = max(self.last, query.at)
        self.searches += 1
        self.explained += bool(query.case_ref)
        self.limits += query.candidate_limit
        self.returned += query.candidate_count
        self.thresholds += query.score_threshold
        self.hours.add(int(query.at // 3600))
        self.probes.add(query.probe_id)
        self.networks.add(query.source_ip.rpartition(".")[0])
        self.devices.add(query.device_id)
        if query.subject_id:
            self.people[query.subject_id] += 1
            self.probes_at[query.subject_id].add(query.probe_id)

    def vector(self) -> dict[str, float]:
        """As numbers of similar size, for a model."""
        n = self.searches
        return {
            "searches": log1p(n),
            "people": log1p(len(self.people)),
            "most_of_one": log1p(max(self.people.values(), default=0)),
            "probes_at_one": log1p(max(map(len, self.probes_at.values()), default=0)),
            "probes": log1p(len(self.probes)),
            "hours": float(len(self.hours)),
            "networks": log1p(len(self.networks)),
            "devices": log1p(len(self.devices)),
            "explained": self.explained / n,
            "limit": log1p(self.limits / n),
            "returned": log1p(self.returned / n),
            "threshold": self.thresholds / n,
        }


class Log(NamedTuple):
    """A log read once: its identifications and comparisons in order, and days in order."""

    queries: list[Query]
    days: dict[tuple[str, str, int], Day]


def read(lines: Iterable[bytes]) -> Log:
    """Read a log of JSON lines."""
    decoder = msgspec.json.Decoder(Query)
    queries = [
        query for query in map(decoder.decode, lines) if query.operation in ("identify", "verify")
    ]
    days: dict[tuple[str, str, int], Day] = {}
    for query in queries:
        key = (query.tenant_id, query.actor_id, int(query.at // 86_400))
        if key not in days:
            days[key] = Day(query.actor_role, key[2])
        days[key].add(query)
    return Log(queries, dict(sorted(days.items(), key=lambda item: item[0][2])))


Count = Callable[[Day], float]

COUNTS: Mapping[str, Count] = {
    "searches a day": lambda day: day.searches,
    "people a day": lambda day: len(day.people),
    "searches of one person a day": lambda day: max(day.people.values(), default=0),
    "probes at one person a day": lambda day: max(map(len, day.probes_at.values()), default=0),
    "networks a day": lambda day: len(day.networks),
    "devices a day": lambda day: len(day.devices),
    "hours a day": lambda day: len(day.hours),
}
"""Rules on a day: more of it than a limit, one for each role, is an alert."""


def counted(log: Log, count: Count) -> Iterator[Suspicion]:
    """Every account's days by one count."""
    for (tenant, actor, _), day in log.days.items():
        yield Suspicion(day.role, count(day), day.last, tenant, actor)


def returns(log: Log, *, alone: bool) -> Iterator[Suspicion]:
    """The same person on many days of the last thirty, by one account.

    Args:
        log: the log.
        alone: only people whom nobody else has searched for so far.
    """
    seen: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
    others: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for (tenant, actor, number), day in log.days.items():
        for person in day.people:
            others[tenant, person].add(actor)
            days = seen[tenant, actor, person]
            days.append(number)
            recent = sum(number - earlier < SPAN for earlier in days)
            if recent > 1 and not (alone and len(others[tenant, person]) > 1):
                yield Suspicion(day.role, recent, day.last, tenant, actor, person)


def searchers(log: Log, within: int) -> Iterator[Suspicion]:
    """Many accounts that search for the same person within some days."""
    last: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for (tenant, actor, number), day in log.days.items():
        for person in day.people:
            last[tenant, person][actor] = number
            recent = sum(number - seen < within for seen in last[tenant, person].values())
            if recent > 1:
                yield Suspicion("people", recent, day.last, tenant, "", person)


def rules(log: Log) -> Iterator[tuple[str, Iterator[Suspicion]]]:
    """Every rule by its name."""
    for name, count in COUNTS.items():
        yield name, counted(log, count)
    yield "same person, days of 30", returns(log, alone=False)
    yield "same person, nobody else's, days of 30", returns(log, alone=True)
    yield "accounts at one person in 7 days", searchers(log, 7)
    yield "accounts at one person in 30 days", searchers(log, SPAN)
