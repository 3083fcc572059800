"""Live queries of very many accounts that search now and then, and of some that scrape."""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np

from detectors.state.actors import DAY

from .logs import CROWD_DAYS, CROWD_NETWORKS, crowd_start
from .traffic import Query

SCRAPER_SEARCHES = 300
"""Of one scraper, in half a minute; no account of the crowd comes near."""
SCRAPER_GAP_MS = 100

_QUERY = (
    '{"event_id":"%s%08x","event_time":%d,"tenant_id":"host","actor_id":"%s","operation":'
    '"identify","outcome":"success","gallery_id":"all","candidate_limit":1,"candidate_count":1,'
    '"probe_id":"%s%016x","subject_id":"s%08x","source_ip":"%d.%d.%d.9"}'
)


class LiveCrowd:
    """The accounts of `logs.crowd` after the sixty days of its log.

    Args:
        actors: how many accounts there are, and persons.
        circle: among how many persons an account chooses; None for all.
        scraper_every: after so long one account more begins to scrape, ten searches a second,
            each for another person.
        speed: by how much event time is faster than that of the caller.
    """

    def __init__(
        self,
        actors: int,
        *,
        circle: int | None = None,
        scraper_every: timedelta = timedelta(seconds=0.5),
        speed: float = 1.0,
    ) -> None:
        self._actors = actors
        self._circle = circle
        self._every = scraper_every // timedelta(milliseconds=1)
        self._speed = speed
        self._rng = np.random.default_rng(2)
        self._start = self._now = crowd_start() + CROWD_DAYS * DAY
        self._count = 0

    def until(self, seconds: float, events: int) -> list[Query]:
        """So many queries of the crowd up to that many seconds after the start, and scrapers'."""
        began = self._now
        self._now = max(began, self._start + int(1000 * self._speed * seconds))
        times = np.linspace(began, self._now, events, endpoint=False).astype(np.int64)
        actors = self._rng.integers(0, self._actors, events)
        people = self._rng.integers(0, self._circle or self._actors, events)
        if self._circle is not None:
            people = (actors * self._circle + people) % self._actors
        searches = zip(times.tolist(), actors.tolist(), people.tolist(), strict=True)
        timed = [(time, self._search(time, actor, person)) for time, actor, person in searches]
        timed += self._scraped(began, self._now)
        timed.sort(key=lambda item: item[0])
        return [query for _, query in timed]

    def _search(self, time: int, actor: int, person: int) -> Query:
        self._count += 1
        network = divmod(actor % CROWD_NETWORKS, 250)
        name = f"u{actor:08x}"
        value = _QUERY % ("l", self._count, time, name, "l", self._count, person, 11, *network)
        return Query(name.encode(), value.encode())

    def _scraped(self, began: int, ends: int) -> Iterator[tuple[int, Query]]:
        """What scrapers search from one time until before another."""
        lasts = SCRAPER_SEARCHES * SCRAPER_GAP_MS
        oldest = max(0, (began - self._start - lasts) // self._every)
        for scraper in range(oldest, (ends - self._start) // self._every + 1):
            first = self._start + scraper * self._every
            for number in range(
                max(0, -((first - began) // SCRAPER_GAP_MS)),
                min(SCRAPER_SEARCHES, -((first - ends) // SCRAPER_GAP_MS)),
            ):
                time = first + number * SCRAPER_GAP_MS
                yield time, self._scrape(time, scraper, number)

    def _scrape(self, time: int, scraper: int, number: int) -> Query:
        name = f"scraper{scraper:06}"
        person = (scraper * SCRAPER_SEARCHES + number) % self._actors
        network = divmod(scraper % CROWD_NETWORKS, 250)
        value = _QUERY % (f"{name}-", number, time, name, name, number, person, 12, *network)
        return Query(name.encode(), value.encode())
